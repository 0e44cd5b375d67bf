"""Reads which commit is checked out, and the tree of a commit, without running git."""

from __future__ import annotations

import mmap
import re
import zlib
from pathlib import Path
from typing import Final

_ID: Final = re.compile(r"[0-9a-f]{40}")
_TREE: Final = re.compile(rb"tree ([0-9a-f]{40})\n")
_INDEX: Final = b"\xfftOc\0\0\0\2"
_FANOUT: Final = 8
_NAMES: Final = _FANOUT + 256 * 4
_WIDTH, _CHECK = 20, 4
_COMMIT: Final = 1
_ENOUGH: Final = 4096


def checked_out(git_dir: Path, common_dir: Path) -> str:
    """Return the commit that `HEAD` leads to; empty where only git can tell, and for SHA-256."""
    told = (git_dir / "HEAD").read_text(encoding="ascii").strip()
    if not told.startswith("ref: refs/heads/"):
        return told if _ID.fullmatch(told) else ""
    name = told.removeprefix("ref: ")
    try:
        found = (common_dir / name).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        found = _packed_branch(common_dir / "packed-refs", name)
    return found if _ID.fullmatch(found) else ""


def tree_of(objects: Path, commit: str) -> str | None:
    """Return the tree of a commit that is stored plainly; None where only git can tell.

    Raises:
        OSError: The objects cannot be read.
    """
    try:
        stored = (objects / commit[:2] / commit[2:]).read_bytes()
    except FileNotFoundError:
        packs = (objects / "pack").glob("*.idx")
        return next(filter(None, (_in_pack(pack, bytes.fromhex(commit)) for pack in packs)), None)
    kind, _, content = _begun(stored).partition(b"\0")
    return _tree(content) if kind.startswith(b"commit ") else None


def _packed_branch(file: Path, name: str) -> str:
    for line in file.read_text(encoding="utf-8").splitlines():
        commit, _, branch = line.partition(" ")
        if branch == name:
            return commit
    return ""


def _in_pack(index: Path, name: bytes) -> str | None:
    """Return the tree of a commit in a pack.

    Source:
        git, Documentation/gitformat-pack.txt, pack index version 2.
    """
    with (
        index.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as listed,
    ):
        at = _offset(listed, name) if listed[:_FANOUT] == _INDEX else None
    if at is None:
        return None
    with index.with_suffix(".pack").open("rb") as pack:
        pack.seek(at)
        stored = pack.read(_ENOUGH)
    start = next(place for place, byte in enumerate(stored) if not byte & 0x80) + 1
    return _tree(_begun(stored[start:])) if stored[0] >> 4 & 7 == _COMMIT else None


def _offset(listed: mmap.mmap, name: bytes) -> int | None:
    def number(place: int) -> int:
        return int.from_bytes(listed[place : place + 4], "big")

    low = number(_FANOUT + 4 * (name[0] - 1)) if name[0] else 0
    high, total = number(_FANOUT + 4 * name[0]), number(_NAMES - 4)
    while low < high:
        middle = (low + high) // 2
        place = _NAMES + _WIDTH * middle
        found = listed[place : place + _WIDTH]
        if found == name:
            at = number(_NAMES + (_WIDTH + _CHECK) * total + 4 * middle)
            return None if at & 0x80000000 else at
        low, high = (middle + 1, high) if found < name else (low, middle)
    return None


def _begun(stored: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(stored, 200)
    except zlib.error:
        return b""


def _tree(content: bytes) -> str | None:
    found = _TREE.match(content)
    return found[1].decode() if found else None
