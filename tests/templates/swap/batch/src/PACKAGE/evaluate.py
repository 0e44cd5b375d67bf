"""How far off a building's energy is, in kWh."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

__all__ = ["evaluate"]


def evaluate(scored: pl.DataFrame, levels: tuple[float, float]) -> Mapping[str, float]:
    """Return root mean squared and mean absolute error, and how much the interval lacks."""
    error = scored["forecast"] - scored["truth"]
    held = scored.select(pl.col("truth").is_between("lower", "upper").mean()).item()
    return {
        "rmse": float((error**2).sum() / max(len(error), 1)) ** 0.5,
        "mae": float(error.abs().sum()) / max(len(error), 1),
        "lacking": levels[1] - levels[0] - float(held or 0.0),
    }
