"""The part of gitignore's pattern language that a catalogue may use."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache


def _expression(pattern: str) -> str:
    body = re.escape(pattern.strip("/"))
    body = body.replace(r"\*\*/", "(?:.*/)?").replace(r"/\*\*", "(?:/.*)?").replace(r"\*", "[^/]*")
    return rf"{body}(?:/.*)?"


@lru_cache(maxsize=512)
def _compiled(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(_expression, patterns)))


def matches(pattern: str, path: str) -> bool:
    """Say whether a pattern covers a path.

    Args:
        pattern: Anchored at the project's root; `*` stays within one folder, `**` crosses folders,
            and a folder covers everything below it.
        path: Relative to the project's root, with forward slashes.
    """
    return _compiled((pattern,)).fullmatch(path) is not None


def covered(patterns: Iterable[str], path: str) -> bool:
    """Say whether any of some patterns covers a path."""
    all_of_them = tuple(patterns)
    return bool(all_of_them) and _compiled(all_of_them).fullmatch(path) is not None
