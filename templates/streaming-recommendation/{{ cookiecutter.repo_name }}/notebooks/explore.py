{% set config, prefix = 'config/service.toml', 'SERVICE' -%}
# Databricks notebook source
# MAGIC %md
# MAGIC # What does the model learn from?
# MAGIC It runs as it stands: on Databricks from a Git folder,
# MAGIC here by `uv run python notebooks/explore.py`.

# COMMAND ----------

{% include 'templates/_shared/notebook.py' %}
# COMMAND ----------

from collections import Counter

from {{ cookiecutter.package_name }}.runtime import history, settings
from {{ cookiecutter.package_name }}.runtime.cli import USE_CASE

config = settings.load(root)
histories = history.histories(config, USE_CASE, config.training.seed, 20_000)
lengths = sorted(map(len, histories))
print(f"{sum(lengths)} events of {len(histories)} users")
print(f"a user has {lengths[len(lengths) // 2]} in the middle, {lengths[-1]} at most")

# COMMAND ----------

# MAGIC %md
# MAGIC ## Which items, and which kinds of events

# COMMAND ----------

items = Counter(event.item for history in histories for event in history)
kinds = Counter(event.kind for history in histories for event in history)
for kind, count in kinds.most_common():
    print(f"{kind:<12} {count:>8}   counts {config.weights[kind]:g}")
for item, count in items.most_common(5):
    print(f"{item:<12} {count:>8}")

# COMMAND ----------

# MAGIC %md
# MAGIC ## What goes with the most popular item

# COMMAND ----------

method = config.training.methods[0]
neighbours = USE_CASE.fit(histories, method=method, weights=config.weights)
first = items.most_common(1)[0][0]
for other, strength in neighbours[first][:5]:
    print(f"{first} -> {other:<12} {strength:.3f}")
