{% set config, prefix = 'config/service.toml', 'SERVICE' -%}
# Databricks notebook source
# MAGIC %md
# MAGIC # What does the model learn from?
# MAGIC It runs as it stands: on Databricks from a Git folder,
# MAGIC here by `uv run python notebooks/explore.py`.

# COMMAND ----------

{% include 'templates/_shared/notebook.py' %}
# COMMAND ----------

import numpy as np

from {{ cookiecutter.package_name }}.runtime import settings, training
from {{ cookiecutter.package_name }}.runtime.cli import USE_CASE

config = settings.load(root)
parts = training.split(config, USE_CASE, config.training.seed, 4000)
print(f"{len(parts.table)} examples to learn from, {parts.target.mean():.2%} of them positive")
print(f"{len(parts.held_table)} newer ones held out, {parts.held_target.mean():.2%} positive")

# COMMAND ----------

# MAGIC %md
# MAGIC ## Each feature: where it lies, and how it goes with the outcome

# COMMAND ----------

for name, column in zip(config.feature_names, parts.table.T, strict=True):
    known = ~np.isnan(column)
    low, middle, high = np.quantile(column[known], (0.05, 0.5, 0.95))
    apart = column[known & (parts.target == 1)].mean() - column[known & (parts.target == 0)].mean()
    print(f"{name:<28} {low:>10.3f} {middle:>10.3f} {high:>10.3f}   positive {apart:+.3f}")
