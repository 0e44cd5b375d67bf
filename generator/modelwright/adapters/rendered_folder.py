"""Reads back what an engine rendered into a folder."""

from __future__ import annotations

import os
from pathlib import Path

from modelwright.catalog.rendering import RenderedFile


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
