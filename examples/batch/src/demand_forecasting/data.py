"""Where the panel comes from: here a seeded generator, in your project your table."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from .features import holidays
from .runtime import FloatArray, Sample
from .runtime.scoring import replace_file

__all__ = ["demand", "read"]

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

START = date(2024, 1, 1)
PLANNED = 60
CATEGORIES = ("bakery", "dairy", "household", "seasonal")
# Of each category: share of a weekday's sales, Monday first, and how far summer is above winter.
WEEK = np.array(
    [
        [0.9, 0.8, 0.9, 1.0, 1.2, 1.5, 0.7],
        [1.0, 0.9, 0.9, 1.0, 1.2, 1.3, 0.7],
        [0.9, 0.9, 0.9, 1.0, 1.1, 1.5, 0.7],
        [0.7, 0.7, 0.8, 0.9, 1.3, 1.7, 0.9],
    ]
)
SUMMER = np.array([0.05, 0.15, 0.0, 0.6])
INTERMITTENT, YOUNG = 0.12, 0.15


def read(place: Path, sample: Sample | None) -> pl.DataFrame:
    """Return the demand of the past and the plan of the days to come.

    Replace this by the reading of your own table, and drop the rest of this file.

    Args:
        place: File, or folder of files.
        sample: What to generate where nothing is at `place` yet; None for a table of your own.
    """
    if sample and not place.exists():
        replace_file(place, demand(sample))
    return pl.read_parquet(place / "*.parquet" if place.is_dir() else place)


def demand(sample: Sample) -> pl.DataFrame:
    """Return daily demand with promotions, prices, holidays, stock-outs, new and rare items."""
    draw = np.random.default_rng(sample.seed)
    days = [START + timedelta(days=number) for number in range(sample.days + PLANNED)]
    stores = max(1, round(sample.series**0.5 / 2))
    product, store = np.divmod(np.arange(sample.series), stores)
    products = int(product[-1]) + 1
    category = draw.integers(len(CATEGORIES), size=products)[product]
    list_price = (np.round(draw.lognormal(1.2, 0.5, products), 2) + 0.5)[product]
    promoted = _promotions(draw, (products, len(days)))[product]
    price = np.round(list_price[:, None] * np.where(promoted, 0.8, 1.0), 2)
    level = _levels(draw, products)[product] * draw.lognormal(0.0, 0.4, stores)[store]
    level *= draw.lognormal(0.0, 0.3, sample.series)
    expected = level[:, None] * _course(draw, category, days) * np.where(promoted, 1.9, 1.0)
    wanted = _wanted(draw, expected)
    sold, empty = _stock(draw, wanted, expected)
    known = np.arange(len(days)) < sample.days
    panel = pl.DataFrame(
        {
            "store": np.repeat([f"S{number:02}" for number in store], len(days)),
            "product": np.repeat([f"P{number:04}" for number in product], len(days)),
            "date": days * sample.series,
            "category": np.repeat([CATEGORIES[number] for number in category], len(days)),
            "units": np.where(known, sold, np.nan).ravel(),
            "price": price.ravel(),
            "list_price": np.repeat(list_price, len(days)),
            "promotion": promoted.ravel(),
            "stock_out": (empty & known).ravel(),
        }
    )
    born = _launches(draw, products, sample.days)[product]
    sold_yet = (np.arange(len(days)) >= born[:, None]).ravel()
    return panel.filter(sold_yet).with_columns(pl.col("units").fill_nan(None))


def _lasting(starts: BoolArray, days: int) -> BoolArray:
    """Return which days lie less than `days` after a start."""
    begun = np.cumsum(starts, axis=1, dtype=np.int64)
    ended = np.pad(begun, ((0, 0), (days, 0)))[:, :-days]
    return np.asarray(begun > ended)


def _levels(draw: np.random.Generator, products: int) -> FloatArray:
    """Return what is sold of each product on an ordinary day; some go once in a few days."""
    level = draw.lognormal(1.9, 0.7, products)
    level[_some(draw, products, INTERMITTENT)] = 0.25
    return level


def _some(draw: np.random.Generator, products: int, share: float) -> BoolArray:
    """Choose a share of the products, one at least."""
    return np.asarray(draw.permutation(products) < max(1, round(share * products)))


def _launches(draw: np.random.Generator, products: int, days: int) -> IntArray:
    """Return the day on which each product came into the shops; most were always there."""
    young = _some(draw, products, YOUNG)
    return np.where(young, days - draw.integers(3, 120, products), 0)


def _promotions(draw: np.random.Generator, shape: tuple[int, int]) -> BoolArray:
    """Advertise each product for a week, some eight times a year."""
    starts = draw.random(shape) < 8 / 365
    return _lasting(starts, 7)


def _course(draw: np.random.Generator, category: IntArray, days: list[date]) -> FloatArray:
    """Return each day's demand relative to an ordinary one, without promotions."""
    series = len(category)
    number = np.arange(len(days))
    weekday = np.array([day.weekday() for day in days])
    year = np.array([day.timetuple().tm_yday for day in days]) / 365.25
    closed = np.array([day in holidays(day.year) for day in days])
    eve = np.array([day + timedelta(days=1) in holidays(day.year) for day in days])
    trend = 1 + draw.normal(0.0, 0.25, series)[:, None] * number / 365.25
    season = 1 + SUMMER[category][:, None] * np.sin(2 * np.pi * (year - 0.3))
    week = WEEK[category][:, weekday] * draw.lognormal(0.0, 0.08, (series, 7))[:, weekday]
    around = np.where(closed, 0.25, np.where(eve, 1.5, 1.0))
    return np.asarray(np.clip(trend, 0.3, 3.0) * season * week * around)


def _wanted(draw: np.random.Generator, expected: FloatArray) -> FloatArray:
    """Draw whole units: more spread than a Poisson, with days that go together."""
    slow = np.cumsum(draw.normal(0.0, 0.02, expected.shape), axis=1)
    slow -= slow.mean(axis=1, keepdims=True)
    mood = draw.gamma(12.0, 1 / 12.0, expected.shape)
    return draw.poisson(expected * np.exp(np.clip(slow, -0.7, 0.7)) * mood).astype(np.float64)


def _stock(
    draw: np.random.Generator, wanted: FloatArray, expected: FloatArray
) -> tuple[FloatArray, BoolArray]:
    """Let shelves run empty for some days: less is sold than was wanted."""
    starts = draw.random(wanted.shape) < 0.006
    empty = _lasting(starts, 4) & (wanted > 0.2 * expected)
    sold = np.where(empty, np.floor(wanted * draw.uniform(0.0, 0.5, wanted.shape)), wanted)
    return sold, empty
