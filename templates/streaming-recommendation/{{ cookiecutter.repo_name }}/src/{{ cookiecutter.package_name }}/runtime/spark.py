"""The same fold over many machines, where the stream is read by Spark.

Spark only brings a user's events to where the state is. What folds them is the use case's `fold`,
and what is kept are the bytes of `State.dump`, the same as in the worker's store.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec

from . import ProjectError, UseCase, folding
from .events import DAY_MS, Decoder, Mask, RefusedError, encode
from .settings import Settings

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import DataFrame, SparkSession

__all__ = ["decoded", "folded", "session", "source", "stream", "table"]

SENT = ("key", "value", "unix_millis(timestamp) AS sent")
EVENT = "who string, event binary, reason string, detail string, key binary, value binary"
STATE = "who string, state binary"
CHANGE = f"{STATE}, reason string, detail string, key binary, value binary"
LETTER = ("reason", "detail", "key", "value")
SHADED = "kafkashaded.org.apache.kafka.common.security.plain.PlainLoginModule"
MERGE = """MERGE INTO {table} AS kept USING {changes} AS new ON kept.who = new.who
WHEN MATCHED AND new.state IS NULL THEN DELETE
WHEN MATCHED THEN UPDATE SET kept.state = new.state
WHEN NOT MATCHED AND new.state IS NOT NULL THEN INSERT (who, state) VALUES (new.who, new.state)"""


@contextmanager
def session() -> Iterator[SparkSession]:
    """Lend the session of the job, or one on this machine.

    Raises:
        ProjectError: There is no Spark or no Java, or a step failed on the workers.
    """
    # Left to itself Spark starts the workers on the system's Python, which has no msgspec.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise ProjectError(
            "pyspark is not installed",
            next_step="run it with `uv run --group spark`, or as the job in resources/",
        ) from error
    try:
        yield SparkSession.builder.getOrCreate()
    except PySparkException as error:
        said = str(error).strip().splitlines()
        raise ProjectError(
            f"Spark failed: {said[0] if said else type(error).__name__}",
            next_step="see the workers' log; the stream goes on from its checkpoint",
        ) from error


def source(spark: SparkSession, settings: Settings) -> DataFrame:
    """Return the topic as a stream, with Kafka's own columns."""
    place = settings.environment
    options = {
        "kafka.bootstrap.servers": place.brokers,
        "subscribe": settings.stream.topic,
        "startingOffsets": "earliest",
        "maxOffsetsPerTrigger": str(settings.stream.batch * 5),
    }
    if place.broker_user:
        told = f'username="{place.broker_user}" password="{place.broker_password}"'
        options |= {
            "kafka.security.protocol": "SASL_SSL",
            "kafka.sasl.mechanism": "PLAIN",
            "kafka.sasl.jaas.config": f"{SHADED} required {told};",
        }
    return spark.readStream.format("kafka").options(**options).load()


