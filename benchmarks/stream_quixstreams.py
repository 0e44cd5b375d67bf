"""The same job by quixstreams: each user's newest twenty events, kept in its RocksDB."""

from __future__ import annotations

import json
import logging
import tempfile
import time
from typing import Any

from confluent_kafka import Producer
from quixstreams import Application, State
from quixstreams.models.topics import TopicAdmin, TopicConfig

EVENTS, USERS, WINDOW, PARTITIONS = 150_000, 12_500, 20, 4


def fold(event: dict[str, Any], state: State) -> None:
    """Keep the newest events, each once, in the order of time."""
    recent = state.get("recent", [])
    entry = [event["at"], event["id"], event["item"], event["kind"]]
    if not recent or entry > recent[-1]:
        recent.append(entry)
    elif entry not in recent:
        recent.append(entry)
        recent.sort()
    state.set("recent", recent[-WINDOW:])


def event(number: int) -> tuple[bytes, bytes]:
    """Return a message as the archetype's sample sends it."""
    user = f"u{number * 7919 % USERS}"
    body = {
        "v": 2,
        "id": f"e3-{number}",
        "user": user,
        "at": 1_767_225_600_000 + number * 1000,
        "item": f"item-{number * 31 % 1000}",
        "kind": "view",
    }
    return user.encode(), json.dumps(body, separators=(",", ":")).encode()


def main() -> None:
    """Print how many events a second are folded that wait already."""
    home = Producer({"bootstrap.servers": "-", "test.mock.num.brokers": 1, "log_level": 2})
    home.list_topics("events", timeout=10)
    one = next(iter(home.list_topics(timeout=10).brokers.values()))
    producer = Producer(
        {"bootstrap.servers": f"{one.host}:{one.port}", "queue.buffering.max.messages": 1_000_000}
    )
    for number in range(EVENTS):
        key, value = event(number)
        producer.produce("events", key=key, value=value)
    producer.flush(60)
    with tempfile.TemporaryDirectory() as folder:
        app = Application(
            broker_address=f"{one.host}:{one.port}",
            consumer_group="bench",
            auto_offset_reset="earliest",
            auto_create_topics=False,
            use_changelog_topics=False,
            state_dir=folder,
            loglevel=logging.ERROR,
        )
        # The embedded broker has no administration: what it would say is said here.
        kept = {"retention.ms": "604800000", "retention.bytes": "-1"}
        made = TopicConfig(PARTITIONS, 1, kept)
        TopicAdmin.inspect_topics = lambda _, topics, **__: dict.fromkeys(topics, made)
        began: list[float] = []

        def first(value: dict[str, Any], state: State) -> None:
            if not began:
                began.append(time.perf_counter())
            fold(value, state)

        topic = app.topic("events", value_deserializer="json", config=made)
        app.dataframe(topic).update(first, stateful=True)
        app.run(count=EVENTS)
        print(EVENTS / (time.perf_counter() - began[0]))


if __name__ == "__main__":
    main()
