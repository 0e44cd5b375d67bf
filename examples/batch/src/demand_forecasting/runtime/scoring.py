"""Forecasts by run date: one partition for each, written as a whole or not at all.

The same rows leave a partition as it is, to the byte: a run can be repeated at any time.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from . import ProjectError, UseCase, contracts, model
from .contracts import Checked
from .log import Gauges
from .model import Model, commit, run_id
from .panel import DAY, SERIES
from .registry import Registry
from .settings import Settings

__all__ = [
    "LINEAGE",
    "Written",
    "backfill",
    "champion",
    "forecasts",
    "freshness",
    "partition",
    "replace_file",
    "score",
    "write",
    "writing",
]

CHAMPION = "champion"
Forecast = Callable[[Model, Settings, UseCase, pl.DataFrame, date], pl.DataFrame]
# Two runs of the same forecast differ in these alone.
OF_THE_RUN = ("run_id", "created_at")
LINEAGE = ("run_date", "model_version", "commit", *OF_THE_RUN)


@dataclass(frozen=True, slots=True)
class Written:
    """One partition.

    Attributes:
        run_date: Its day.
        path: Its file.
        rows: How many forecasts it holds.
        bad: Rows of the panel that were put aside, by rule.
        changed: False where it held the same forecasts already, and was left alone.
        version: Of the model.
    """

    run_date: date
    path: Path
    rows: int
    bad: Mapping[str, int]
    changed: bool
    version: str


def score(
    settings: Settings,
    use_case: UseCase,
    registry: Registry,
    as_of: date | None = None,
    *,
    forecast: Forecast = Model.forecast,
) -> Written:
    """Forecast with the champion and write the partition of the run date.

    Args:
        settings: The project's configuration.
        use_case: Your five functions.
        registry: Which version is the champion.
        as_of: The run date; the configured one where not given.
        forecast: Where it is computed: on this machine, or on others.

    Raises:
        ProjectError: There is no champion, it forecasts otherwise than in its training, or the
            panel is not what its contract says.
    """
    loaded = champion(settings, use_case, registry)
    found = contracts.checked(settings, use_case, contracts.read(settings, use_case))
    day = contracts.run_date(settings, found.panel, as_of)
    return _one(settings, use_case, loaded, found, day, forecast)


def backfill(
    settings: Settings, use_case: UseCase, registry: Registry, first: date, last: date
) -> Iterator[Written]:
    """Write the partition of every day from `first` to `last`, each as of its own day.

    Raises:
        ProjectError: As `score`, before anything is written.
    """
    if last < first:
        raise ProjectError(f"--from {first} is after --to {last}", next_step="swap them", code=2)
    loaded = champion(settings, use_case, registry)
    found = contracts.checked(settings, use_case, contracts.read(settings, use_case))
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    for day in (first, last):
        contracts.run_date(settings, found.panel, day)
    for day in days:
        yield _one(settings, use_case, loaded, found, day)


def champion(settings: Settings, use_case: UseCase, registry: Registry) -> Model:
    """Load the champion, which proves itself.

    Raises:
        ProjectError: There is none, or it does not give the forecasts of its training.
    """
    version = registry.version_of(CHAMPION)
    if version is None:
        raise ProjectError(
            f"{registry.model} has no champion",
            next_step="run `uv run poe train`, then `uv run poe promote latest`",
            code=3,
        )
    return model.load(version, registry.files(version), settings, use_case)


def partition(folder: Path, day: date) -> Path:
    """Return the file of a run date."""
    return folder / f"run_date={day.isoformat()}" / "forecast.parquet"


def forecasts(settings: Settings) -> pl.DataFrame:
    """Return every forecast that was ever written, newest run date last.

    Raises:
        ProjectError: There is none.
    """
    files = sorted((settings.environment.data / "forecasts").glob("run_date=*/forecast.parquet"))
    if not files:
        raise ProjectError(
            f"no forecast in {settings.environment.data / 'forecasts'}",
            next_step="run `uv run poe score`",
        )
    return pl.concat([pl.read_parquet(file, hive_partitioning=False) for file in files])


def write(folder: Path, day: date, rows: pl.DataFrame) -> tuple[Path, bool]:
    """Write a partition, unless it holds the same rows already.

    Args:
        folder: Of all partitions.
        day: The run date.
        rows: With the columns of `LINEAGE`.

    Returns:
        Its file, and whether it was written.

    Raises:
        ProjectError: The disk refuses; what was there before is still there.
    """
    path = partition(folder, day)
    if _holds(path, rows):
        return path, False
    replace_file(path, rows)
    return path, True


def replace_file(path: Path, rows: pl.DataFrame) -> None:
    """Put `rows` where `path` is, in one move: a reader sees the old file or the new one.

    Raises:
        ProjectError: The disk refuses; what was there before is still there.
    """
    waiting = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            rows.write_parquet(waiting)
            with waiting.open("rb") as file:
                os.fsync(file.fileno())
            waiting.replace(path)
    finally:
        with suppress(OSError):
            waiting.unlink(missing_ok=True)


@contextmanager
def writing(place: Path) -> Iterator[None]:
    """Say where it was that the disk refused.

    Raises:
        ProjectError: It did.
    """
    try:
        yield
    except (OSError, PolarsError) as error:
        # polars names a full disk in words of its own, such as "invalid thrift".
        reason = getattr(error, "strerror", None) or f"is the disk full? ({error})"
        raise ProjectError(
            f"{place} cannot be written: {reason}",
            next_step="make room or give the right to write there, then run the same command again;"
            " what was there before is untouched",
        ) from error


def freshness(settings: Settings, use_case: UseCase, now: datetime) -> list[str]:
    """Say what is too old: the newest partition, and the newest day with a target.

    Returns:
        One sentence for each; empty where all is fresh.
    """
    limits, gauges = settings.freshness, Gauges(settings, "freshness")
    panel = contracts.read(settings, use_case)
    newest = contracts.newest_run_date(settings, panel) - timedelta(days=1 + settings.forecast.gap)
    input_days = (now.date() - newest).days
    gauges.set("batch_input_age_days", "Age of the newest day with a target.", input_days)
    late = []
    if input_days > limits.input_days:
        late.append(f"the newest day with a target is {newest}, {input_days} days ago")
    try:
        rows = forecasts(settings)
    except ProjectError as error:
        late.append(f"there is no forecast: {error.next_step}")
    else:
        late += _late_output(limits.output_hours, rows, now, gauges)
    gauges.set("batch_stale", "1 where something is too old.", bool(late))
    gauges.write()
    return late


def clean(folder: Path) -> None:
    """Remove what a killed run left behind; nobody ever reads it."""
    for left in folder.glob("run_date=*/.*.parquet.*"):
        left.unlink(missing_ok=True)


def _one(
    settings: Settings,
    use_case: UseCase,
    loaded: Model,
    found: Checked,
    day: date,
    forecast: Forecast = Model.forecast,
) -> Written:
    data = settings.environment.data
    clean(data / "forecasts")
    rows = forecast(loaded, settings, use_case, found.panel, day).drop(SERIES, DAY)
    if rows.is_empty():
        raise ProjectError(
            f"the panel has no row of {day} or the days after it: nothing is there to forecast",
            next_step="give it a row for each coming day and series, with what is planned"
            f" and without {settings.panel.target}",
            code=3,
        )
    if found.bad.height:
        replace_file(data / "quarantine" / f"run_date={day}" / "rows.parquet", found.bad)
    rows = rows.with_columns(
        run_date=pl.lit(day),
        model_version=pl.lit(loaded.version),
        commit=pl.lit(commit(settings.root)),
        run_id=pl.lit(run_id()),
        created_at=pl.lit(datetime.now(UTC).isoformat(timespec="seconds")),
    )
    path, changed = write(data / "forecasts", day, rows)
    return Written(day, path, rows.height, found.counts, changed, loaded.version)


def _late_output(hours: float, rows: pl.DataFrame, now: datetime, gauges: Gauges) -> list[str]:
    newest = rows.sort("run_date", "created_at").tail(1)
    last, made = newest.item(0, "run_date"), newest.item(0, "created_at")
    age = (now - datetime.fromisoformat(made)).total_seconds() / 3600
    day = datetime.combine(last, datetime.min.time(), UTC)
    gauges.set("batch_run_date_timestamp_seconds", "The newest run date.", day.timestamp())
    gauges.set("batch_output_age_hours", "Age of the newest forecast.", age)
    if age <= hours:
        return []
    return [f"the newest forecast is of {last} and was made {age:.0f} hours ago, limit {hours:.0f}"]


def _holds(path: Path, rows: pl.DataFrame) -> bool:
    try:
        there = pl.read_parquet(path, hive_partitioning=False)
    except (OSError, PolarsError):
        return False
    return there.drop(OF_THE_RUN, strict=False).equals(rows.drop(OF_THE_RUN))
