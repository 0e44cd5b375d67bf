"""A seeded table of buildings: heating below 15 degrees, little at weekends, sun on some roofs."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from .runtime import Sample

__all__ = ["consumption", "read"]

START = date(2023, 7, 1)
PLANNED = 60
KINDS = ("office", "school")


def read(place: Path, sample: Sample | None) -> pl.DataFrame:
    """Return the past, and the weather forecast of the days to come."""
    if sample and not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        consumption(sample).write_parquet(place)
    return pl.read_parquet(place)


def consumption(sample: Sample) -> pl.DataFrame:
    """Return daily energy; the days to come have weather and no energy yet."""
    draw = np.random.default_rng(sample.seed)
    days = [START + timedelta(days=number) for number in range(sample.days + PLANNED)]
    shape = (sample.series, len(days))
    number = np.arange(len(days))
    weather = 10 + 12 * np.cos(2 * np.pi * number / 365.25) + np.cumsum(draw.normal(size=shape[1]))
    weather = weather - np.linspace(0.0, weather[-1], shape[1]) + draw.normal(0, 5, shape)
    size = draw.lognormal(6.0, 0.1, sample.series)[:, None]
    free = np.array([day.weekday() > 4 for day in days])
    heat = np.clip(15.0 - weather, 0.0, None)
    sun = (draw.random(sample.series) < 0.2)[:, None] * 0.6
    kwh = size * (0.4 + 0.05 * heat - 0.3 * free - sun + draw.normal(0.0, 0.04, shape))
    kinds = [KINDS[place % len(KINDS)] for place in range(sample.series)]
    return pl.DataFrame(
        {
            "building": np.repeat([f"B{place}" for place in range(sample.series)], len(days)),
            "day_of": days * sample.series,
            "kind": np.repeat(kinds, len(days)),
            "kwh": np.where(number < sample.days, kwh, np.nan).ravel(),
            "temperature": np.clip(weather, -40.0, 45.0).ravel(),
        }
    ).with_columns(pl.col("kwh").fill_nan(None))
