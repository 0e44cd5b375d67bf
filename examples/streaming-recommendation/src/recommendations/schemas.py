"""What producers send: one class per version, each with what its fields may hold.

A new version is a new class with the next tag, and a `newest` in the one before it: old and new
producers then go on side by side. A field that is not named here is left alone. `tests/
test_use_case.py` keeps a message of every version, and refuses a change that breaks one.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

__all__ = ["READS", "Event", "EventV1", "Kind"]

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
Milliseconds = Annotated[int, msgspec.Meta(ge=0)]
Kind = Literal["view", "basket", "purchase", "forget"]


class Event(msgspec.Struct, frozen=True, gc=False, tag_field="v", tag=2):
    """A click, as of version 2.

    Attributes:
        at: When it happened, in milliseconds since the Unix epoch (UTC).
        item: What it was about; only `forget` has none.
        kind: What was done; `forget` deletes everything that is known of the user.
    """

    id: Name
    user: Name
    at: Milliseconds
    item: Annotated[str, msgspec.Meta(max_length=128)] = ""
    kind: Kind = "view"

    def __post_init__(self) -> None:
        """Refuse an event about nothing."""
        if not self.item and self.kind != "forget":
            raise ValueError("item is missing")

    def newest(self) -> Event:
        """Return itself."""
        return self


class EventV1(msgspec.Struct, frozen=True, gc=False, tag_field="v", tag=1):
    """A click, as of version 1: only views, and seconds."""

    id: Name
    user: Name
    item: Name
    at: Annotated[float, msgspec.Meta(ge=0)]

    def newest(self) -> Event:
        """Return the same click as of version 2."""
        return Event(self.id, self.user, round(self.at * 1000.0), self.item)


READS = Event | EventV1
