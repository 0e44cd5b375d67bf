"""What a template's changelog says of the versions that an update crosses."""

from __future__ import annotations

import re
from typing import Final

from packaging.version import InvalidVersion, Version

_HEADING: Final = re.compile(r"#{1,3}\s+\[?v?(\d[\w.+-]*)\]?.*")
_LONGEST: Final = 40


def between(text: str, old: str, new: str) -> list[str]:
    """Return the lines of every section above `old` up to `new`, newest first, at most 40.

    Args:
        text: The changelog, with a heading such as `## v1.2.0` or `## [1.2.0] - 2026-01-31` for
            each version.
        old: A tag; where it is no version there is nothing to compare with.
        new: A tag.
    """
    first, last = _version(old), _version(new)
    if first is None or last is None:
        return []
    lines: list[str] = []
    wanted = False
    for line in text.splitlines():
        heading = _HEADING.fullmatch(line)
        if heading:
            found = _version(heading[1])
            wanted = found is not None and first < found <= last
        elif line.startswith("#"):
            wanted = wanted and line.startswith("####")
        if wanted and line.strip():
            lines.append(line.rstrip())
    return lines if len(lines) <= _LONGEST else [*lines[:_LONGEST], "..."]


def _version(tag: str) -> Version | None:
    try:
        return Version(re.sub(r"-\d+-g[0-9a-f]+\Z", "", tag))
    except InvalidVersion:
        return None
