"""The batch archetype's forecasts against AutoETS, on its own sample and on series of another kind.

Run in a rendered batch project: `uv run --with statsforecast python ../benchmarks/forecasts.py`,
with OMP_NUM_THREADS=1 and POLARS_MAX_THREADS=1 for one thread on both sides.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
import polars as pl
from statsforecast import StatsForecast
from statsforecast.models import AutoETS

sys.path.insert(0, "src")

from demand_forecasting import data
from demand_forecasting.runtime import Sample, contracts, settings
from demand_forecasting.runtime.cli import USE_CASE
from demand_forecasting.runtime.forecasting import fit
from demand_forecasting.runtime.panel import DAY, SERIES, known, truths

START = date(2024, 1, 1)
PAIRS = 3


class Times(NamedTuple):
    """Of the processors and of the clock, in seconds, or in milliseconds a series."""

    cpu: float
    wall: float

    def of(self, series: int) -> Times:
        """Return the milliseconds of one of so many series."""
        return Times(self.cpu / series * 1000, self.wall / series * 1000)


def smooth(seed: int, series: int, days: int) -> pl.DataFrame:
    """Return series that AutoETS is made for: a drifting level and season, no plan, no holidays."""
    draw = np.random.default_rng(seed)
    ahead = days + data.PLANNED
    shape = (series, ahead)
    level = draw.uniform(20, 200, series)[:, None] * np.exp(
        np.cumsum(draw.normal(0.0, 0.02, shape), axis=1)
    )
    week = draw.normal(0.0, 0.25, (series, 7))[:, np.arange(ahead) % 7]
    value = np.maximum(level * (1 + week) * (1 + draw.normal(0.0, 0.1, shape)), 0.0)
    known_days = np.arange(ahead) < days
    return pl.DataFrame(
        {
            "store": ["S01"] * (series * ahead),
            "product": np.repeat([f"P{number:04}" for number in range(series)], ahead),
            "date": [START + timedelta(days=number) for number in range(ahead)] * series,
            "category": ["any"] * (series * ahead),
            "units": np.where(known_days, value, np.nan).ravel(),
            "price": [1.0] * (series * ahead),
            "list_price": [1.0] * (series * ahead),
            "promotion": [False] * (series * ahead),
            "stock_out": [False] * (series * ahead),
        }
    ).with_columns(pl.col("units").fill_nan(None))


def wape(said: pl.DataFrame, right: pl.DataFrame, column: str) -> float:
    """Return the absolute error as a share of what was true."""
    both = said.join(right, on=[SERIES, DAY])
    return float((both[column] - both["truth"]).abs().sum()) / float(both["truth"].sum())


def timed(step: Callable[[], pl.DataFrame]) -> tuple[pl.DataFrame, Times]:
    """Run one step; return what it gave, and what it took."""
    began = Times(time.process_time(), time.perf_counter())
    found = step()
    return found, Times(time.process_time() - began.cpu, time.perf_counter() - began.wall)


def some(said: pl.DataFrame, sampled: int) -> pl.DataFrame:
    """Choose so many of the series that AutoETS can forecast, evenly."""
    able = said.filter(pl.col("method") != "cold_start").select(SERIES).unique().sort(SERIES)
    return able.gather_every(max(1, able.height // sampled)).head(sampled)


def compare(panel: pl.DataFrame, sampled: int) -> dict[str, float]:
    """Forecast the last horizon of a panel by both, AutoETS for some of the series alone.

    In pairs: ours for all of them, then AutoETS for a part of its own, on one thread. CPU times
    are of every thread.
    """
    own = settings.load(Path(), {})
    right = truths(own, panel)
    day = contracts.newest_run_date(own, panel) - timedelta(days=own.forecast.horizon)
    seen = known(own, USE_CASE, panel, day)

    def ours() -> pl.DataFrame:
        fitted, _ = fit(own, USE_CASE, panel, day, seed=1)
        return fitted.forecast(own, USE_CASE, panel, day)

    said = ours()
    total = said[SERIES].n_unique()
    chosen = some(said, sampled)
    model = StatsForecast([AutoETS(season_length=7)], freq="1d", n_jobs=1)
    steps = own.forecast.gap + own.forecast.horizon
    told, pairs = [], []
    for number in range(PAIRS):
        part = chosen.gather_every(PAIRS, number)
        past = seen.history.join(part, on=SERIES, how="semi").select(
            unique_id=SERIES, ds=DAY, y=pl.col("value").cast(pl.Float64)
        )
        model.forecast(df=past.head(200), h=7)
        mine = timed(ours)[1].of(total)
        found, theirs = timed(partial(model.forecast, df=past, h=steps))
        told.append(found.rename({"unique_id": SERIES, "ds": DAY}).filter(pl.col(DAY) >= day))
        pairs.append((mine, theirs.of(part.height)))
    return {
        "ours": wape(said.join(chosen, on=SERIES, how="semi"), right, "forecast"),
        "AutoETS": wape(pl.concat(told), right, "AutoETS"),
        "ours ms": median(mine.cpu for mine, _ in pairs),
        "AutoETS ms": median(theirs.cpu for _, theirs in pairs),
        "times": median(theirs.cpu / mine.cpu for mine, theirs in pairs),
        "times by the clock": median(theirs.wall / mine.wall for mine, theirs in pairs),
    }


def main() -> int:
    """Print the table of the README."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--series", type=int, default=1000)
    parser.add_argument("--compared", type=int, default=100)
    asked = parser.parse_args()
    families = {
        "the sample's": data.demand(Sample(seed=11, series=asked.series, days=700)),
        "smooth": smooth(11, asked.series, 700),
    }
    print(
        "| series | WAPE ours | WAPE AutoETS | CPU ms a series, ours | AutoETS "
        "| times less | by the clock |"
    )
    print("|---|---|---|---|---|---|---|")
    for name, panel in families.items():
        found = compare(panel, asked.compared)
        print(
            f"| {name}, {asked.series} | {found['ours']:.3f} | {found['AutoETS']:.3f} "
            f"| {found['ours ms']:.1f} | {found['AutoETS ms']:.0f} | {found['times']:.0f} "
            f"| {found['times by the clock']:.0f} |",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
