"""The files that a new platform repository begins with, from the checkout or the wheel."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from modelwright.adapters.packaged import own_root
from modelwright.adapters.process import run
from modelwright.catalog.archetypes import FILE as ARCHETYPE
from modelwright.catalog.belonging import GENERATOR, PLATFORM, belongs, place_of
from modelwright.catalog.rendering import RenderedFile

# Links that lead from an archetype to what all share; a wheel holds copies instead, or nothing.
_LINKS: Final = {"templates/templates/_shared": "../../../_shared"}
_DEEP: Final = 2
_COPIED: Final = re.compile(r"templates/[^/]+/templates/templates/_shared/.*")


def own_files() -> dict[str, RenderedFile]:
    """Return the files of an organisation's platform by path, as this program has them.

    What `organisation/` holds stands at its place at the root.
    """
    root = own_root()
    files = {}
    for path, place in sorted(_own_paths(root)):
        if belongs(path) and not _COPIED.fullmatch(path):
            files[place_of(path)] = _file(place)
    return {**files, **_links(files)}


def _own_paths(root: Path) -> Iterator[tuple[str, Path]]:
    if (root / ".git").exists():
        command = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
        names = run((*command, "--", *_existing(root)), folder=root).split("\0")
        yield from ((name, root / name) for name in names if os.path.lexists(root / name))
        return
    package = Path(__file__).parent.parent
    for name in _existing(root):
        yield from _below(root / name, name)
    if not (root / GENERATOR).exists():
        yield from _below(package, f"{GENERATOR}/{package.name}")


def _existing(root: Path) -> list[str]:
    return [name for name in PLATFORM if os.path.lexists(root / name)]


def _below(place: Path, name: str) -> Iterator[tuple[str, Path]]:
    if place.is_symlink() or not place.is_dir():
        yield name, place
        return
    for child in place.iterdir():
        yield from _below(child, f"{name}/{child.name}")


def _links(files: Iterable[str]) -> dict[str, RenderedFile]:
    return {
        path.replace(ARCHETYPE, name): RenderedFile(target.encode(), link=True)
        for path in files
        if path.count("/") == _DEEP and path.startswith("templates/") and path.endswith(ARCHETYPE)
        for name, target in _LINKS.items()
    }


def _file(place: Path) -> RenderedFile:
    if place.is_symlink():
        return RenderedFile(str(place.readlink()).encode(), link=True)
    return RenderedFile(place.read_bytes(), bool(place.stat().st_mode & 0o100))
