"""What players send: somebody listened to a song, liked it, or skipped it."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

__all__ = ["READS", "Event", "EventV3", "Kind"]

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
Song = Annotated[str, msgspec.Meta(max_length=128)]
Milliseconds = Annotated[int, msgspec.Meta(ge=0)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=86_400)]
Kind = Literal["play", "like", "skip", "forget"]


class Event(msgspec.Struct, frozen=True, gc=False, tag_field="v", tag=4, rename={"item": "song"}):
    """What was done with a song, as of version 4; `forget` is about none."""

    id: Name
    user: Name
    at: Milliseconds
    item: Song = ""
    kind: Kind = "play"
    seconds: Seconds = 0.0

    def __post_init__(self) -> None:
        """Refuse an event about nothing."""
        if not self.item and self.kind != "forget":
            raise ValueError("song is missing")

    def newest(self) -> Event:
        """Return itself."""
        return self


class EventV3(msgspec.Struct, frozen=True, gc=False, tag_field="v", tag=3):
    """What old players send: plays alone, with the minutes that were listened."""

    id: Name
    user: Name
    song: Name
    at: Milliseconds
    minutes: Annotated[float, msgspec.Meta(ge=0, le=1440)]

    def newest(self) -> Event:
        """Return the same play as of version 4."""
        return Event(self.id, self.user, self.at, self.song, "play", self.minutes * 60.0)


READS = Event | EventV3
