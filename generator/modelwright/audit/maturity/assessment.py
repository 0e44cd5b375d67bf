"""All sixty criteria of one project, and its score."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from modelwright.audit.maturity.catalogue import assess
from modelwright.audit.maturity.elsewhere import elsewhere
from modelwright.audit.maturity.result import Outcome, Result
from modelwright.audit.project import RECORD, Project


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """What the criteria say of one project.

    Attributes:
        project: Its folder, as it was named.
        name: What its record calls it; its folder's name where that says nothing.
        archetype: What it was made from.
        version: The template's version in its answers; empty where there is none.
        notes: What a person has to know of how it was judged.
        results: One for each row, 1 to 60.
        judged_by: Which platform judged it, by which policy, in one line.
    """

    project: Path
    name: str
    archetype: str
    version: str
    notes: tuple[str, ...]
    results: tuple[Result, ...]
    judged_by: str = ""

    @cached_property
    def counts(self) -> Mapping[Outcome, int]:
        """How many criteria came to each outcome."""
        found = Counter(result.outcome for result in self.results)
        return {outcome: found[outcome] for outcome in Outcome}

    @property
    def applicable(self) -> int:
        """How many criteria say something about this project."""
        return len(self.results) - self.counts[Outcome.NOT_APPLICABLE]

    @property
    def score(self) -> int:
        """The share of the applicable criteria that pass, in whole percent, rounded down.

        What a person, GitHub, the registry or the cloud still has to show has not passed.
        """
        return 100 * self.counts[Outcome.PASS] // self.applicable


def assessed(
    project: Project, fresh: Mapping[str, str], *, place: Path, notes: tuple[str, ...] = ()
) -> Assessment:
    """Judge a project by all sixty criteria; `fresh` as `catalogue.assess` takes it."""
    results = (*assess(project, fresh), *elsewhere())
    return Assessment(
        project=place,
        name=str(project.document(RECORD).mapping.get("id") or project.folder),
        archetype=str(project.answers["archetype"]),
        version=str(project.answers.get("_commit", "")),
        notes=notes,
        results=tuple(sorted(results, key=lambda result: result.number)),
        judged_by=project.judge.verdict if project.judge else "",
    )
