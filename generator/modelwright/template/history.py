"""The history of a template: every released version, and its files at any of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

from packaging.version import InvalidVersion, Version

from modelwright.template.tree import Tree


@dataclass(frozen=True, kw_only=True)
class Release:
    """One released version of a template.

    Attributes:
        version: The tag.
        commit: The tagged commit, as the object store names it.
        day: The day of that commit (UTC).
    """

    version: str
    commit: str
    day: date


class History(Protocol):
    """Every released version of one template repository."""

    @property
    def source(self) -> str:
        """What the answers file names as the template's source: a URL, or an absolute path."""

    @property
    def origin(self) -> str:
        """Where it was read, for a person."""

    @property
    def releases(self) -> Sequence[Release]:
        """The releases, oldest first by version.

        Pre-releases are among them only where there is nothing else.
        """

    def tree(self, version: str) -> Tree:
        """Return the files at a tag, branch, commit or git's description of one.

        Raises:
            RefusedError: There is no such version; the nearest releases are named.
            ExternalSystemError: The objects cannot be read.
        """

    def folder(self) -> Path:
        """Return the git directory that holds the objects."""


def version_of(tag: str) -> Version | None:
    """Return the version that a tag names, such as `v1.2.0`; None where it names none."""
    try:
        return Version(tag)
    except InvalidVersion:
        return None
