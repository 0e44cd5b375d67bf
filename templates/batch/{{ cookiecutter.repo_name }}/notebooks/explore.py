{% set config, prefix = 'config/batch.toml', 'BATCH' -%}
# Databricks notebook source
# MAGIC %md
# MAGIC # What is in the panel?
# MAGIC It runs as it stands: on Databricks from a Git folder,
# MAGIC here by `uv run python notebooks/explore.py`.

# COMMAND ----------

{% include 'templates/_shared/notebook.py' %}
# COMMAND ----------

import polars as pl

from {{ cookiecutter.package_name }}.runtime import contracts, settings
from {{ cookiecutter.package_name }}.runtime.cli import USE_CASE

config = settings.load(root)
names = config.panel
found = contracts.checked(config, USE_CASE, contracts.read(config, USE_CASE))
panel = found.panel
print(f"{panel.height} good rows; put aside: {found.counts or 'none'}")

# COMMAND ----------

# MAGIC %md
# MAGIC ## Each segment: how many series, how much, how often nothing

# COMMAND ----------

known = panel.filter(pl.col(names.target).is_not_null())
segments = (
    known.group_by(names.segment)
    .agg(
        series=pl.struct(names.keys).n_unique(),
        first=pl.col(names.time).min(),
        last=pl.col(names.time).max(),
        mean=pl.col(names.target).mean().round(2),
        nothing=(pl.col(names.target) == 0).mean().round(3),
    )
    .sort(names.segment)
)
print(segments)

# COMMAND ----------

# MAGIC %md
# MAGIC ## What a day knows of itself: the columns that `features.py` adds

# COMMAND ----------

plain = [feature.name for feature in config.feature if feature.lag is None]
print(USE_CASE.features(panel).select(*names.keys, names.time, *plain).tail(7))