def decoded(messages: DataFrame, settings: Settings, use_case: UseCase[Any, Any]) -> DataFrame:
    """Return messages as events under their users' keys; what is no event bears its reason.

    What is too old is judged by when the broker got it, so that a batch that is tried again is the
    same batch.
    """

    def part(chunks: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        import pandas as pd

        decoder, mask = Decoder(settings, use_case), Mask(settings)
        for chunk in chunks:
            rows = [
                _row(decoder, mask, key, value, sent)
                for key, value, sent in chunk.itertuples(index=False, name=None)
            ]
            yield pd.DataFrame(rows, columns=[name.split()[0] for name in EVENT.split(", ")])

    return messages.selectExpr(*SENT).mapInPandas(part, EVENT)


def _row(
    decoder: Decoder, mask: Mask, key: bytes | None, value: bytes | None, sent: int
) -> tuple[Any, ...]:
    try:
        event = decoder.decode(value, key, decoder.limits(sent / 1000.0))
    except RefusedError as refused:
        return None, None, refused.reason, str(refused), key, value
    return mask.text(event.user), encode(event), None, None, None, None


def folded(events: DataFrame, settings: Settings, use_case: UseCase[Any, Any]) -> DataFrame:
    """Return each user's new state after each batch; a state of None is one that ended.

    A row with a reason is no state, but an event on which the fold failed.
    """
    from pyspark.sql.streaming.state import GroupStateTimeout

    # Else one empty batch follows another, only to look for states that ended.
    events.sparkSession.conf.set("spark.sql.streaming.noDataMicroBatches.enabled", "false")
    return (
        events.where("reason IS NULL")
        .groupBy("who")
        .applyInPandasWithState(
            _folding(settings, use_case),
            CHANGE,
            "state binary",
            "update",
            GroupStateTimeout.ProcessingTimeTimeout,
        )
    )


def _folding(settings: Settings, use_case: UseCase[Any, Any]) -> Callable[..., Any]:
    kept_for = settings.privacy.retention_days * DAY_MS

    def fold(who: tuple[str], chunks: Iterator[pd.DataFrame], state: Any) -> Iterator[pd.DataFrame]:
        if state.hasTimedOut:
            state.remove()
            yield _changes([(*who, None, None, None, None, None)])
            return
        read = msgspec.json.Decoder(use_case.reads).decode
        events = [read(event).newest() for chunk in chunks for event in chunk["event"]]
        before = use_case.state_type.load(bytes(state.get[0])) if state.exists else None
        ordered = sorted(events, key=lambda one: (one.at, one.id))
        after, failed = folding.folded(use_case, before, ordered)
        if after is not None and after is not before:
            state.update((after.dump(),))
            yield _changes([(*who, after.dump(), None, None, None, None)])
        if failed:
            yield _changes(
                (*who, None, refused.reason, str(refused), event.user.encode(), encode(event))
                for event, refused in failed
            )
        state.setTimeoutDuration(kept_for)

    return fold


def _changes(rows: Iterable[tuple[Any, ...]]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(list(rows), columns=[name.split()[0] for name in CHANGE.split(", ")])


def keep(batch: DataFrame, states: str, dead: str) -> None:
    """Write what a batch comes to into both tables.

    Raises:
        ProjectError: The fold failed on all of many events.
    """
    batch.persist()
    changed, failed = batch.where("reason IS NULL"), batch.where("reason IS NOT NULL")
    letters = failed.count()
    if letters >= folding.FAILURES_IN_A_ROW and changed.isEmpty():
        raise ProjectError(
            f"the fold took none of {letters} events: {failed.first().detail}",
            next_step="mend `fold` and deploy it; the stream waits, and nothing is lost",
        )
    sql = MERGE.format(table=states, changes="{changes}")
    batch.sparkSession.sql(sql, changes=changed.select("who", "state"))
    if letters:
        failed.select(*LETTER).write.mode("append").saveAsTable(dead)
    batch.unpersist()


def stream(settings: Settings, use_case: UseCase[Any, Any]) -> None:
    """Fold the topic into the table of states, and refuse into that of dead letters, for ever."""
    with session() as spark:
        states, dead = table(settings, "states"), table(settings, "dead_letters")
        spark.sql(f"CREATE TABLE IF NOT EXISTS {states} ({STATE})")
        events = decoded(source(spark, settings), settings, use_case)
        places = settings.environment.data / "checkpoints"
        known = folded(events, settings, use_case).writeStream.outputMode("update")
        known.option("checkpointLocation", str(places / "states")).foreachBatch(
            lambda batch, _: keep(batch, states, dead)
        ).start()
        refused = events.where("reason IS NOT NULL").drop("who", "event").writeStream
        refused.option("checkpointLocation", str(places / "dead_letters")).toTable(dead)
        spark.streams.awaitAnyTermination()


def table(settings: Settings, name: str) -> str:
    """Return a table's full name: it stands beside the model."""
    return ".".join((*settings.environment.model.split(".")[:-1], name))
