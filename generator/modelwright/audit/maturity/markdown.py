"""Sections of a Markdown page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

_HEADING: Final = re.compile(r"(#+)\s+(.+?)\s*")
_REVIEW: Final = re.compile(r"^Reviewed: (\d{4}-\d{2}-\d{2}) by (\S.*)$", re.MULTILINE)
_PICTURE: Final = re.compile(r"^```mermaid$|!\[[^\]]*\]\(", re.MULTILINE)


@dataclass(frozen=True)
class Section:
    """What stands below a heading, its own subsections included.

    Attributes:
        line: The heading's line, from 1.
        body: The text below it.
    """

    line: int
    body: str

    @property
    def words(self) -> tuple[str, ...]:
        """The text without its line breaks, to be compared."""
        return tuple(self.body.split())

    @property
    def pictures(self) -> int:
        """How many diagrams and images it holds."""
        return len(_PICTURE.findall(self.body))


def section(text: str, heading: str) -> Section | None:
    """Return the section of a heading."""
    depth, first, found, fenced = 0, 0, [], False
    for number, line in enumerate(text.splitlines(), 1):
        fenced ^= line.startswith("```")
        match = None if fenced else _HEADING.fullmatch(line)
        if match and depth and len(match[1]) <= depth:
            break
        if depth:
            found.append(line)
        elif match and match[2] == heading:
            depth, first = len(match[1]), number
    return Section(first, "\n".join(found)) if depth else None


def headings(text: str) -> dict[str, int]:
    """Return the line of each heading by the anchor that GitHub gives it."""
    found: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if match := _HEADING.fullmatch(line):
            anchor = re.sub(r"[^\w\- ]", "", match[2].lower()).replace(" ", "-")
            found.setdefault(anchor, number)
    return found


def reviewed(text: str) -> tuple[int, date] | None:
    """Return line and day of the last review line that a person signed."""
    for match in reversed(list(_REVIEW.finditer(text))):
        try:
            return text[: match.start()].count("\n") + 1, date.fromisoformat(match[1])
        except ValueError:
            continue
    return None
