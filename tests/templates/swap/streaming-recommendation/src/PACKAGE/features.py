"""The one fold: the songs that somebody heard last, and for how long."""

from __future__ import annotations

import msgspec

from .runtime import FORGET
from .schemas import Event

__all__ = ["VERSION", "WINDOW", "State", "fold"]

VERSION = 1
WINDOW = 40
Entry = tuple[int, str, str, str, float]


class State(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What is known of one listener.

    Attributes:
        version: Of this class.
        recent: At most `WINDOW` events as (at, id, song, kind, seconds), oldest first.
        forgotten: Until when everything was deleted, in milliseconds; -1 for never.
    """

    version: int
    recent: tuple[Entry, ...] = ()
    forgotten: int = -1

    @property
    def listened(self) -> float:
        """For how many seconds the songs in the window were heard."""
        return sum(entry[4] for entry in self.recent)

    def dump(self) -> bytes:
        """Return it as the store keeps it."""
        return _ENCODER.encode(self)

    @classmethod
    def load(cls, kept: bytes) -> State:
        """Read what `dump` returned."""
        return _DECODER.decode(kept)


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(State)


def fold(state: State | None, event: Event) -> State:
    """Return the state after `event`, or `state` itself where the event changes nothing."""
    state = state or State(VERSION)
    if event.at <= state.forgotten:
        return state
    if event.kind == FORGET:
        later = tuple(entry for entry in state.recent if entry[0] > event.at)
        return State(VERSION, later, event.at)
    if any(entry[:2] == (event.at, event.id) for entry in state.recent):
        return state
    entry = (event.at, event.id, event.item, event.kind, event.seconds)
    recent = tuple(sorted((*state.recent, entry))[-WINDOW:])
    return state if recent == state.recent else State(VERSION, recent, state.forgotten)
