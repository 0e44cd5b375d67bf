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
    """One entry: its path, mode and id, and whether it is merged and added, as most are."""

    path: str
    entry: Entry
    settled: bool


def indexed_files(index: Path) -> dict[str, Entry] | None:
    """Return every file of an index by path; None where it needs git to say what it holds.

    That is a missing or unmerged index, and one that is split, sparse or of a newer format.
    """
    try:
        found, rest = _read(index.read_bytes())
    except (OSError, IndexError, ValueError):
        return None
    if not all(each.settled and each.entry.mode != FOLDER for each in found) or _binding(rest):
        return None
    return {path: entry for path, entry, _ in found}


def indexed(index: Path) -> list[Indexed]:
    """Return the entries of an index; none where it cannot be read."""
    try:
        return _read(index.read_bytes())[0]
    except (OSError, IndexError, ValueError):
        return []


def _read(content: bytes) -> tuple[list[Indexed], bytes]:
    """Return the entries and what stands behind them.

    Source:
        git, Documentation/gitformat-index.txt, versions 2 to 4.
    """
    if content[:4] != b"DIRC" or not 2 <= content[7] <= _COMPRESSED:  # noqa: PLR2004 -- versions
        raise ValueError
    width = _width(content)
    found: list[Indexed] = []
    position, name = 12, b""
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
        settled = not (flags & _STAGE or more & _INTENDED)
        found.append(Indexed(os.fsdecode(name), entry, settled))
    return found, content[position:-width]


def _width(content: bytes) -> int:
    """Return how many bytes an id has; the last ones are the whole's checksum, if there is one."""
    checksum = hashlib.sha256(content[:-_LONG], usedforsecurity=False).digest()
    return _LONG if content[-_LONG:] == checksum else _SHORT


def _binding(extensions: bytes) -> bool:
    """Say whether an index has an extension that changes what its entries mean."""
    return any(name[:1].islower() for name in _names(extensions))


def _names(extensions: bytes) -> Iterator[bytes]:
    position = 0
    while position < len(extensions):
        yield extensions[position : position + 4]
        position += 8 + int.from_bytes(extensions[position + 4 : position + 8], "big")


def _number(content: bytes, position: int) -> tuple[int, int]:
    """Return a number of variable length and the position behind it."""
    byte = content[position]
    value = byte & 0x7F
    while byte & 0x80:
        position += 1
        byte = content[position]
        value = ((value + 1) << 7) | (byte & 0x7F)
    return value, position + 1
