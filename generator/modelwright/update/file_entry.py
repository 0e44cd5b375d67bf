"""The entries of a git tree: a mode and the id of an object, by path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

FOLDER: Final = 0o040000
LINK: Final = 0o120000
REPOSITORY: Final = 0o160000
PLAIN: Final = 0o100644
EXECUTABLE: Final = 0o100755


@dataclass(frozen=True)
class FileEntry:
    """One entry of a git tree: its mode and the id of its object."""

    mode: int
    name: str


Files = Mapping[str, FileEntry]


def mode_of(*, executable: bool, link: bool) -> int:
    """Return the mode that git stores for a rendered file."""
    if link:
        return LINK
    return EXECUTABLE if executable else PLAIN
