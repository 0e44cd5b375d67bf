{% include 'templates/_shared/package.py' -%}
