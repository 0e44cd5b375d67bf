"""The batch archetype's forecasts against AutoETS, on its own sample and on series of another kind.

Run in a rendered batch project: `uv run --with statsforecast python ../benchmarks/forecasts.py`.
"""

from __future__ import annotations

import argparse
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

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


def compare(panel: pl.DataFrame, sampled: int) -> dict[str, Any]:
    """Forecast the last horizon of a panel by both, AutoETS for some of the series alone.

    Times are the processors' (of every thread): what else runs on the machine counts for neither.
    """
    own = settings.load(Path(), {})
    right = truths(own, panel)
    day = contracts.newest_run_date(own, panel) - timedelta(days=own.forecast.horizon)
    fit(own, USE_CASE, panel.head(3000), day, seed=1)
    began = time.process_time()
    fitted, _ = fit(own, USE_CASE, panel, day, seed=1)
    said = fitted.forecast(own, USE_CASE, panel, day)
    ours = time.process_time() - began
    seen = known(own, USE_CASE, panel, day)
    chosen = said.filter(pl.col("method") != "cold_start").select(SERIES).unique().sort(SERIES)
    chosen = chosen.gather_every(max(1, chosen.height // sampled)).head(sampled)
    history = seen.history.join(chosen, on=SERIES, how="semi").select(
        unique_id=SERIES, ds=DAY, y=pl.col("value").cast(pl.Float64)
    )
    model = StatsForecast([AutoETS(season_length=7)], freq="1d", n_jobs=1)
    model.forecast(df=history.head(200), h=7)
    began = time.process_time()
    steps = own.forecast.gap + own.forecast.horizon
    told = model.forecast(df=history, h=steps).rename({"unique_id": SERIES, "ds": DAY})
    theirs = time.process_time() - began
    told = told.filter(pl.col(DAY) >= day)
    same = said.join(chosen, on=SERIES, how="semi")
    total = said[SERIES].n_unique()
    return {
        "ours": wape(same, right, "forecast"),
        "AutoETS": wape(told, right, "AutoETS"),
        "times": (theirs / chosen.height) / (ours / total),
        "ours ms": ours / total * 1000,
        "AutoETS ms": theirs / chosen.height * 1000,
        "series": total,
        "compared": chosen.height,
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
    print("| series | WAPE ours | WAPE AutoETS | CPU ms a series, ours | AutoETS | times less |")
    print("|---|---|---|---|---|---|")
    for name, panel in families.items():
        found = compare(panel, asked.compared)
        print(
            f"| {name} ({found['series']}, {found['compared']} compared) | {found['ours']:.3f} "
            f"| {found['AutoETS']:.3f} | {found['ours ms']:.1f} | {found['AutoETS ms']:.0f} "
            f"| {found['times']:.0f} |",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
