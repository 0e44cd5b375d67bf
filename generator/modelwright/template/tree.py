"""The files that a template is rendered from, and those that are rendered; without Jinja."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol


class Tree(Protocol):
    """A template repository at one version; paths are relative to its root, with slashes."""

    def paths(self, folder: str) -> Iterable[str]:
        """Return every file below a folder, in a stable order."""

    def read(self, path: str) -> bytes:
        """Return a file's content.

        Raises:
            KeyError: There is no such file.
        """

    def executable(self, path: str) -> bool:
        """Say whether a file carries the executable bit."""


@dataclass(frozen=True)
class RenderedFile:
    """One file of a project; the content of a symbolic link is its target."""

    content: bytes
    executable: bool = False
    link: bool = False
