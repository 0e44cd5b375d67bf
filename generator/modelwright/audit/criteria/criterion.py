"""A criterion: its place in the assessment, and the function that judges it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from modelwright.audit.evidence import CriterionOutcome, Evidence, Judged, NotApplicable, Result
from modelwright.audit.facts.project import Facts, NoEvidenceFileError

Mark = Literal["R", "r", "R+X", "R+G", "r+X", "r+G"]
Judge = Callable[[Facts], Judged]
DECIDED_BY: Final[Mapping[str, str]] = {
    "R": "the files",
    "r": "a person",
    "G": "GitHub",
    "X": "the registry or the cloud",
}


@dataclass(frozen=True)
class Criterion:
    """One row of the assessment that a project's files can decide, wholly or in shape.

    Attributes:
        number: Row, 1 to 60.
        title: The criterion in a few words.
        mark: R: the files decide. r: the files show that a text is there, a person answers for
            it. With X or G: registry, cloud or GitHub decide too, so files show the shape only.
        judge: Yields what it asks for.
    """

    number: int
    title: str
    mark: Mark
    judge: Judge

    def result(self, facts: Facts) -> Result:
        """Judge one project."""
        judged = self._judge_facts(facts)
        reasons = [entry.reason for entry in judged if isinstance(entry, NotApplicable)]
        evidence = [entry for entry in judged if isinstance(entry, Evidence)]
        lacking = [entry for entry in evidence if not entry.where]
        return Result(
            number=self.number,
            criterion=self.title,
            outcome=CriterionOutcome.NOT_APPLICABLE if reasons else self._outcome(lacking),
            decided_by=DECIDED_BY[self.mark.rpartition("+")[2]],
            evidence=tuple(f"{entry.where}: {entry.wants}" for entry in evidence if entry.where),
            mend=tuple(reasons or [f"{entry.wants}: {entry.mend}" for entry in lacking]),
        )

    def _judge_facts(self, facts: Facts) -> list[Evidence | NotApplicable]:
        try:
            return list(self.judge(facts))
        except NoEvidenceFileError:
            archetype = facts.project.answers.get("archetype")
            return [NotApplicable(f"{archetype} has no evidence.yml that says where this stands")]

    def _outcome(self, lacking: Sequence[Evidence]) -> CriterionOutcome:
        if any(not entry.judgement for entry in lacking):
            return CriterionOutcome.FAIL
        if lacking:
            return CriterionOutcome.NEEDS_A_PERSON
        return CriterionOutcome.PASS if self.mark in ("R", "r") else CriterionOutcome.SHAPE_ONLY
