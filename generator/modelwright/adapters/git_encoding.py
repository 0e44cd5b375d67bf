"""How git names and stores an object."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from modelwright.update.entry import FOLDER, Entry, Files


def whole(kind: str, content: bytes) -> bytes:
    """Return an object as it is hashed: with its kind and size before it."""
    return f"{kind} {len(content)}\0".encode() + content


def tree_content(entries: Iterable[tuple[str, Entry]]) -> bytes:
    """Return the content of a tree object."""

    # Git orders a folder as if its name ended with a slash.
    def order(item: tuple[str, Entry]) -> bytes:
        return os.fsencode(item[0]) + (b"/" if item[1].mode == FOLDER else b"")

    return b"".join(_line(name, entry) for name, entry in sorted(entries, key=order))


def nested(files: Files) -> dict[str, Any]:
    """Return files by path as folders in folders."""
    top: dict[str, Any] = {}
    for path, entry in files.items():
        *above, name = path.split("/")
        folder = top
        for part in above:
            folder = folder.setdefault(part, {})
        folder[name] = entry
    return top


def settle(stored: bytes, name: str, objects: Path) -> None:
    """Put an object into a repository's object folder, whole or not at all.

    Args:
        stored: The object, compressed.
        name: Its id.
        objects: The folder.
    """
    target = objects / name[:2] / name[2:]
    if target.exists():
        return
    target.parent.mkdir(exist_ok=True)
    aside = target.parent / f"tmp_obj_{os.getpid()}_{name[:8]}"
    try:
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o444)
        with os.fdopen(handle, "wb") as file:
            file.write(stored)
        aside.replace(target)
    except OSError:
        aside.unlink(missing_ok=True)
        raise


def compressed(content: bytes) -> bytes:
    """Return an object as it is stored."""
    return zlib.compress(content, 1)


def _line(name: str, entry: Entry) -> bytes:
    return f"{entry.mode:o} ".encode() + os.fsencode(name) + b"\0" + bytes.fromhex(entry.name)
