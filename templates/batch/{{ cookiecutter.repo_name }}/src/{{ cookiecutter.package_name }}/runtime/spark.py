"""The same forecast over many machines.

Spark only brings whole series to where there is room. What forecasts them is `Model.forecast`, as
on one machine, so the rows are the same, bit for bit.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import polars as pl

from . import ProjectError, UseCase, backtest
from .backtest import Learnt
from .log import Progress
from .model import Model
from .panel import HOME
from .scoring import writing
from .settings import Settings

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import DataFrame, SparkSession

__all__ = ["forecast", "learn", "publish", "session"]

SERIES_OF_A_PART = 500


@contextmanager
def session() -> Iterator[SparkSession]:
    """Lend the session of the job, or one on this machine.

    Raises:
        ProjectError: There is no Spark or no Java, or a step failed on the workers.
    """
    # Left to itself Spark starts the workers on the system's Python, which has no polars.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise ProjectError(
            "pyspark is not installed",
            next_step="run it with `uv run --group spark`, or without --spark on this machine",
        ) from error
    try:
        yield SparkSession.builder.getOrCreate()
    except PySparkException as error:
        raise ProjectError(
            f"Spark failed: {_told(str(error))}",
            next_step="see the workers' log (is JAVA_HOME a Java 17?), or run it without --spark",
        ) from error


def forecast(
    model: Model, settings: Settings, use_case: UseCase, panel: pl.DataFrame, as_of: date
) -> pl.DataFrame:
    """Forecast as `Model.forecast` does, the series spread over the workers of the session."""
    keys = list(settings.panel.keys)
    series = panel.select(keys).unique().sort(keys)
    first = panel.join(series.head(1), on=keys, how="semi")
    told = model.forecast(settings, use_case, first, as_of)
    types = panel.schema

    def part(chunks: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        rows = [pl.from_pandas(chunk).cast(types) for chunk in chunks if len(chunk)]
        if rows:
            yield model.forecast(settings, use_case, pl.concat(rows), as_of).to_pandas()

    parts = series.height // SERIES_OF_A_PART + 2
    with session() as spark, _lent(spark, settings, panel) as frame:
        from pyspark.sql.pandas.types import from_arrow_schema

        spread = frame.repartition(parts, *keys)
        found = spread.mapInPandas(part, from_arrow_schema(told.to_arrow().schema)).toArrow()
    rows = pl.DataFrame(pl.from_arrow(found)).cast(told.schema)
    return rows.sort(*keys, settings.panel.time)


def learn(
    settings: Settings,
    use_case: UseCase,
    panel: pl.DataFrame,
    as_of: date,
    *,
    seed: int,
    progress: Progress,
) -> Learnt:
    """Learn as `backtest.learn` does, each segment on a worker where `by_segment` is on.

    For a panel that one machine cannot learn from as a whole.
    """
    if not settings.training.by_segment:
        return backtest.learn(settings, use_case, panel, as_of, seed=seed, progress=progress)
    types, height = panel.schema, panel.height
    rows = [
        own.with_columns(pl.lit(name).alias(HOME))
        for name, own in backtest.divided(settings, panel, as_of).items()
    ]

    def part(sent: pd.DataFrame) -> pd.DataFrame:
        own = pl.from_pandas(sent)
        name, own = str(own.item(0, HOME)), own.drop(HOME).cast(types)
        quiet = Progress()
        one = backtest.learn_one(settings, use_case, own, as_of, seed=seed, progress=quiet)
        thin = pickle.dumps(backtest.thinned(one, height))
        return pl.DataFrame({HOME: [name], "learnt": [thin]}).to_pandas()

    progress.say(f"{len(rows)} segments on the workers")
    with session() as spark, _lent(spark, settings, pl.concat(rows)) as frame:
        made = frame.groupBy(HOME).applyInPandas(part, f"{HOME} string, learnt binary")
        # They come from our own workers.
        found = {name: pickle.loads(sent) for name, sent in made.collect()}  # noqa: S301
    return backtest.joined(found)


def publish(table: str, partition: Path, run_date: date) -> int:
    """Put a written partition into `table`, in the place of what it had of that run date.

    Returns:
        The number of rows.
    """
    with session() as spark:
        from pyspark.sql import functions as sql

        frame = spark.read.parquet(str(partition))
        writer = frame.writeTo(table)
        if spark.catalog.tableExists(table):
            writer.overwrite(sql.col("run_date") == sql.lit(run_date))
        else:
            writer.partitionedBy(sql.col("run_date")).create()
        return int(frame.count())


@contextmanager
def _lent(spark: SparkSession, settings: Settings, panel: pl.DataFrame) -> Iterator[DataFrame]:
    """Hand a panel over through the data folder: it is too large to be sent with the plan."""
    place = settings.environment.data / f"panel-{uuid4().hex}.parquet"
    try:
        with writing(place):
            panel.write_parquet(place)
        yield spark.read.parquet(str(place))
    finally:
        place.unlink(missing_ok=True)


def _told(text: str) -> str:
    """Return the line of a worker's traceback that names the cause, or the first line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    causes = [line for line in lines if ": " in line and line.split(":")[0].endswith("Error")]
    return (causes or lines)[-1 if causes else 0]
