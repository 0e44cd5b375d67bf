{% include 'templates/_shared/registry.py' -%}
