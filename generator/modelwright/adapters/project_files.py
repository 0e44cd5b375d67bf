"""Reads a project from disk as git would take it, without running git."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from modelwright.adapters.git_folder import origin, tracked
from modelwright.audit.ignoring import NAME, ignored
from modelwright.errors import RefusedError, SurroundingsError

LARGEST: Final = 2_000_000
NEVER: Final = frozenset(
    (
        *(".git", ".hg", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".nox"),
        *(".mypy_cache", ".ruff_cache", ".pytest_cache", ".ipynb_checkpoints"),
    )
)
_REMOTE_NAME: Final = re.compile(r"([^/:\\]+?)(?:\.git)?/*\Z")


@dataclass(frozen=True, kw_only=True)
class ProjectFiles:
    """What stands in a project's folder.

    Attributes:
        folder: The folder's own name.
        remote: Name of the repository at `origin`; empty where there is none.
        texts: Text by path, with LF, of what git tracks or would take.
        others: Paths of what has no text here: binary, larger than 2 MB, or a link.
    """

    folder: str
    remote: str
    texts: dict[str, str] = field(repr=False)
    others: frozenset[str]


def read_project(root: Path) -> ProjectFiles:
    """Read a project.

    Raises:
        RefusedError: There is no such folder.
        SurroundingsError: A file in it cannot be read.
    """
    if not root.is_dir():
        raise RefusedError(
            "there is no such folder",
            where=str(root),
            next_step="name the folder of a project",
        )
    texts: dict[str, str] = {}
    others = set()
    for path in _paths(root):
        text = _text(root / path)
        if text is None:
            others.add(path)
        else:
            texts[path] = text
    whole = root.resolve()
    return ProjectFiles(
        folder=whole.name,
        remote=_name(origin(whole)),
        texts=texts,
        others=frozenset(others),
    )


def content_of(root: Path, paths: Iterable[str]) -> dict[str, bytes]:
    """Return the bytes of files that have no text, by path: links and what is huge left out."""
    found = {}
    for path in paths:
        place = root / path
        if not place.is_symlink() and place.is_file() and place.stat().st_size <= LARGEST:
            found[path] = place.read_bytes()
    return found


def _paths(root: Path) -> list[str]:
    ignoring: dict[str, str] = {}
    free = list(_untracked(root, "", ignoring))
    in_index = [path for path in tracked(root) if _is_there(root / path)]
    return sorted(path for path in {*free, *in_index} if path.isprintable())


def _untracked(root: Path, folder: str, ignoring: dict[str, str]) -> Iterator[str]:
    try:
        with os.scandir(root / folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        raise _unreadable(root / folder, error) from error
    if any(entry.name == NAME and entry.is_file(follow_symlinks=False) for entry in entries):
        text = _text(root / folder / NAME)
        ignoring[folder] = text or ""
    for entry in entries:
        path = f"{folder}/{entry.name}" if folder else entry.name
        if not entry.is_dir(follow_symlinks=False):
            if not ignored(ignoring, path):
                yield path
        elif _entered(root, entry.name, path, ignoring):
            yield from _untracked(root, path, ignoring)


def _entered(root: Path, name: str, path: str, ignoring: dict[str, str]) -> bool:
    if name in NEVER or ignored(ignoring, path, folder=True):
        return False
    # Another repository in this one is not part of it.
    return not (root / path / ".git").exists()


def _is_there(path: Path) -> bool:
    return path.is_symlink() or path.is_file()


def _text(path: Path) -> str | None:
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > LARGEST:
            return None
        content = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error
    if b"\0" in content:
        return None
    try:
        return content.decode().replace("\r\n", "\n")
    except UnicodeDecodeError:
        return None


def _name(url: str) -> str:
    found = _REMOTE_NAME.search(url)
    return found.group(1) if found else ""


def _unreadable(path: Path, error: OSError) -> SurroundingsError:
    return SurroundingsError(
        f"it cannot be read: {error.strerror or error}",
        where=str(path),
        next_step="give yourself the right to read it, then run the command again",
    )
