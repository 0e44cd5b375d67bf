"""What is delivered: the model's word, or a simpler one where the model knows too little."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

__all__ = ["decide"]

DIGITS = 2


def decide(
    forecast: pl.DataFrame, history: pl.DataFrame, limits: Mapping[str, float]
) -> pl.DataFrame:
    """Choose a method for each series, and deliver nothing below zero.

    Args:
        forecast: Columns `series`, `day`, `model` (null without any history), `peers`, `below`,
            `above`.
        history: Columns `series`, `day`, `value` of the days that can be trusted, oldest first.
        limits: `cold_start_days`, `intermittent_gap` in days, `smoothing` in (0, 1].
    """
    series = _series(history, limits["smoothing"])
    rows = forecast.join(series, on="series", how="left", maintain_order="left")
    age = pl.col("days").fill_null(0) / limits["cold_start_days"]
    # A young item is forecast from its peers at first, and day by day more from itself.
    grown = pl.col("model").fill_null(0.0) * age + pl.col("peers") * (1 - age)
    new, rare = age < 1, pl.col("gap") > limits["intermittent_gap"]
    value = pl.when(new).then(grown).when(rare).then("rate").otherwise("model").clip(0.0)
    method = pl.when(new).then(pl.lit("cold_start")).when(rare).then(pl.lit("croston"))
    return rows.select(
        "series",
        "day",
        forecast=value.round(DIGITS),
        lower=(value - pl.col("below")).clip(0.0).round(DIGITS),
        upper=(value + pl.col("above")).round(DIGITS),
        method=method.otherwise(pl.lit("model")),
    )


def _series(history: pl.DataFrame, smoothing: float) -> pl.DataFrame:
    """Return each series' age in days, mean days between sales, and Croston's rate.

    Source:
        Syntetos and Boylan, "The accuracy of intermittent demand estimates", 2005.
    """
    age = history.group_by("series").agg(
        days=(pl.col("day").max() - pl.col("day").min()).dt.total_days() + 1
    )
    sales = history.with_columns(number=pl.int_range(1, pl.len() + 1).over("series"))
    sales = sales.filter(pl.col("value") > 0).with_columns(
        since=pl.col("number").diff().over("series")
    )
    since = pl.coalesce("since", "number").cast(pl.Float64)
    size = pl.col("value").cast(pl.Float64)
    rates = sales.group_by("series", maintain_order=True).agg(
        gap=pl.col("number").last() / pl.len(),
        rate=(1 - smoothing / 2) * _smooth(size, smoothing) / _smooth(since, smoothing),
    )
    every = pl.lit(float("inf"))
    return age.join(rates, on="series", how="left").with_columns(
        pl.col("gap").fill_null(every), pl.col("rate").fill_null(0.0)
    )


def _smooth(values: pl.Expr, smoothing: float) -> pl.Expr:
    return values.ewm_mean(alpha=smoothing, adjust=False).last()
