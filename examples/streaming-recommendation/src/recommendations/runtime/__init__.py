"""The machinery, and the one contract between it and your code.

Your six modules give five functions, `UseCase`. Nothing in `runtime` knows what is recommended.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, Self, TypeVar

import numpy as np
import numpy.typing as npt

__all__ = ["Event", "FloatArray", "Neighbours", "ProjectError", "Seen", "Shelf", "State", "UseCase"]

# What runs on this machine is asked directly: no proxy can reach it. Set before anything makes a
# request, this holds for every library, and for every process that is started from here.
if any(name.lower() in {"http_proxy", "https_proxy", "all_proxy"} for name in os.environ):
    _direct = os.environ.get("no_proxy") or os.environ.get("NO_PROXY", "")
    if _direct.strip() != "*":
        _hosts = dict.fromkeys([*_direct.split(","), "localhost", "127.0.0.1", "::1"])
        os.environ["no_proxy"] = os.environ["NO_PROXY"] = ",".join(filter(None, _hosts))

FloatArray = npt.NDArray[np.float64]
Neighbours = Mapping[str, Sequence[tuple[str, float]]]
FORGET = "forget"


class ProjectError(Exception):
    """What a person can mend; only the command line prints it.

    Args:
        problem: What is wrong, and where.
        next_step: What to do about it.
        code: Exit code: 1 findings, 2 usage, 3 refused by a rule, 4 the surroundings failed.
    """

    def __init__(self, problem: str, *, next_step: str, code: int = 4) -> None:
        super().__init__(problem)
        self.next_step = next_step
        self.code = code


class Seen(NamedTuple):
    """One event as a state remembers it.

    Attributes:
        at: Milliseconds since the Unix epoch (UTC).
        id: The event's own.
        item: What it was about.
        kind: A name in `config/features.toml`.
    """

    at: int
    id: str
    item: str
    kind: str


class Event(Protocol):
    """What the machinery must find in an event of yours; it may hold more.

    Attributes:
        id: The same for the same event, however often it is sent.
        user: Whose state it changes, and the key of its message.
        item: What it is about.
        at: Milliseconds since the Unix epoch (UTC).
        kind: A name in `config/features.toml`, or `forget` to delete the user's data.
    """

    @property
    def id(self) -> str:
        """Return the event's own name."""
        ...

    @property
    def user(self) -> str:
        """Return whose state it changes."""
        ...

    @property
    def item(self) -> str:
        """Return what it is about."""
        ...

    @property
    def at(self) -> int:
        """Return when it happened."""
        ...

    @property
    def kind(self) -> str:
        """Return what was done."""
        ...


class State(Protocol):
    """What the fold knows of one user."""

    @property
    def recent(self) -> Sequence[Sequence[Any]]:
        """The newest events, each with the fields of `Seen`, oldest first."""
        ...

    def dump(self) -> bytes:
        """Return it as the store keeps it, with its version."""
        ...

    @classmethod
    def load(cls, kept: bytes) -> Self:
        """Read what this or an older version of the code kept."""
        ...


@dataclass(frozen=True, slots=True)
class Shelf:
    """All that a decision may see.

    Attributes:
        recent: The user's newest events, oldest first; empty for somebody unknown.
        neighbours: Of an item, others with their strength in (0, 1], strongest first.
        trending: Items that many look at now, most first.
        hidden: Items that must not be shown (out of stock, blocked).
        count: How many recommendations are wanted, at least 1.
        now: Milliseconds since the Unix epoch (UTC).
        rules: `[decision]` of `config/service.toml`.
    """

    recent: Sequence[Sequence[Any]]
    neighbours: Neighbours
    trending: Sequence[str]
    hidden: frozenset[str]
    count: int
    now: int
    rules: Mapping[str, Any]


EventT = TypeVar("EventT", bound=Event)
StateT = TypeVar("StateT", bound=State)


class UseCase(Protocol[EventT, StateT]):
    """Five functions and two types: all that the machinery asks of your code."""

    @property
    def reads(self) -> Any:
        """Every version of an event that producers may send; one that is old has `newest()`."""
        ...

    @property
    def state_type(self) -> type[StateT]:
        """The type of a user's state."""
        ...

    def events(self, seed: int, count: int) -> Iterator[EventT]:
        """Give events in the order of time, the same for the same arguments."""
        ...

    def fold(self, state: StateT | None, event: EventT) -> StateT:
        """Return the state after an event; the very same object where it changes nothing."""
        ...

    def fit(
        self, histories: Sequence[Sequence[EventT]], *, method: str, weights: Mapping[str, float]
    ) -> Neighbours:
        """Return the neighbours of every item; a history is one user's, oldest first."""
        ...

    def evaluate(
        self, lists: Sequence[Sequence[str]], wanted: Sequence[str], items: int
    ) -> Mapping[str, float]:
        """Measure lists of recommendations by the item that each user wanted next."""
        ...

    def decide(self, shelf: Shelf) -> Sequence[tuple[str, float]]:
        """Return at most `shelf.count` items with their scores, best first."""
        ...
