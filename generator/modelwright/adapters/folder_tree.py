"""A template repository in a folder: a checkout, an unpacked wheel, a cached clone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class FolderTree:
    """Reads straight from the disk; what pip compiles beside an unpacked file is not of it."""

    root: Path

    def paths(self, folder: str) -> Iterator[str]:
        """Return every file below a folder, sorted."""
        found = []
        for parent, folders, files in os.walk(self.root / folder):
            folders[:] = [name for name in folders if name != "__pycache__"]
            place = Path(parent).relative_to(self.root).as_posix()
            found += [f"{place}/{name}" for name in files]
        yield from sorted(found)

    def read(self, path: str) -> bytes:
        """Return a file's content."""
        try:
            return (self.root / path).read_bytes()
        except FileNotFoundError as error:
            raise KeyError(path) from error

    def executable(self, path: str) -> bool:
        """Say whether the owner may execute the file."""
        return bool((self.root / path).stat().st_mode & 0o100)
