"""Which paths git leaves out, by the texts of a repository's `.gitignore` files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

NAME: Final = ".gitignore"


@dataclass(frozen=True)
class Pattern:
    """One line of a `.gitignore`.

    Attributes:
        expression: Matches a path relative to the file's folder.
        ignores: False for a line that begins with `!`.
        folders_only: Whether only folders match.
    """

    expression: re.Pattern[str]
    ignores: bool
    folders_only: bool


def ignored(texts: Mapping[str, str], path: str, *, folder: bool = False) -> bool:
    """Say whether a path is ignored by itself; a folder above it is asked for separately.

    Args:
        texts: Text of each `.gitignore` by its folder: `""` is the root, else `a/b`.
        path: Relative to the repository's root, with forward slashes.
        folder: Whether the path is a folder.
    """
    verdict = False
    parents = ["", *_parents(path)]
    for parent in parents:
        if parent not in texts:
            continue
        relative = path[len(parent) + 1 :] if parent else path
        for pattern in patterns(texts[parent]):
            if (folder or not pattern.folders_only) and pattern.expression.fullmatch(relative):
                verdict = pattern.ignores
    return verdict


def ignored_with_parents(texts: Mapping[str, str], path: str) -> bool:
    """Say whether a file is ignored, by itself or because a folder above it is."""
    if any(ignored(texts, parent, folder=True) for parent in _parents(path)):
        return True
    return ignored(texts, path)


@lru_cache(maxsize=64)
def patterns(text: str) -> tuple[Pattern, ...]:
    """Read a `.gitignore`."""
    lines = (line.rstrip("\r").rstrip(" ") for line in text.splitlines())
    return tuple(_pattern(line) for line in lines if line and not line.startswith("#"))


def _parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts))]


def _pattern(line: str) -> Pattern:
    ignores = not line.startswith("!")
    body = line if ignores else line[1:]
    folders_only = body.endswith("/")
    body = body.rstrip("/")
    anchored = "/" in body
    expression = _expression(body.removeprefix("/"))
    return Pattern(
        re.compile(expression if anchored else f"(?:.*/)?{expression}"), ignores, folders_only
    )


def _expression(body: str) -> str:
    parts = re.findall(r"\*\*/|/\*\*\Z|\*+|\?|\[!?[^]]+\]|\\.|.", body)
    return "".join(_PARTS.get(part) or _other(part) for part in parts)


def _other(part: str) -> str:
    if part.startswith("*"):
        return "[^/]*"
    if part.startswith("[") and len(part) > 1:
        return part.replace("[!", "[^", 1).replace("\\", "\\\\")
    return re.escape(part[1:] if part.startswith("\\") and len(part) > 1 else part)


_PARTS: Final = {"**/": "(?:.*/)?", "/**": "/.*", "?": "[^/]"}
