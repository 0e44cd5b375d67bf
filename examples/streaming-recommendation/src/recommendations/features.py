"""The one fold: what is known of a user after an event. Worker, training and Spark call it.

It is pure: no clock, no file, no memory. Whatever order a user's events come in, however often
each comes, the state is the same, as long as they fit into the window.
"""

from __future__ import annotations

from bisect import bisect_left

import msgspec

from .runtime import FORGET
from .schemas import Event

__all__ = ["SESSION_GAP", "VERSION", "WINDOW", "State", "fold", "session"]

VERSION = 2
WINDOW = 20
NEVER = -1
SESSION_GAP = 30 * 60 * 1000
Entry = tuple[int, str, str, str]


class State(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What is known of one user.

    Attributes:
        version: Of this class: a change of its fields is a new one, and a line in `load`.
        recent: At most `WINDOW` events as (at, id, item, kind), oldest first.
        forgotten: Until when everything was deleted, in milliseconds; -1 for never.
    """

    version: int
    recent: tuple[Entry, ...]
    forgotten: int = NEVER

    def dump(self) -> bytes:
        """Return it as the store keeps it."""
        return _ENCODER.encode(self)

    @classmethod
    def load(cls, kept: bytes) -> State:
        """Read what this or an older version kept."""
        state = _DECODER.decode(kept)
        # Version 1 knew no deletion: its third field is not there, and NEVER is right.
        return state if state.version == VERSION else State(VERSION, state.recent, state.forgotten)


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(State)
NOBODY = State(VERSION, ())


def fold(state: State | None, event: Event) -> State:
    """Return the state after `event`, or `state` itself where the event changes nothing.

    It changes nothing when it was seen before (the same time and id), when it is older than a full
    window, or older than the user's wish to be forgotten.
    """
    state = state or NOBODY
    recent = state.recent
    if event.at <= state.forgotten:
        return state
    if event.kind == FORGET:
        return State(VERSION, tuple(entry for entry in recent if entry[0] > event.at), event.at)
    entry = (event.at, event.id, event.item, event.kind)
    if not recent or entry > recent[-1]:
        return State(VERSION, (*recent[1 - WINDOW :], entry), state.forgotten)
    place = bisect_left(recent, entry[:2])
    late = place == 0 and len(recent) == WINDOW
    if late or (place < len(recent) and recent[place][:2] == entry[:2]):
        return state
    grown = (*recent[:place], entry, *recent[place:])
    return State(VERSION, grown[-WINDOW:], state.forgotten)


def session(recent: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Return the last session: what came with no gap of half an hour before it, oldest first."""
    start = len(recent)
    for place in range(len(recent) - 1, -1, -1):
        if start < len(recent) and recent[start][0] - recent[place][0] > SESSION_GAP:
            break
        start = place
    return recent[start:]
