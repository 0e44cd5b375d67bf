"""Says without running git that nothing is changed; whatever is not plain is left to git."""

from __future__ import annotations

import hashlib
import os
import struct
from pathlib import Path
from typing import Final

from modelwright.adapters.git_commits import checked_out, tree_of
from modelwright.adapters.git_encoding import whole
from modelwright.adapters.git_index import Index, read_index
from modelwright.update.entry import EXECUTABLE, LINK, PLAIN, Entry

ATTRIBUTES: Final = ".gitattributes"
_STAT: Final = struct.Struct(">10I")
_WORD: Final = 0xFFFFFFFF
_BILLION: Final = 1_000_000_000


def clean_head(top: Path, git_dir: Path, common_dir: Path) -> str | None:
    """Return the commit that a work tree and its index hold exactly.

    An answer is given only where every file has the very times, size, inode, owner and mode that
    the index remembers, and holds its content where it was written as late as the index itself;
    git calls a file unchanged for less.

    Args:
        top: The root of the work tree.
        git_dir: Its git directory, with `HEAD` and the index.
        common_dir: The git directory that holds objects, branches and configuration.

    Returns:
        The commit's id; None where git has to be asked.
    """
    try:
        if b"worktree" in (common_dir / "config").read_bytes():
            return None
        place = git_dir / "index"
        written = place.stat().st_mtime_ns
        index = read_index(place.read_bytes())
        head = checked_out(git_dir, common_dir)
        if not head or not index.plain or index.tree != tree_of(common_dir / "objects", head):
            return None
        raw = not _may_filter(common_dir, index)
        same = all(
            _is_same(f"{top}/{path}", _STAT.unpack(stat), written, entry if raw else None)
            for (path, entry), stat in zip(index.entries, index.stats, strict=True)
        )
    except (OSError, IndexError, ValueError):
        return None
    return head if same else None


def _is_same(place: str, known: tuple[int, ...], written: int, entry: Entry | None) -> bool:
    """Say whether a file is as the index knows it.

    Args:
        place: Its path.
        known: What git remembers of it.
        written: When the index was written, in nanoseconds; a file as late as that is read.
        entry: What it must hold then; None where a filter may stand between.
    """
    found = os.lstat(place)
    changed, modified = known[0] * _BILLION + known[1], known[2] * _BILLION + known[3]
    return (
        found.st_mtime_ns == modified
        and found.st_ctime_ns == changed
        and found.st_size & _WORD == known[9]
        and found.st_ino & _WORD == known[5]
        and (found.st_uid, found.st_gid) == (known[7], known[8])
        and _mode(found.st_mode) == known[6]
        and (modified < written or _holds(place, entry))
    )


def _holds(place: str, entry: Entry | None) -> bool:
    if entry is None or entry.mode == LINK:
        return False
    content = whole("blob", Path(place).read_bytes())
    return hashlib.sha1(content, usedforsecurity=False).hexdigest() == entry.name


def _may_filter(common_dir: Path, index: Index) -> bool:
    named = any(path.rsplit("/", 1)[-1] == ATTRIBUTES for path, _ in index.entries)
    return named or (common_dir / "info" / "attributes").exists()


def _mode(mode: int) -> int:
    """Return the mode by which git keeps a file; what it does not keep has none."""
    kind = mode & 0o170000
    if kind == LINK:
        return LINK
    if kind != PLAIN & 0o170000:
        return 0
    return EXECUTABLE if mode & 0o100 else PLAIN
