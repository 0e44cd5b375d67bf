{% include 'templates/_shared/main.py' -%}
