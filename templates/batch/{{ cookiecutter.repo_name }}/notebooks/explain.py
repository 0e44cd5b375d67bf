{% set config, prefix = 'config/batch.toml', 'BATCH' -%}
# Databricks notebook source
# MAGIC %md
# MAGIC # Why was that number wrong?
# MAGIC The champion looks at the newest days once more, each as on the day before,
# MAGIC and says what moved it where it was most wrong.
# MAGIC A champion must be there: `uv run poe train --promote`.

# COMMAND ----------

{% include 'templates/_shared/notebook.py' %}
# COMMAND ----------

from datetime import timedelta

import polars as pl

from {{ cookiecutter.package_name }}.runtime import contracts, forecasting, scoring, settings
from {{ cookiecutter.package_name }}.runtime.cli import USE_CASE
from {{ cookiecutter.package_name }}.runtime.panel import parts
from {{ cookiecutter.package_name }}.runtime.registry import Registry

config = settings.load(root)
champion = scoring.champion(config, USE_CASE, Registry(config))
panel, day = contracts.opened(config, USE_CASE, None)
since = day - timedelta(days=config.forecast.gap + 7)
print(f"version {champion.version}, trained as of {champion.as_of}; run date {day}")

# COMMAND ----------

# MAGIC %md
# MAGIC ## Where it was most wrong

# COMMAND ----------

each = list(parts(champion.fitted, config, panel))  # one, or one for each segment
tables = [forecasting.table(one, config, USE_CASE, own, day, since) for one, own in each]
told = []
for number, ((one, own), (_, said)) in enumerate(zip(each, tables, strict=True)):
    seen = one.sees(config, USE_CASE, own, day).history.filter(pl.col("day") >= since)
    shown = seen.select(pl.col("series").str.replace("\x1f", " "), "day", "value", "trusted")
    shown = shown.with_columns(model=said, error=(pl.col("value") - said).abs())
    told.append(shown.with_columns(part=pl.lit(number)).with_row_index())
worst = pl.concat(told).filter("trusted").sort("error", descending=True)
print(worst.head(5))

# COMMAND ----------

# MAGIC %md
# MAGIC ## What moved the model there
# MAGIC Shares of the score (TreeSHAP): with the constant they add up to the logarithm
# MAGIC of what the model said.

# COMMAND ----------

part = int(worst.item(0, "part"))
fitted, one = each[part][0], tables[part][0][int(worst.item(0, "index"))]
shares = fitted.booster.predict(one.to_numpy(), pred_contrib=True)[0]
reasons = pl.DataFrame(
    {
        "feature": [*fitted.names, "(constant)"],
        "value": [*one.row(0), None],
        "share": shares,
    }
)
print(reasons.sort(pl.col("share").abs(), descending=True).head(8))
