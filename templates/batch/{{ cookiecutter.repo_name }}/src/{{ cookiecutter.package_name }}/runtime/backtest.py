"""Rolling origin: run dates in the past are forecast as if they were today, and then compared.

The run dates stand on a fixed grid of days. So two versions trained on different days share most
of them, and the gate compares what both forecast without having seen the truth.

A panel that is too large to be learnt from as a whole is learnt from segment by segment. Each
model is the one that its segment's rows alone would give, so it does not matter where it is fitted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

import polars as pl

from . import ProjectError, UseCase, contracts
from .forecasting import Fitted, fit
from .log import Gauges, Progress
from .panel import DAY, SERIES, BySegment, by_home, naive, scales, truths
from .scoring import forecasts, replace_file
from .settings import Settings

__all__ = [
    "Backtest",
    "Learnt",
    "backtest",
    "divided",
    "feedback",
    "joined",
    "learn",
    "learn_one",
    "measure",
    "measure_all",
    "run_dates",
    "thinned",
]

EVERYBODY = "all"
ROWS_LOOKED_AT = 1_000_000


@dataclass(frozen=True, slots=True)
class Backtest:
    """What came out.

    Attributes:
        scored: `run_date`, `series`, `day`, `step`, the segment, `truth`, `naive`, `scale`,
            `forecast`, `lower`, `upper`, `method`; rows without a trusted truth are left out.
        widths: Half-widths of the interval; see `forecasting.Fitted`.
    """

    scored: pl.DataFrame
    widths: pl.DataFrame


def run_dates(settings: Settings, panel: pl.DataFrame, as_of: date) -> list[date]:
    """Return the past run dates whose whole horizon was known on `as_of`, oldest first.

    Raises:
        ProjectError: The panel is too short for two of them.
    """
    plan, test = settings.forecast, settings.backtest
    last = as_of - timedelta(days=plan.gap + plan.horizon)
    last -= timedelta(days=last.toordinal() % test.step)
    least = timedelta(days=settings.training.minimum_days)
    first = contracts.first_day(settings, panel)
    wanted = [last - timedelta(days=test.step * back) for back in range(test.windows)]
    found = [day for day in wanted if day - least >= first]
    if len(found) < 2:
        needed = settings.training.minimum_days + 2 * test.step + plan.horizon + plan.gap
        raise ProjectError(
            f"the panel begins on {first}: too late for two backtests before {as_of}",
            next_step=f"give about {needed} days of history, or lower"
            " `minimum_days`, `horizon` or `step` in config/batch.toml",
            code=3,
        )
    return found[::-1]


def backtest(
    settings: Settings,
    use_case: UseCase,
    panel: pl.DataFrame,
    as_of: date,
    *,
    seed: int,
    progress: Progress,
) -> Backtest:
    """Fit and forecast on every run date, and measure the interval across them."""
    right = truths(settings, panel.filter(pl.col(settings.panel.time) < as_of))
    days = run_dates(settings, panel, as_of)
    windows = []
    for number, day in enumerate(days, start=1):
        progress.say(f"backtest {number} of {len(days)}, as of {day}")
        fitted, _ = fit(settings, use_case, panel, day, seed=seed)
        windows.append((day, fitted))
    plain = [_scored(settings, use_case, panel, fitted, day, right) for day, fitted in windows]
    # The interval of one run date is measured on the others: it never knows its own errors.
    scored = []
    for index, (day, fitted) in enumerate(windows):
        others = pl.concat([one for other, one in enumerate(plain) if other != index])
        wide = replace(fitted, widths=_widths(settings, others))
        scored.append(_scored(settings, use_case, panel, wide, day, right))
    return Backtest(pl.concat(scored), _widths(settings, pl.concat(plain)))


@dataclass(frozen=True, slots=True)
class Learnt:
    """What one training gives.

    Attributes:
        fitted: What forecasts, with the width of its intervals.
        scored: See `Backtest`.
        table: The features that it learnt from, or every so many rows of them.
    """

    fitted: Fitted | BySegment
    scored: pl.DataFrame
    table: pl.DataFrame


def learn(
    settings: Settings,
    use_case: UseCase,
    panel: pl.DataFrame,
    as_of: date,
    *,
    seed: int,
    progress: Progress,
) -> Learnt:
    """Backtest and fit, as `[training] by_segment` says; one segment after another."""
    if not settings.training.by_segment:
        return learn_one(settings, use_case, panel, as_of, seed=seed, progress=progress)
    found = {}
    for name, rows in divided(settings, panel, as_of).items():
        progress.say(f"segment {name}")
        one = learn_one(settings, use_case, rows, as_of, seed=seed, progress=Progress())
        found[name] = thinned(one, panel.height)
    return joined(found)


def learn_one(
    settings: Settings,
    use_case: UseCase,
    panel: pl.DataFrame,
    as_of: date,
    *,
    seed: int,
    progress: Progress,
) -> Learnt:
    """Backtest and fit one model on everything that is known."""
    tested = backtest(settings, use_case, panel, as_of, seed=seed, progress=progress)
    progress.say("fit on everything that is known")
    fitted, table = fit(settings, use_case, panel, as_of, seed=seed)
    return Learnt(replace(fitted, widths=tested.widths), tested.scored, table)


def thinned(learnt: Learnt, rows: int) -> Learnt:
    """Leave so few rows of the table that those of all segments fit on one machine."""
    few = learnt.table.gather_every(max(1, rows // ROWS_LOOKED_AT))
    return replace(learnt, table=few)


def divided(settings: Settings, panel: pl.DataFrame, as_of: date) -> dict[str, pl.DataFrame]:
    """Return the rows of each segment that has history enough to be learnt from.

    Raises:
        ProjectError: None has.
    """
    found, short = {}, None
    for name, rows in by_home(settings, panel):
        try:
            run_dates(settings, rows, as_of)
        except ProjectError as error:
            short = error
        else:
            found[name] = rows
    if not found and short:
        raise short
    return found


def joined(found: Mapping[str, Learnt]) -> Learnt:
    """Put the segments together."""
    models = {name: one.fitted for name, one in sorted(found.items())}
    whole = {name: fitted for name, fitted in models.items() if isinstance(fitted, Fitted)}
    each = [found[name] for name in whole]
    widest = max(whole, key=lambda name: found[name].table.height)
    return Learnt(
        BySegment(whole, widest),
        pl.concat([one.scored for one in each]),
        pl.concat([one.table.select(each[0].table.columns) for one in each]),
    )


def measure(
    settings: Settings, use_case: UseCase, scored: pl.DataFrame, column: str = "forecast"
) -> dict[str, float]:
    """Return the metrics of a forecast in `column`."""
    known_columns = scored.select("truth", "lower", "upper", pl.col(column).alias("forecast"))
    return dict(use_case.evaluate(known_columns, settings.forecast.levels))


def measure_all(
    settings: Settings, use_case: UseCase, scored: pl.DataFrame
) -> dict[str, Mapping[str, float]]:
    """Return the metrics of everything together (`all`), of each segment and of each method."""
    parts = {EVERYBODY: scored}
    for column in (settings.panel.segment, "method"):
        for (name,), rows in sorted(scored.group_by(column), key=lambda part: str(part[0])):
            parts[str(name)] = rows
    return {name: measure(settings, use_case, rows) for name, rows in parts.items()}


def feedback(settings: Settings, use_case: UseCase) -> dict[str, Mapping[str, float]]:
    """Join what turned out to be true to the forecasts, and measure them.

    Returns:
        Metrics by `all`, by segment and by method; also a table `feedback.parquet` by run date,
        and gauges.

    Raises:
        ProjectError: No forecast has its truth yet.
    """
    panel = contracts.checked(settings, use_case, contracts.read(settings, use_case)).panel
    names = settings.panel
    keys = [pl.col(key).cast(pl.String) for key in names.keys]
    rows = forecasts(settings).with_columns(
        pl.concat_str(keys, separator="\x1f").alias(SERIES), pl.col(names.time).alias(DAY)
    )
    joined = rows.join(truths(settings, panel), on=[SERIES, DAY])
    if joined.is_empty():
        raise ProjectError(
            "no forecast has its truth yet",
            next_step="wait for the panel to grow, or backfill days of the past",
            code=3,
        )
    by_day = [
        {"run_date": day, "model_version": version, "rows": part.height}
        | measure(settings, use_case, part)
        for (day, version), part in joined.group_by("run_date", "model_version")
    ]
    table = pl.DataFrame(by_day).sort("run_date", "model_version")
    replace_file(settings.environment.data / "feedback.parquet", table)
    found = measure_all(settings, use_case, joined)
    gauges = Gauges(settings, "feedback")
    for part, values in found.items():
        for metric, value in values.items():
            gauges.set("batch_kpi", "How good forecasts were.", value, metric=metric, segment=part)
    gauges.write()
    return found


def _scored(
    settings: Settings,
    use_case: UseCase,
    panel: pl.DataFrame,
    fitted: Fitted,
    day: date,
    right: pl.DataFrame,
) -> pl.DataFrame:
    seen = fitted.sees(settings, use_case, panel, day)
    said = fitted.deliver(settings, use_case, seen)
    columns = (SERIES, DAY, "step", settings.panel.segment, "forecast", "lower", "upper", "method")
    return (
        said.select(*columns)
        .join(right, on=[SERIES, DAY])
        .join(naive(settings, seen, day), on=[SERIES, DAY], how="left")
        .join(scales(settings, seen), on=SERIES, how="left")
        .with_columns(pl.col("naive").fill_null(0.0), run_date=pl.lit(day))
        .sort(SERIES, DAY)
    )


def _widths(settings: Settings, scored: pl.DataFrame) -> pl.DataFrame:
    """Return how far truths lay from forecasts, in scales, at both ends of the interval."""
    low, high = settings.forecast.levels
    segment = settings.panel.segment
    error = (pl.col("truth") - pl.col("forecast")) / pl.col("scale")
    rows = scored.filter(pl.col("scale") > 0).with_columns(
        error=error, season=pl.col("step") // settings.panel.season
    )
    found = (
        (-pl.col("error").quantile(low)).clip(lower_bound=0.0).alias("below"),
        pl.col("error").quantile(high).clip(lower_bound=0.0).alias("above"),
        pl.col("scale").mean().alias("typical"),
    )
    own = rows.group_by(segment, "season").agg(*found, own=pl.lit(value=True))
    every = rows.group_by("season").agg(*found, own=pl.lit(value=False))
    return pl.concat([own, every], how="diagonal").sort("own", segment, "season")
