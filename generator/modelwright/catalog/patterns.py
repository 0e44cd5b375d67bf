"""The part of gitignore's pattern language that a catalogue may use."""

from __future__ import annotations

import re
from functools import lru_cache


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    body = re.escape(pattern.strip("/"))
    body = body.replace(r"\*\*/", "(?:.*/)?").replace(r"/\*\*", "(?:/.*)?").replace(r"\*", "[^/]*")
    return re.compile(rf"{body}(?:/.*)?")


def matches(pattern: str, path: str) -> bool:
    """Say whether a pattern covers a path.

    Args:
        pattern: Anchored at the project's root; `*` stays within one folder, `**` crosses folders,
            and a folder covers everything below it.
        path: Relative to the project's root, with forward slashes.
    """
    return _compiled(pattern).fullmatch(path) is not None
