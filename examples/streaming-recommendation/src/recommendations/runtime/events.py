"""What a message must be to count, and the key under which its user is kept."""

from __future__ import annotations

import hashlib
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, get_args

import msgspec

from . import FORGET, Event, UseCase
from .settings import Settings

__all__ = ["DAY_MS", "Decoder", "Limits", "Mask", "RefusedError", "encode", "forgetting"]

DAY_MS: Final = 86_400_000
SECOND_MS = 1000


class RefusedError(Exception):
    """A message that is no event; it becomes a dead letter.

    Args:
        reason: One of malformed, unknown_version, invalid_field, wrong_key, too_old,
            from_the_future, too_large, fold_failed.
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
        except (ArithmeticError, ValueError) as error:
            # An old version's field may be too far out to be told as the newest has it.
            raise RefusedError("invalid_field", str(error)) from None
        # Without its key an event may stand in any partition, and two workers hold one user.
        if key != event.user.encode():
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


def forgetting(use_case: UseCase[Any, Any], user: str) -> bytes:
    """Return the message that deletes all that is known of a user."""
    newest = next(iter(get_args(use_case.reads)), use_case.reads)
    at = round(time.time() * SECOND_MS)
    return encode(newest(id=f"forget-{secrets.token_hex(8)}", user=user, at=at, kind=FORGET))


def _key(settings: Settings) -> bytes:
    """Return the masking key; without a configured one, a key file in the data folder."""
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
