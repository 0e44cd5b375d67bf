"""All sixty criteria of one project, and its score."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from modelwright.audit.criteria.catalogue import assess
from modelwright.audit.criteria.criterion import DECIDED_BY
from modelwright.audit.evidence import CriterionOutcome, Result
from modelwright.audit.project import Project
from modelwright.paths import PROJECT_RECORD

_ROWS: Final = (
    (11, "pull requests for the infrastructure", "G", "let a ruleset of main ask for them"),
    (13, "only the pipeline deploys", "G", "protect each environment, and give people no role"),
    (15, "every environment sees production data", "X", "grant each environment's principal read"),
    (18, "pull requests for all code", "G", "let a ruleset of main ask for them"),
    (25, "traceable to its model", "X", "look for the version that the run names"),
    (30, "a review before a merge", "G", "let a ruleset of main ask for one approval"),
    (34, "an owner's approval before a merge", "G", "let a ruleset ask for code owners' review"),
    (38, "notes for each release", "G", "write what changed into each release"),
    (50, "features added by pull request", "G", "let a ruleset ask for them where features live"),
    (51, "feature dependencies in a store", "X", "look into the feature store, if there is one"),
    (52, "use of features by model", "X", "look into the feature store, if there is one"),
    (
        55,
        "explanation understood by its readers",
        "r",
        "ask those who read it, and note who and when",
    ),
)


def external_criteria() -> tuple[Result, ...]:
    """Return what is said of the rows that no file decides."""
    return tuple(
        Result(
            number=number,
            criterion=title,
            outcome=CriterionOutcome.NEEDS_A_PERSON if mark == "r" else CriterionOutcome.ELSEWHERE,
            decided_by=DECIDED_BY[mark],
            evidence=(),
            mend=(f"{DECIDED_BY[mark]} shows it: {asks}",),
        )
        for number, title, mark, asks in _ROWS
    )


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
    def counts(self) -> Mapping[CriterionOutcome, int]:
        """How many criteria came to each outcome."""
        found = Counter(result.outcome for result in self.results)
        return {outcome: found[outcome] for outcome in CriterionOutcome}

    @property
    def applicable(self) -> int:
        """How many criteria say something about this project."""
        return len(self.results) - self.counts[CriterionOutcome.NOT_APPLICABLE]

    @property
    def score(self) -> int:
        """The share of the applicable criteria that pass, in whole percent, rounded down.

        What a person, GitHub, the registry or the cloud still has to show has not passed.
        """
        return 100 * self.counts[CriterionOutcome.PASS] // self.applicable


def assess_project(
    project: Project, fresh: Mapping[str, str], *, place: Path, notes: tuple[str, ...] = ()
) -> Assessment:
    """Judge a project by all sixty criteria; `fresh` as `catalogue.assess` takes it."""
    results = (*assess(project, fresh), *external_criteria())
    return Assessment(
        project=place,
        name=str(project.document(PROJECT_RECORD).mapping.get("id") or project.folder),
        archetype=str(project.answers["archetype"]),
        version=str(project.answers.get("_commit", "")),
        notes=notes,
        results=tuple(sorted(results, key=lambda result: result.number)),
        judged_by=project.judge.verdict if project.judge else "",
    )
