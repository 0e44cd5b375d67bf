"""From events to state: read a batch, fold it, write it with the offsets, tell Kafka, begin again.

The store says how far the stream was read, not Kafka: what is committed there only shows the lag.
"""

from __future__ import annotations

import gc
import logging
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)

from . import ProjectError, UseCase
from .broker import client, dead_letter, produce
from .events import RefusedError
from .folding import Folder, dumped
from .monitoring import WorkerMetrics
from .settings import Settings
from .state import Change, FencedError, Store, StoreError

__all__ = ["Worker", "stop_on_signals"]

BEAT_SECONDS = 1.0
OBJECTS_BETWEEN_WALKS = (500_000, 20, 100)
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
PATIENCE = 15.0
LOG = logging.getLogger(__name__)


class Worker:
    """One member of the consumer group.

    Args:
        settings: The project's configuration.
        use_case: Your five functions.
        store: Where state is kept; the worker closes it.
        metrics: What it counts into.
    """

    def __init__(
        self,
        settings: Settings,
        use_case: UseCase[Any, Any],
        store: Store,
        metrics: WorkerMetrics,
    ) -> None:
        self._rule = settings.stream
        self._store = store
        self._metrics = metrics
        self._folder = Folder(settings, use_case, store)
        self._name = f"{socket.gethostname()}-{threading.get_native_id()}"
        self._next: dict[int, int] = {}
        self._stopping = threading.Event()
        self._pause = FIRST_PAUSE
        self._beaten = 0.0
        self._dead = Producer(client(settings, **{"enable.idempotence": True}))
        more = {
            "group.id": self._rule.group,
            "group.protocol": "consumer",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": 10,
            # A topic that is made, or grows, after the worker began is found within seconds.
            "topic.metadata.refresh.interval.ms": 10_000,
            **self._rule.client,
        }
        if more["group.protocol"] == "classic":
            more.setdefault("partition.assignment.strategy", "cooperative-sticky")
        self._consumer = Consumer(client(settings, **more))

    def run(self, until: Callable[[], bool] = lambda: False) -> None:
        """Work until `stop` is called or `until` says so; then leave the group in good order."""
        self._consumer.subscribe(
            [self._rule.topic], on_assign=self._assigned, on_revoke=self._lost, on_lost=self._lost
        )
        # States are many and hold no cycles; walking them over and over takes a third of the time.
        gc.set_threshold(*OBJECTS_BETWEEN_WALKS)
        try:
            while not self._stopping.is_set() and not until():
                self.turn()
        finally:
            self._consumer.close()
            self._dead.flush(PATIENCE)
            self._store.close()

    def stop(self) -> None:
        """Let the batch at hand be finished, and no other begin."""
        self._stopping.set()

    def turn(self) -> int:
        """Read one batch and write it; returns how many messages that were."""
        self._metrics.turned = time.monotonic()
        messages = self._read()
        try:
            if messages:
                self._write(messages)
            self._beat(bool(messages))
            self._pause = FIRST_PAUSE
        except FencedError as fenced:
            LOG.warning("%s; reading on from what the store says", fenced)
            self._metrics.fenced.inc()
            self._again()
        except (StoreError, ProjectError, KafkaException) as error:
            LOG.warning("%s; trying again in %.1f s", error, self._pause)
            self._metrics.store_failures.inc()
            self._wait()
        return len(messages)

    def _read(self) -> list[Message]:
        try:
            batch = self._consumer.consume(self._rule.batch, self._rule.wait_seconds)
        except KafkaException as error:
            LOG.warning("the broker: %s", error.args[0].str())
            return []
        good = []
        for message in batch:
            fault = message.error()
            if fault is None:
                good.append(message)
            else:
                LOG.warning("the broker: %s", fault.str())
        return good

    def _write(self, messages: Sequence[Message]) -> None:
        started = time.time()
        before, after, fresh = self._span(messages)
        if not fresh:
            return
        folded = self._folder.fold(fresh, started)
        self._bury(folded.dead)
        self._store.commit(Change(before, after, dumped(folded.states), folded.hits))
        self._folder.keep(folded.states)
        self._next.update(after)
        self._tell(after)
        self._metrics.batch(
            folded,
            seconds=time.time() - started,
            stamps=(_stamp(fresh[0]), _stamp(fresh[-1])),
            states=len(self._folder.known),
        )

    def _span(
        self, messages: Sequence[Message]
    ) -> tuple[dict[int, int], dict[int, int], list[Message]]:
        """Return from where and to where this batch reaches, and the messages not yet folded."""
        before: dict[int, int] = {}
        after: dict[int, int] = {}
        fresh = []
        for message in messages:
            partition: Any = message.partition()
            offset: Any = message.offset()
            expected = after.get(partition, self._next.get(partition))
            if expected is None or offset < expected:
                continue
            # Of a partition that nobody read, the first message says where it begins.
            before.setdefault(partition, offset if expected < 0 else expected)
            after[partition] = offset + 1
            fresh.append(message)
        return before, after, fresh

    def _bury(self, dead: Sequence[tuple[Message, RefusedError]]) -> None:
        """Send dead letters, and wait for them: the batch is not written before they are safe."""
        if not dead:
            return
        failed: list[Any] = []

        def told(error: Any, _: Message) -> None:
            if error is not None:
                failed.append(error)

        for message, refused in dead:
            self._metrics.dead(refused.reason)
            letter = dead_letter(message, refused)
            produce(self._dead, self._rule.dead_letters, on_delivery=told, **letter)
        if self._dead.flush(PATIENCE) or failed:
            raise ProjectError("dead letters cannot be sent", next_step="check the broker")

    def _tell(self, after: dict[int, int]) -> None:
        """Commit to Kafka too, for those who watch the lag; losing this loses nothing."""
        places = [TopicPartition(self._rule.topic, p, offset) for p, offset in after.items()]
        try:
            self._consumer.commit(offsets=places, asynchronous=True)
        except KafkaException as error:
            LOG.warning("the offsets were not shown to the broker: %s", error.args[0].str())

    def _beat(self, busy: bool) -> None:
        """Once a second, say how far behind the worker is, to metrics and store."""
        now = time.monotonic()
        if now - self._beaten < BEAT_SECONDS:
            return
        self._beaten = now
        behind = self._behind(busy)
        if self._next:
            self._store.beat(self._name, behind)
        self._metrics.ready = bool(self._next)

    def _behind(self, busy: bool) -> float:
        """Show how much waits; returns by how many seconds the worker lags."""
        waiting = 0
        for partition, offset in self._next.items():
            _, high = self._consumer.get_watermark_offsets(
                TopicPartition(self._rule.topic, partition), cached=True
            )
            lag = max(0, high - max(0, offset))
            self._metrics.lag(partition, lag)
            waiting += lag
        return self._metrics.behind(waiting if busy else 0)

    def _assigned(self, consumer: Consumer, parts: list[TopicPartition]) -> None:
        """Read on from where the store says, whatever Kafka remembers."""
        self._metrics.rebalances.inc()
        self._folder.known.clear()
        known = self._offsets([part.partition for part in parts])
        for part in parts:
            part.offset = known.get(part.partition, OFFSET_BEGINNING)
            self._next[part.partition] = part.offset
        consumer.incremental_assign(parts)

    def _lost(self, consumer: Consumer, parts: list[TopicPartition]) -> None:
        self._folder.known.clear()
        for part in parts:
            self._next.pop(part.partition, None)
        consumer.incremental_unassign(parts)

    def _offsets(self, partitions: list[int]) -> dict[int, int]:
        """Return the store's offsets; the group waits while the store is gone."""
        pause = FIRST_PAUSE
        while True:
            try:
                return self._store.offsets(partitions)
            except StoreError as error:
                if self._stopping.wait(pause):
                    return {}
                LOG.warning("%s; trying again in %.1f s", error, pause)
                pause = min(LONGEST_PAUSE, pause * 2)

    def _wait(self) -> None:
        """Leave the stream alone for a while, but not the group; then read the batch again."""
        self._metrics.ready = False
        self._behind(busy=True)
        self._consumer.pause(self._consumer.assignment())
        until = time.monotonic() + self._pause
        while time.monotonic() < until and not self._stopping.is_set():
            self._consumer.poll(0.05)
            self._metrics.turned = time.monotonic()
        self._pause = min(LONGEST_PAUSE, self._pause * 2)
        self._consumer.resume(self._consumer.assignment())
        self._again()

    def _again(self) -> None:
        """Forget what is at hand and go back to where the store says."""
        self._folder.known.clear()
        try:
            known = self._store.offsets(self._next)
        except StoreError:
            known = {}
        for partition in list(self._next):
            self._next[partition] = known.get(partition, self._next[partition])
            self._seek(partition, self._next[partition])

    def _seek(self, partition: int, offset: int) -> None:
        try:
            self._consumer.seek(TopicPartition(self._rule.topic, partition, offset))
        except KafkaException as error:
            LOG.warning("partition %d: %s", partition, error.args[0].str())


def _stamp(message: Message) -> int:
    """Return when a message reached the broker, in milliseconds."""
    return int(message.timestamp()[1])


def stop_on_signals(worker: Worker) -> None:
    """Let SIGTERM and SIGINT end the worker after its batch."""
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: worker.stop())
