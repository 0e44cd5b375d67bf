"""Replaces a fresh project's sample by the second use case in `swap/`."""

from __future__ import annotations

from pathlib import Path

SWAP = Path(__file__).parent / "swap"


def swap(folder: Path, package: str, archetype: str = "online-serving") -> list[str]:
    """Copy the second use case over a project; return the paths that this opened."""
    opened = []
    for path in sorted((SWAP / archetype).rglob("*")):
        name = path.relative_to(SWAP / archetype).as_posix().replace("PACKAGE", package)
        if path.is_file() and "__pycache__" not in name:
            (folder / name).write_text(path.read_text().replace("PACKAGE", package))
            opened.append(name)
    return opened
