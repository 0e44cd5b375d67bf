"""What is known of a day before it comes: training and scoring both call this one function.

Features of the target's past (lags, rolling means) stand in `config/features.toml` alone.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import polars as pl

__all__ = ["features", "holidays"]

FAR = 8


def features(panel: pl.DataFrame) -> pl.DataFrame:
    """Add the calendar and the plan; `config/features.toml` says what each one means."""
    days = panel.select(pl.col("date").unique().sort()).to_series().to_list()
    calendar = pl.DataFrame(
        {
            "date": days,
            "holiday": [float(day in holidays(day.year)) for day in days],
            "before_holiday": [float(_before_holiday(day)) for day in days],
        },
        schema_overrides={"date": pl.Date},
    )
    return panel.join(calendar, on="date", how="left", maintain_order="left").with_columns(
        weekday=pl.col("date").dt.weekday(),
        month=pl.col("date").dt.month(),
        promotion=pl.col("promotion").cast(pl.Float64),
        discount=1.0 - pl.col("price") / pl.col("list_price"),
        list_price_log=pl.col("list_price").log(),
    )


@cache
def holidays(year: int) -> frozenset[date]:
    """Return the days of a year on which the shops are closed or run short hours."""
    easter = _easter(year)
    moving = [easter + timedelta(days=days) for days in (-2, 1, 39, 50)]
    fixed = [date(year, month, day) for month, day in ((1, 1), (5, 1), (12, 25), (12, 26))]
    return frozenset(moving + fixed)


def _before_holiday(day: date) -> int:
    ahead = (days for days in range(FAR) if day + timedelta(days=days) in _around(day))
    return next(ahead, FAR)


def _around(day: date) -> frozenset[date]:
    return holidays(day.year) | holidays(day.year + 1)


def _easter(year: int) -> date:
    """Return Easter Sunday by the anonymous Gregorian computus."""
    golden = year % 19
    century = year // 100
    epact = (19 * golden + century - century // 4 - (8 * century + 13) // 25 + 15) % 30
    full = epact - epact // 28 * (1 - 29 // (epact + 1) * (21 - golden) // 11)
    weekday = (year + year // 4 + full + 2 - century + century // 4) % 7
    ahead = full - weekday
    month = 3 + (ahead + 40) // 44
    return date(year, month, ahead + 28 - 31 * (month // 4))
