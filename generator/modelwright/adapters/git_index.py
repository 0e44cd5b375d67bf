"""Reads git's index, without running git."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from modelwright.update.entry import FOLDER, Entry

_STATS: Final = 40  # what comes before the id
_LONG, _SHORT = 32, 20
_EXTENDED, _STAGE = 0x4000, 0x3000
_INTENDED: Final = 0x2000
_COMPRESSED: Final = 4


class Indexed(NamedTuple):
    """One entry: its path, mode and id."""

    path: str
    entry: Entry


class Index(NamedTuple):
    """What an index holds.

    Attributes:
        entries: In git's order.
        stats: For each entry what git remembers of its file, as ten numbers of 32 bits.
        plain: Whether every entry is one merged file that is in the work tree, and no extension
            changes what they mean.
        tree: The id of the tree that the entries make, where git keeps it.
    """

    entries: list[Indexed]
    stats: list[bytes]
    plain: bool
    tree: str


def indexed_files(index: Path) -> dict[str, Entry] | None:
    """Return every file of an index by path; None where it needs git to say what it holds.

    That is a missing or unmerged index, and one that is split, sparse or of a newer format.
    """
    try:
        found = read_index(index.read_bytes())
    except (OSError, IndexError, ValueError):
        return None
    return dict(found.entries) if found.plain else None


def indexed(index: Path) -> list[Indexed]:
    """Return the entries of an index; none where it cannot be read."""
    try:
        return read_index(index.read_bytes()).entries
    except (OSError, IndexError, ValueError):
        return []


def read_index(content: bytes) -> Index:
    """Read an index.

    Raises:
        ValueError: It is none, or of a newer format.
        IndexError: It is cut short.

    Source:
        git, Documentation/gitformat-index.txt, versions 2 to 4.
    """
    if content[:4] != b"DIRC" or not 2 <= content[7] <= _COMPRESSED:  # noqa: PLR2004 -- versions
        raise ValueError
    width = _width(content)
    found = Index([], [], True, "")
    plain, position, name = True, 12, b""
    for _ in range(int.from_bytes(content[8:12], "big")):
        start, at = position, position + _STATS + width
        flags = int.from_bytes(content[at : at + 2], "big")
        more = int.from_bytes(content[at + 2 : at + 4], "big") if flags & _EXTENDED else 0
        position = at + (4 if flags & _EXTENDED else 2)
        if content[7] == _COMPRESSED:
            cut, position = _number(content, position)
            end = content.index(b"\0", position)
            name, position = name[: len(name) - cut] + content[position:end], end + 1
        else:
            end = content.index(b"\0", position)
            name, position = content[position:end], start + ((end - start) // 8 + 1) * 8
        mode = int.from_bytes(content[start + 24 : start + 28], "big")
        entry = Entry(mode, content[start + _STATS : at].hex())
        plain = plain and mode != FOLDER and not (flags & _STAGE or more & _INTENDED)
        found.entries.append(Indexed(os.fsdecode(name), entry))
        found.stats.append(content[start : start + _STATS])
    extensions = dict(_extensions(content[position:-width]))
    bound = any(name[:1].islower() for name in extensions)
    return found._replace(
        plain=plain and not bound, tree=_root(extensions.get(b"TREE", b""), width)
    )


def _width(content: bytes) -> int:
    """Return how many bytes an id has; the last ones are the whole's checksum, if there is one."""
    checksum = hashlib.sha256(content[:-_LONG], usedforsecurity=False).digest()
    return _LONG if content[-_LONG:] == checksum else _SHORT


def _extensions(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = 0
    while position < len(content):
        start = position + 8
        end = start + int.from_bytes(content[position + 4 : start], "big")
        yield content[position : position + 4], content[start:end]
        position = end


def _root(tree: bytes, width: int) -> str:
    """Return the id of the whole in a `TREE` extension; empty where it is out of date."""
    counts, _, rest = tree.removeprefix(b"\0").partition(b"\n")
    return rest[:width].hex() if counts and not counts.startswith(b"-") else ""


def _number(content: bytes, position: int) -> tuple[int, int]:
    """Return a number of variable length and the position behind it."""
    byte = content[position]
    value = byte & 0x7F
    while byte & 0x80:
        position += 1
        byte = content[position]
        value = ((value + 1) << 7) | (byte & 0x7F)
    return value, position + 1
