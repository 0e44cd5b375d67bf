"""One call that brings a repository nearer to its desired state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

__all__ = ["PUSH", "Call", "Change", "Phase"]

Body = Mapping[str, Any]
PUSH: Final = "PUSH"


class Phase(IntEnum):
    """When a call is sent: rules stand before wide access, and no secret comes before both."""

    REPOSITORY = 1
    CLOSED = 2
    ENVIRONMENTS = 3
    INSIDE = 4
    CODE = 5
    RULES = 6
    ACCESS = 7
    LEAVE = 8
    GRANTS = 9
    FINISH = 10


@dataclass(frozen=True)
class Call:
    """A request; `{repository_id}` and `{id}` in its path stand for what GitHub answers."""

    method: str
    path: str
    body: Body | None = None


@dataclass(frozen=True, kw_only=True)
class Change:
    """A call with its reason.

    Attributes:
        seal: The name of a secret whose value is sealed into the body when it is sent.
        undo: The call that takes it back; None where nothing needs to be taken back.
    """

    phase: Phase
    call: Call
    reason: str
    seal: str = ""
    undo: Call | None = None

    @property
    def line(self) -> str:
        """The change as a person reads it."""
        return f"{self.call.method} {self.call.path}"
