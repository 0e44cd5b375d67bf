"""The stream: what a message must be to count, whose key it goes under, and the broker itself."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from . import Event, ProjectError, UseCase
from .settings import Settings

__all__ = [
    "DAY_MS",
    "Decoder",
    "Embedded",
    "Mask",
    "RefusedError",
    "client",
    "dead_letter",
    "encode",
    "read_all",
    "send",
]

DAY_MS: Final = 86_400_000
SECOND_MS = 1000
QUIET_SECONDS = 0.5
PATIENCE = 15.0
SHOWN_BYTES = 65_536


class RefusedError(Exception):
    """A message that is no event; it becomes a dead letter.

    Args:
        reason: One of malformed, unknown_version, invalid_field, wrong_key, too_old,
            from_the_future, too_large.
        detail: What is wrong, for a person, without what was sent.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Mask:
    """Replaces a user's identity by a keyed hash: the same person, but not who."""

    def __init__(self, settings: Settings) -> None:
        self._on = settings.privacy.mask
        self._key = _key(settings) if self._on else b""

    def text(self, user: str) -> str:
        """Return the key under which everything of a user is kept."""
        if not self._on:
            return user
        return hashlib.blake2b(user.encode(), key=self._key, digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Limits:
    """What a message may be; times in milliseconds since the Unix epoch, size in bytes."""

    oldest: int
    newest: int
    size: int


class Decoder:
    """Turns messages into events of the newest version."""

    def __init__(self, settings: Settings, use_case: UseCase[Any, Any]) -> None:
        self._decode = msgspec.json.Decoder(use_case.reads).decode
        self._rule = settings.stream

    def limits(self, now: float) -> Limits:
        """Return what counts at a Unix time."""
        return Limits(
            oldest=round((now * SECOND_MS) - self._rule.oldest_days * DAY_MS),
            newest=round((now + self._rule.future_seconds) * SECOND_MS),
            size=self._rule.largest_bytes,
        )

    def decode(self, value: bytes | None, key: bytes | None, limits: Limits) -> Any:
        """Return the event in a message.

        Raises:
            RefusedError: It is none.
        """
        if value is None or len(value) > limits.size:
            said = "empty" if value is None else f"{len(value)} bytes, at most {limits.size}"
            raise RefusedError("malformed" if value is None else "too_large", said)
        try:
            event = self._decode(value).newest()
        except msgspec.ValidationError as error:
            raise RefusedError(_reason(str(error)), str(error)) from None
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise RefusedError("malformed", str(error)) from None
        if key is not None and key != event.user.encode():
            raise RefusedError("wrong_key", "the message's key is not the event's user")
        if event.at < limits.oldest:
            raise RefusedError("too_old", f"{event.at} is before {limits.oldest}")
        if event.at > limits.newest:
            raise RefusedError("from_the_future", f"{event.at} is after {limits.newest}")
        return event


def _reason(said: str) -> str:
    return "unknown_version" if said.endswith("`$.v`") else "invalid_field"


def encode(event: Event) -> bytes:
    """Return an event as a producer sends it."""
    return msgspec.json.encode(event)


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
        self._home = Producer({"bootstrap.servers": "-", "test.mock.num.brokers": 1, "log_level": 2})
        one = next(iter(self._home.list_topics(timeout=PATIENCE).brokers.values()))
        self.address = f"{one.host}:{one.port}"

    def __enter__(self) -> Embedded:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the broker."""
        self._home.flush(1)


def send(
    producer: Producer, topic: str, messages: Iterable[tuple[str, bytes]], *, patience: float = PATIENCE
) -> int:
    """Send messages as (user, value) and wait until the broker has all; returns how many.

    Raises:
        ProjectError: The broker took not all within `patience` seconds.
    """
    failed: list[KafkaError] = []

    def told(error: KafkaError | None, _: Message) -> None:
        if error is not None:
            failed.append(error)

    sent = 0
    for user, value in messages:
        produce(producer, topic, key=user.encode(), value=value, on_delivery=told)
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
    settings: Settings, topic: str, *, since_ms: int | None = None, group: str = "reader"
) -> Iterator[Message]:
    """Give every message of a topic up to what is its end now, as part of no group.

    Raises:
        ProjectError: The broker does not answer.
    """
    asked = client(settings, **{"group.id": f"{settings.stream.group}.{group}"})
    reader = Consumer({**asked, "enable.auto.commit": False, "auto.offset.reset": "earliest"})
    try:
        ends = _ends(reader, topic, since_ms)
        reader.assign([TopicPartition(topic, p, start) for p, (start, _) in ends.items()])
        waiting = {p: end for p, (start, end) in ends.items() if start < end}
        until = time.monotonic() + PATIENCE
        while waiting and time.monotonic() < until:
            for message in reader.consume(10_000, 0.2):
                if message.error():
                    continue
                until = time.monotonic() + PATIENCE
                partition, offset = message.partition(), message.offset()
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


def _ends(reader: Consumer, topic: str, since_ms: int | None) -> Mapping[int, tuple[int, int]]:
    """Return by partition where to begin and where the end is now."""
    known = reader.list_topics(topic, timeout=PATIENCE).topics[topic].partitions
    ends = {}
    for partition in known:
        low, high = reader.get_watermark_offsets(TopicPartition(topic, partition), timeout=PATIENCE)
        ends[partition] = (low, high)
    if since_ms is not None:
        asked = [TopicPartition(topic, partition, since_ms) for partition in known]
        for found in reader.offsets_for_times(asked, timeout=PATIENCE):
            low, high = ends[found.partition]
            ends[found.partition] = (found.offset if found.offset >= 0 else high, high)
    return ends


def _key(settings: Settings) -> bytes:
    """Return the masking key; without a configured one, a key file that lives in the data folder."""
    if settings.environment.masking_key:
        return hashlib.sha256(settings.environment.masking_key.encode()).digest()
    path = settings.environment.data / "masking.key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        drawn = path.with_name(f"masking.{secrets.token_hex(8)}")
        drawn.touch(mode=0o600)
        drawn.write_text(secrets.token_hex(32), encoding="utf-8")
        # A link fails where another process was quicker, and never shows a half-written key.
        with suppress(FileExistsError):
            path.hardlink_to(drawn)
        drawn.unlink()
    return bytes.fromhex(path.read_text(encoding="utf-8"))
