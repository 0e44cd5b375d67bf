"""What the record, the owners' file and the policy say about who a repository belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from modelwright.paths import CODEOWNERS_PLACES, PROJECT_RECORD
from modelwright.template.inference.evidence import (
    AnswerEvidence,
    InferredAnswer,
    InspectedRepository,
)

Policy = Mapping[str, Any]
_FIELDS: Final = {
    "archetype": "archetype",
    "owner": "team",
    "brand": "brand",
    "cost_centre": "cost_centre",
    "serves": "serves",
    "allocation_key": "allocation_key",
    "data_class": "personal_data",
}


def record_evidence(repository: InspectedRepository) -> Iterator[AnswerEvidence]:
    """Yield what `project.yaml` says."""
    document = repository.documents.get(PROJECT_RECORD)
    if document is None or "schema_version" not in document.data:
        return
    for field, question in _FIELDS.items():
        value = document.data.get(field)
        if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
            value = ",".join(value)
        if isinstance(value, str) and value:
            yield AnswerEvidence(question, value, f"{PROJECT_RECORD}:{document.line(field)}")


def codeowners_evidence(
    repository: InspectedRepository, policy: Policy
) -> Iterator[AnswerEvidence]:
    """Yield the teams that own everything, by the last line of CODEOWNERS that says so."""
    slugs = {entry["github"].lower(): team for team, entry in policy["teams"].items()}
    for path in CODEOWNERS_PLACES:
        line, teams = 0, list[str]()
        for number, text in enumerate(repository.texts.get(path, "").splitlines(), start=1):
            pattern, *owners = text.partition("#")[0].split() or [""]
            if pattern in {"*", "**", "/"}:
                line, teams = number, re.findall(r"@[\w.-]+/([\w.-]+)", " ".join(owners).lower())
        for slug in teams:
            if slug in slugs:
                yield AnswerEvidence("team", slugs[slug], f"{path}:{line}")


def policy_evidence(
    inferred: Mapping[str, InferredAnswer], policy: Policy
) -> Iterator[AnswerEvidence]:
    """Yield what the policy leaves no choice about, once the rest is known."""
    teams = policy["teams"]
    team, brand = (_value(inferred, name) for name in ("team", "brand"))
    if team in teams and not brand and len(teams[team]["brands"]) == 1:
        yield AnswerEvidence("brand", teams[team]["brands"][0], "policy: the team's only brand")
    if not team:
        own = [name for name, entry in teams.items() if brand in {"", *entry["brands"]}]
        if len(own) == 1:
            of = "the brand's only team" if brand else "the only team"
            yield AnswerEvidence("team", own[0], f"policy: {of}")


def _value(inferred: Mapping[str, InferredAnswer], question: str) -> str:
    answer = inferred.get(question)
    return str(answer.values[0]) if answer and answer.unambiguous else ""
