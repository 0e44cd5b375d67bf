"""Reads the files of a folder: of a platform, or what an engine rendered."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from modelwright.errors import RefusedError
from modelwright.template.tree import RenderedFile


@dataclass(frozen=True)
class FolderTree:
    """Reads straight from the disk; what pip compiles beside an unpacked file is not of it.

    Links are followed as far as they stay in the folder.
    """

    root: Path

    @cached_property
    def _bounds(self) -> Path:
        return self.root.resolve()

    def paths(self, folder: str) -> Iterator[str]:
        """Return every file below a folder, sorted.

        Raises:
            RefusedError: A folder in it is a link that leads out of the platform.
        """
        found = []
        for parent, folders, files in os.walk(self.root / folder):
            folders[:] = [name for name in folders if name != "__pycache__"]
            place = Path(parent).relative_to(self.root).as_posix()
            for name in folders:
                self._inside(f"{place}/{name}")
            found += [f"{place}/{name}" for name in files]
        yield from sorted(found)

    def read(self, path: str) -> bytes:
        """Return a file's content."""
        place = self._inside(path)
        if not place.is_file():
            raise KeyError(path)
        return place.read_bytes()

    def executable(self, path: str) -> bool:
        """Say whether the owner may execute the file."""
        return bool(self._inside(path).stat().st_mode & 0o100)

    def _inside(self, path: str) -> Path:
        """Return where a path leads.

        Raises:
            RefusedError: That is outside the folder.
        """
        try:
            place = (self.root / path).resolve()
        except (OSError, RuntimeError, ValueError) as error:
            raise KeyError(path) from error
        if not place.is_relative_to(self._bounds):
            raise RefusedError(
                "it leads out of the platform's folder, and nothing outside is read",
                where=str(self.root / path),
                next_step="put the file itself into the platform, in place of a link or path to it",
            )
        return place


def rendered_files(root: Path) -> dict[str, RenderedFile]:
    """Return every file and symbolic link below a folder by path, as git would take them.

    Args:
        root: What was rendered. Empty folders are not of it.
    """
    files = {}
    for parent, folders, names in os.walk(root):
        place = Path(parent)
        links = [name for name in folders if (place / name).is_symlink()]
        for name in (*names, *links):
            path = place / name
            files[path.relative_to(root).as_posix()] = _read(path)
    return dict(sorted(files.items()))


def _read(path: Path) -> RenderedFile:
    if path.is_symlink():
        return RenderedFile(os.fsencode(path.readlink()), link=True)
    return RenderedFile(path.read_bytes(), executable=bool(path.stat().st_mode & 0o100))
