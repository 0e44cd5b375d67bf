"""The outcome of a criterion, and the evidence that it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class CriterionOutcome(StrEnum):
    """The six things that can be said of a criterion."""

    PASS = "pass"  # noqa: S105 -- no password
    FAIL = "fail"
    NOT_APPLICABLE = "not applicable"
    NEEDS_A_PERSON = "needs a person"
    SHAPE_ONLY = "shape only"
    ELSEWHERE = "decided elsewhere"


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One thing that a criterion asks for.

    Attributes:
        wants: What must be there, for a person.
        where: `file:line` that shows it; empty where it is lacking.
        mend: What to do where it is lacking.
        judgement: Whether only a person can supply it: its lack is no failure.
    """

    wants: str
    where: str
    mend: str
    judgement: bool = False


@dataclass(frozen=True)
class NotApplicable:
    """Why a criterion says nothing about this project."""

    reason: str


Judged = Iterator[Evidence | NotApplicable]


@dataclass(frozen=True, kw_only=True)
class Result:
    """What one criterion comes to for one project.

    Attributes:
        number: Row of the assessment, 1 to 60.
        criterion: The criterion in a few words.
        outcome: The verdict.
        decided_by: Who has the last word on it.
        evidence: `file:line: what it shows`, for each piece found.
        mend: How to mend it, for each piece lacking; a reason where it is not applicable.
    """

    number: int
    criterion: str
    outcome: CriterionOutcome
    decided_by: str
    evidence: tuple[str, ...]
    mend: tuple[str, ...]
