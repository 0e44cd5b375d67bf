"""The same job by quixstreams: the project's own events and fold, state in its RocksDB.

`python benchmarks/stream_quixstreams.py PROJECT [--users-alone]`, where both are installed.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from confluent_kafka import Producer
from quixstreams import Application, State
from quixstreams.models.topics import TopicAdmin, TopicConfig
from recommendations import data, features, schemas
from recommendations.runtime.events import Decoder, Mask, encode
from recommendations.runtime.settings import Settings, load

EVENTS, PARTITIONS = 150_000, 4
HOUR_MS = 3_600_000
QUIET_SECONDS = 5.0
TOPICS = (
    "events",
    "changelog__bench--events--default",
    "repartition__bench--events--item",
    "changelog__bench--repartition.events.item--default",
)


class Job:
    """What is done with an event; the clock runs from the first to the last."""

    def __init__(self, settings: Settings) -> None:
        self._decoder = Decoder(settings, SimpleNamespace(reads=schemas.READS))
        self._limits = self._decoder.limits(time.time())
        self._masked, self._keys = Mask(settings).text, {}
        self._weights = {name: round(weight * 1000) for name, weight in settings.weights.items()}
        self.began = self.ended = 0.0
        self.folded = self.counted = 0

    def fold(
        self, value: bytes, key: bytes, _at: int, _headers: object, state: State
    ) -> dict[str, Any]:
        """Fold an event into its user's state; returns what popularity wants of it."""
        self.began = self.began or time.perf_counter()
        event = self._decoder.decode(value, key, self._limits)
        if event.user not in self._keys:
            self._keys[event.user] = self._masked(event.user)
        kept = state.get_bytes("state", None)
        before = None if kept is None else features.State.load(kept)
        after = features.fold(before, event)
        if after is not before:
            state.set_bytes("state", after.dump())
        self.folded += 1
        self.ended = time.perf_counter()
        weight = self._weights.get(event.kind, 0)
        return {"item": event.item, "hour": event.at // HOUR_MS, "weight": weight}

    def count(self, value: dict[str, Any], state: State) -> None:
        """Add to what is known of an item in an hour."""
        hour = str(value["hour"])
        state.set(hour, state.get(hour, 0) + value["weight"])
        self.counted += 1
        self.ended = time.perf_counter()


def broker() -> tuple[Producer, str]:
    """Start the embedded broker with all the events; it lives as long as what is returned first."""
    home = Producer({"bootstrap.servers": "-", "test.mock.num.brokers": 1, "log_level": 2})
    for name in TOPICS:
        home.list_topics(name, timeout=10)
    one = next(iter(home.list_topics(timeout=10).brokers.values()))
    address = f"{one.host}:{one.port}"
    producer = Producer({"bootstrap.servers": address, "queue.buffering.max.messages": EVENTS})
    for event in data.events(3, EVENTS):
        producer.produce("events", key=event.user.encode(), value=encode(event))
    producer.flush(60)
    return home, address


def application(address: str, folder: str, *, whole: bool) -> tuple[Application, TopicConfig]:
    """Return the framework, as safe as the worker where the job is the whole one."""
    # The embedded broker has no administration: what it would say is said here.
    made = TopicConfig(PARTITIONS, 1, {"retention.ms": "604800000", "retention.bytes": "-1"})
    TopicAdmin.inspect_topics = lambda _, topics, **__: dict.fromkeys(topics, made)
    app = Application(
        broker_address=address,
        consumer_group="bench",
        auto_offset_reset="earliest",
        auto_create_topics=False,
        processing_guarantee="exactly-once" if whole else "at-least-once",
        use_changelog_topics=whole,
        state_dir=folder,
        loglevel=logging.ERROR,
    )
    return app, made


def rate(project: Path, *, whole: bool) -> float:
    """Return how many events a second are folded that wait already."""
    with tempfile.TemporaryDirectory() as folder:
        stream = {"oldest_days": 36_500.0}
        job = Job(load(project, {"SERVICE_DATA_DIR": folder}, stream=stream))
        _home, address = broker()
        app, made = application(address, folder, whole=whole)
        topic = app.topic(
            "events", key_deserializer="bytes", value_deserializer="bytes", config=made
        )
        frame = app.dataframe(topic).apply(job.fold, stateful=True, metadata=True)
        if whole:
            frame[frame["weight"] > 0].group_by("item").update(job.count, stateful=True)
        app.run(count=EVENTS * (1 + whole), timeout=QUIET_SECONDS)
    if job.folded != EVENTS or (whole and not job.counted):
        raise SystemExit(f"{job.folded} of {EVENTS} events, {job.counted} counted")
    return EVENTS / (job.ended - job.began)


def main() -> None:
    """Print the rate twice: once to warm up, once to be measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", type=Path)
    parser.add_argument("--users-alone", action="store_true")
    asked = parser.parse_args()
    for _ in range(2):
        print(rate(asked.project, whole=not asked.users_alone))


if __name__ == "__main__":
    main()
