"""What is known of a day before it comes."""

from __future__ import annotations

import polars as pl

__all__ = ["features"]


def features(panel: pl.DataFrame) -> pl.DataFrame:
    """Add weekday and heating degrees."""
    return panel.with_columns(
        weekday=pl.col("day_of").dt.weekday(),
        heating=(15.0 - pl.col("temperature")).clip(lower_bound=0.0),
    )
