{% set prefix, trained = 'SERVICE', false -%}
{% include 'templates/_shared/test-notebooks.py' -%}
