"""How good forecasts are; `[gate]` of `config/batch.toml` says which metric decides."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

__all__ = ["evaluate"]


def evaluate(scored: pl.DataFrame, levels: tuple[float, float]) -> Mapping[str, float]:
    """Return error and bias as shares of what was sold, and the quality of the interval.

    Args:
        scored: Columns `truth`, `forecast`, `lower`, `upper`, in units.
        levels: Of which quantiles `lower` and `upper` are forecasts.
    """
    truth, forecast = pl.col("truth"), pl.col("forecast")
    sold = pl.max_horizontal(truth.sum(), 1e-9)
    low, high = levels
    pinball = _pinball("lower", low) + _pinball("forecast", 0.5) + _pinball("upper", high)
    found = scored.select(
        wape=(forecast - truth).abs().sum() / sold,
        bias=(forecast - truth).sum() / sold,
        pinball=pinball.sum() / sold / 3,
        coverage=truth.is_between("lower", "upper").mean(),
    )
    return {name: float(value) for name, value in found.row(0, named=True).items()}


def _pinball(column: str, level: float) -> pl.Expr:
    """Return twice the quantile loss, so that the median's is the absolute error."""
    error = pl.col("truth") - pl.col(column)
    return 2 * pl.max_horizontal(level * error, (level - 1) * error)
