"""Reads what a repository's `.git` says, without running git: a hostile one can run programs."""

from __future__ import annotations

import configparser
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_ENTRY: Final = 62
_COMPRESSED: Final = 4


def origin(root: Path) -> str:
    """Return the URL of the remote `origin`; empty where there is none."""
    folder = _git_folder(root)
    if folder is None:
        return ""
    parser = configparser.ConfigParser(
        strict=False, interpolation=None, allow_no_value=True, delimiters=("=",)
    )
    try:
        common = folder / "commondir"
        if common.is_file():
            folder = folder / common.read_text(encoding="utf-8").strip()
        lines = (folder / "config").read_text(encoding="utf-8").splitlines()
        parser.read_string("\n".join(line.strip() for line in lines))
    except (OSError, UnicodeDecodeError, configparser.Error):
        return ""
    return parser.get('remote "origin"', "url", fallback="") or ""


def tracked(root: Path) -> list[str]:
    """Return the paths in git's index, links to other repositories left out; none without one.

    Source:
        git, Documentation/gitformat-index.txt, versions 2 to 4.
    """
    folder = _git_folder(root)
    if folder is None:
        return []
    try:
        content = (folder / "index").read_bytes()
        return list(_index_paths(content))
    except (OSError, IndexError, ValueError):
        return []


def git_directory(place: Path) -> Path | None:
    """Return the git directory of a work tree or bare repository; None where it is neither."""
    bare = (place / "HEAD").is_file() and (place / "objects").is_dir()
    return place if bare else _git_folder(place)


def _git_folder(root: Path) -> Path | None:
    place = root / ".git"
    if place.is_dir():
        return place
    try:
        text = place.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    return root / text.removeprefix("gitdir:").strip() if text.startswith("gitdir:") else None


def _index_paths(content: bytes) -> Iterator[str]:
    if content[:4] != b"DIRC":
        return
    version = int.from_bytes(content[4:8], "big")
    count = int.from_bytes(content[8:12], "big")
    position, name = 12, b""
    for _ in range(count):
        start = position
        mode = int.from_bytes(content[start + 24 : start + 28], "big")
        extended = content[start + 60] & 0x40
        position += _ENTRY + (2 if extended else 0)
        if version == _COMPRESSED:
            cut, position = _number(content, position)
            end = content.index(b"\0", position)
            name = name[: len(name) - cut] + content[position:end]
            position = end + 1
        else:
            end = content.index(b"\0", position)
            name = content[position:end]
            position = start + ((end - start) // 8 + 1) * 8
        if mode & 0o170000 != 0o160000:  # noqa: PLR2004 -- a link to another repository
            yield name.decode("utf-8", "surrogateescape")


def _number(content: bytes, position: int) -> tuple[int, int]:
    """Return a number of variable length and the position behind it."""
    byte = content[position]
    value = byte & 0x7F
    while byte & 0x80:
        position += 1
        byte = content[position]
        value = ((value + 1) << 7) | (byte & 0x7F)
    return value, position + 1
