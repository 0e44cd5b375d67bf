"""What the command line of `adopt` says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from modelwright.catalog.answering import Asker
from modelwright.catalog.governing import QUESTION

Follow = Callable[[int], AbstractContextManager[Callable[[str], None]]]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the command line of `adopt` says; what is empty is found out.

    Attributes:
        path: The repository's folder.
        given: Answers by name.
        source: The template's URL or folder.
        platform: The platform, where no source is named.
        to: The version to start from.
        governed: Whether only its governing files become the platform's.
        apply: Whether it is brought to the newest version at once.
        offline: Whether no host is contacted.
        trust: Whether a template is accepted that asks to run code.
    """

    path: Path
    archetype: str = ""
    given: Mapping[str, object] = field(default_factory=dict)
    source: str = ""
    platform: str = ""
    to: str = ""
    governed: bool = False
    apply: bool = False
    offline: bool = False
    trust: bool = False

    @property
    def answers(self) -> dict[str, object]:
        """The answers that the command line gives."""
        return {**self.given, **({QUESTION: True} if self.governed else {})}


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who is there: how to ask, and how to show that something takes its time.

    Attributes:
        ask: Puts a question; None where nobody can be asked.
        follow: Takes the number of steps and gives what names each.
    """

    ask: Asker | None
    follow: Follow
