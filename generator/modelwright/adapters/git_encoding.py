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
    lines = sorted(
        (b"%s/" % name if entry.mode == FOLDER else name, name, entry)
        for name, entry in ((os.fsencode(name), entry) for name, entry in entries)
    )
    return b"".join(
        b"%o %s\0%s" % (entry.mode, name, bytes.fromhex(entry.name)) for _, name, entry in lines
    )


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
