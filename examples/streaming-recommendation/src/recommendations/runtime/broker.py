"""The broker: its client's configuration, an embedded one, topics read whole, and dead letters."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from . import ProjectError, UseCase
from .events import Decoder, Limits, RefusedError
from .settings import Settings

__all__ = [
    "Embedded",
    "client",
    "dead_letter",
    "place",
    "produce",
    "read_all",
    "replay",
    "send",
    "summary",
]

PATIENCE = 15.0
SHOWN_BYTES = 65_536
REPLAY = "replay"


def client(settings: Settings, **more: Any) -> dict[str, Any]:
    """Return the Kafka client's configuration.

    Raises:
        ProjectError: No broker is configured.
    """
    place = settings.environment
    if not place.brokers:
        raise ProjectError(
            "SERVICE_BROKERS is not set",
            next_step="set it to host:port of Kafka, or try `uv run poe demo`, which brings one",
            code=3,
        )
    asked: dict[str, Any] = {"bootstrap.servers": place.brokers, "log_level": 2}
    if place.broker_user:
        asked |= {
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "PLAIN",
            "sasl.username": place.broker_user,
            "sasl.password": place.broker_password,
        }
    return {**asked, **more, **settings.stream.client}


class Embedded:
    """A broker within this process, for the demo and for tests; it forgets all when it ends."""

    def __init__(self) -> None:
        self._home = Producer(
            {"bootstrap.servers": "-", "test.mock.num.brokers": 1, "log_level": 2}
        )
        one = next(iter(self._home.list_topics(timeout=PATIENCE).brokers.values()))
        self.address = f"{one.host}:{one.port}"

    def make(self, *topics: str) -> None:
        """Make topics, each of four partitions, as a producer's first question does."""
        for topic in topics:
            self._home.list_topics(topic, timeout=PATIENCE)

    def __enter__(self) -> Embedded:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the broker."""
        self._home.flush(1)


def send(
    producer: Producer,
    topic: str,
    messages: Iterable[tuple[str, bytes]],
    *,
    patience: float = PATIENCE,
) -> int:
    """Send messages as (user, value) and wait until the broker has all; returns how many.

    Raises:
        ProjectError: The broker took not all within `patience` seconds.
    """
    letters = ((topic, user.encode(), value, None) for user, value in messages)
    return _deliver(producer, letters, patience)


def _deliver(
    producer: Producer,
    letters: Iterable[tuple[str, bytes | None, bytes, Any]],
    patience: float = PATIENCE,
) -> int:
    failed: list[KafkaError] = []

    def told(error: KafkaError | None, _: Message) -> None:
        if error is not None:
            failed.append(error)

    sent = 0
    for topic, key, value, headers in letters:
        produce(producer, topic, key=key, value=value, headers=headers, on_delivery=told)
        sent += 1
    left = producer.flush(patience)
    if left or failed:
        why = failed[0].str() if failed else "no answer"
        raise ProjectError(
            f"the broker took {sent - left - len(failed)} of {sent} messages: {why}",
            next_step="check SERVICE_BROKERS, the topic and the rights on it, then send again",
        )
    return sent


def produce(producer: Producer, topic: str, **message: Any) -> None:
    """Hand one message to the client, waiting where its queue is full."""
    while True:
        try:
            producer.produce(topic, **message)
        except BufferError:
            producer.poll(0.1)
        else:
            producer.poll(0)
            return


def place(message: Message) -> tuple[int, int]:
    """Return partition and offset of a message that was read, which has both."""
    return cast("tuple[int, int]", (message.partition(), message.offset()))


def dead_letter(message: Message, refused: RefusedError) -> dict[str, Any]:
    """Return the dead letter of a message: as much of it as may be kept, and where it stood."""
    value = message.value() or b""
    source = f"{message.topic()}/{message.partition()}/{message.offset()}"
    headers = {"reason": refused.reason, "detail": str(refused)[:500], "source": source}
    if len(value) > SHOWN_BYTES:
        headers["cut"] = str(len(value))
    listed = [(name, text.encode()) for name, text in headers.items()]
    return {"key": message.key(), "value": value[:SHOWN_BYTES], "headers": listed}


def read_all(
    settings: Settings,
    topic: str,
    *,
    group: str = "reader",
    onward: bool = False,
) -> Iterator[Message]:
    """Give every message of a topic up to what is its end now, as a member of no group.

    Args:
        settings: The project's configuration.
        topic: Its name.
        group: Under which name Kafka remembers what was dealt with.
        onward: Begin after what was dealt with.

    Raises:
        ProjectError: The broker does not answer.
    """
    asked = client(settings, **{"group.id": f"{settings.stream.group}.{group}"})
    reader = Consumer({**asked, "enable.auto.commit": False, "auto.offset.reset": "earliest"})
    try:
        ends = _ends(reader, topic, onward=onward)
        reader.assign([TopicPartition(topic, p, start) for p, (start, _) in ends.items()])
        waiting = {p: end for p, (start, end) in ends.items() if start < end}
        until = time.monotonic() + PATIENCE
        while waiting and time.monotonic() < until:
            for message in reader.consume(10_000, 0.2):
                if message.error():
                    continue
                until = time.monotonic() + PATIENCE
                partition, offset = place(message)
                if offset < ends[partition][1]:
                    yield message
                if offset + 1 >= ends[partition][1]:
                    waiting.pop(partition, None)
        if waiting:
            raise ProjectError(
                f"{topic} was not read to its end", next_step="check the broker, then run it again"
            )
    except KafkaException as error:
        raise ProjectError(
            f"{topic} cannot be read: {error.args[0].str()}",
            next_step="check SERVICE_BROKERS, the topic and the rights on it",
        ) from error
    finally:
        reader.close()


def _ends(reader: Consumer, topic: str, *, onward: bool) -> Mapping[int, tuple[int, int]]:
    """Return by partition where to begin and where the end is now."""
    known = reader.list_topics(topic, timeout=PATIENCE).topics[topic].partitions
    ends = {}
    for partition in known:
        low, high = reader.get_watermark_offsets(TopicPartition(topic, partition), timeout=PATIENCE)
        ends[partition] = (low, high)
    if onward:
        places = [TopicPartition(topic, partition) for partition in known]
        for found in reader.committed(places, timeout=PATIENCE):
            low, high = ends[found.partition]
            ends[found.partition] = (max(low, found.offset), high)
    return ends


def summary(settings: Settings) -> Iterator[str]:
    """Tell of each reason how many dead letters wait, and one of them; no content is shown."""
    reasons: dict[str, list[dict[str, str]]] = {}
    for message in _letters(settings):
        told = _headers(message)
        reasons.setdefault(told.get("reason", "unknown"), []).append(told)
    if not reasons:
        yield "no dead letter waits"
    for reason, several in sorted(reasons.items(), key=lambda pair: -len(pair[1])):
        newest = several[-1]
        detail, source = newest.get("detail"), newest.get("source")
        yield f"{len(several):>7} {reason}: {detail} (the newest: {source})"


def replay(
    settings: Settings, use_case: UseCase[Any, Any], *, reason: str | None = None
) -> tuple[int, int]:
    """Send dead letters to the events again; those that are still none wait at the topic's end.

    Sent twice is no harm: the fold knows an event by its id.

    Args:
        settings: The project's configuration.
        use_case: Your five functions.
        reason: Only those that were refused for it.

    Returns:
        How many were sent, and how many wait on.
    """
    decoder = Decoder(settings, use_case)
    limits = decoder.limits(time.time())
    good: list[tuple[bytes | None, bytes, Any]] = []
    bad: list[tuple[bytes | None, bytes, Any]] = []
    ends: dict[int, int] = {}
    seen: set[str] = set()
    for message in _letters(settings):
        partition, offset = place(message)
        ends[partition] = offset + 1
        told = _headers(message)
        source = told.get("source", "")
        if source and source in seen:
            continue
        seen.add(source)
        letter = (message.key(), message.value() or b"", message.headers())
        wanted = reason in (None, told.get("reason")) and "cut" not in told
        (good if wanted and _readable(decoder, letter, limits) else bad).append(letter)
    producer = Producer(client(settings, **{"enable.idempotence": True}))
    _deliver(producer, [(settings.stream.topic, key, value, None) for key, value, _ in good])
    _deliver(producer, [(settings.stream.dead_letters, *letter) for letter in bad])
    _answered(settings, ends)
    return len(good), len(bad)


def _readable(decoder: Decoder, letter: tuple[bytes | None, bytes, Any], limits: Limits) -> bool:
    try:
        decoder.decode(letter[1], letter[0], limits)
    except RefusedError:
        return False
    return True


def _letters(settings: Settings) -> Iterator[Message]:
    """Give the dead letters that were not sent again."""
    yield from read_all(settings, settings.stream.dead_letters, group=REPLAY, onward=True)


def _headers(message: Message) -> dict[str, str]:
    told: Any = message.headers() or []
    return {name: (text or b"").decode() for name, text in told}


def _answered(settings: Settings, ends: Mapping[int, int]) -> None:
    """Remember in Kafka up to where dead letters were dealt with."""
    topic = settings.stream.dead_letters
    reader = Consumer(client(settings, **{"group.id": f"{settings.stream.group}.{REPLAY}"}))
    places = [TopicPartition(topic, partition, offset) for partition, offset in ends.items()]
    if places:
        reader.commit(offsets=places, asynchronous=False)
    reader.close()
