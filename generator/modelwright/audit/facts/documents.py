"""Texts that only a person can vouch for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from modelwright.audit.evidence import Evidence
from modelwright.audit.facts.project import Facts

_HEADING: Final = re.compile(r"(#+)\s+(.+?)\s*")
_REVIEW: Final = re.compile(r"^Reviewed: (\d{4}-\d{2}-\d{2}) by (\S.*)$", re.MULTILINE)
_PICTURE: Final = re.compile(r"^```mermaid$|!\[[^\]]*\]\(", re.MULTILINE)
VALID: Final = timedelta(days=365)


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


def last_review(text: str) -> tuple[int, date] | None:
    """Return line and day of the last review line that a person signed."""
    for match in reversed(list(_REVIEW.finditer(text))):
        try:
            return text[: match.start()].count("\n") + 1, date.fromisoformat(match[1])
        except ValueError:
            continue
    return None


def section_evidence(facts: Facts, path: str, heading: str) -> Iterator[Evidence]:
    """Yield what a section must be: there, other than the template's, reviewed within a year."""
    yield from own_words(facts, path, heading)
    text = facts.project.files.get(path, "")
    found = last_review(text)
    current = found and timedelta() <= facts.project.today - found[1] <= VALID
    yield Evidence(
        wants=f"a person has reviewed {path} within a year",
        where=f"{path}:{found[0]}" if found and current else "",
        mend="read it, mend it, and write `Reviewed: YYYY-MM-DD by NAME`",
        judgement=True,
    )


def own_words(facts: Facts, path: str, heading: str) -> Iterator[Evidence]:
    """Yield what a section must be: there, and other than the template's."""
    found = section(facts.project.files.get(path, ""), heading)
    fresh = section(facts.fresh.get(path, ""), heading)
    where = f"{path}:{found.line}" if found and found.words else ""
    yield Evidence(
        wants=f'"{heading}" is written',
        where=where,
        mend=f'write a section "{heading}" in {path}',
    )
    own = found is not None and (fresh is None or found.words != fresh.words)
    yield Evidence(
        wants=f'"{heading}" is no longer the sample\'s',
        where=where if own else "",
        mend=f"replace the sample's text in {path} by your own",
        judgement=True,
    )
