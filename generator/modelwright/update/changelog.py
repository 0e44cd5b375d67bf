"""Reads a changelog in Markdown: the sections of the versions that an update crosses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from packaging.version import Version

from modelwright.template.history import version_of

# `## v1.2.0`, `## [1.2.0] - 2026-01-31`, `## [v1.2.0](URL) (2026-01-31)`, `# Version 1.2.0`
_VERSION: Final = re.compile(
    r"(?:\[\s*)?(?:version\s+|release\s+)?\[?v?(\d[\w.+-]*)", re.IGNORECASE
)
# What may follow a version in a heading: its link, or that it was withdrawn.
_LINK_OR_YANKED: Final = re.compile(r"\(\w+://[^)]*\)|\[yanked\]", re.IGNORECASE)
_HEADING: Final = re.compile(r" {0,3}(#{1,6})\s+(.*?)\s*#*\s*")
_FENCE: Final = re.compile(r" {0,3}(```|~~~)")
_LINK: Final = re.compile(r"\[[^\]]+\]:\s*\S+\s*")
_UNDERLINES: Final = {"=": 1, "-": 2}
_LONGEST: Final = 40


@dataclass(frozen=True)
class _Heading:
    level: int
    title: str


def sections_between(text: str, old: str, new: str) -> list[str]:
    """Return the lines of every section above `old` up to `new`, newest first, at most 40.

    A version's section reaches to the next version, or to a heading of its own level or above; the
    headings below it, such as `### Added`, and their entries belong to it.

    Args:
        text: The changelog, with a heading such as `## v1.2.0` or `## [1.2.0] - 2026-01-31` for
            each version.
        old: A tag; the result is empty where it is no version.
        new: A tag.
    """
    first, last = _version(old), _version(new)
    if first is None or last is None:
        return []
    section_lines: list[str] = []
    inside, level, fenced = False, 0, False
    lines = text.splitlines()
    for number, line in enumerate(lines):
        fenced ^= _FENCE.match(line) is not None
        heading = None if fenced else _heading(lines, number)
        if heading:
            version, alone = _version_in_title(heading.title)
            if version is not None and (alone or not level or heading.level <= level):
                inside, level = first < version <= last, heading.level
            elif heading.level <= level:
                inside = False
        if inside and line.strip() and not _LINK.fullmatch(line):
            section_lines.append(line.rstrip())
    return section_lines if len(section_lines) <= _LONGEST else [*section_lines[:_LONGEST], "..."]


def _heading(lines: list[str], number: int) -> _Heading | None:
    """Return a line as a heading, in either of Markdown's forms; None where it is none."""
    line = lines[number]
    match = _HEADING.fullmatch(line)
    if match:
        return _Heading(len(match[1]), match[2])
    below = lines[number + 1].strip() if number + 1 < len(lines) else ""
    if len(below) > 1 and len(set(below)) == 1 and below[0] in _UNDERLINES and line.strip():
        return _Heading(_UNDERLINES[below[0]], line.strip())
    return None


def _version_in_title(title: str) -> tuple[Version | None, bool]:
    """Return the version that a heading begins with, and whether nothing follows it."""
    found = _VERSION.match(title.strip("*_ "))
    if not found:
        return None, False
    rest = _LINK_OR_YANKED.sub("", title.strip("*_ ")[found.end() :])
    return _version(found[1]), not any(letter.isalpha() for letter in rest)


def _version(tag: str) -> Version | None:
    return version_of(re.sub(r"-\d+-g[0-9a-f]+\Z", "", tag))
