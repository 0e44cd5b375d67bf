"""Infers the answers of an existing repository from all evidence in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from modelwright.template.archetypes import MANAGED_ONLY as GOVERNED
from modelwright.template.archetypes import Archetype
from modelwright.template.inference.evidence import (
    AnswerEvidence,
    InferredAnswer,
    InspectedRepository,
    infer_each,
)
from modelwright.template.inference.governance import (
    codeowners_evidence,
    policy_evidence,
    record_evidence,
)
from modelwright.template.inference.names import (
    description_evidence,
    name_evidence,
    option_evidence,
)
from modelwright.template.inference.origin import ARCHETYPE, Origin

COST_CENTRE: Final = "cost_centre"
DATA_OPTION: Final = "--data"


@dataclass(frozen=True, kw_only=True)
class KnownPlatform:
    """What is known of the platform that a repository shall belong to.

    Attributes:
        policy: The policy as plain data.
        archetype: What the repository shall be.
    """

    policy: Mapping[str, Any]
    archetype: Archetype


def infer_answers(
    repository: InspectedRepository,
    origins: Sequence[Origin],
    given: Mapping[str, object],
    known: KnownPlatform,
) -> dict[str, InferredAnswer]:
    """Return the inferred answer to each question of a platform's template.

    Args:
        repository: The repository.
        origins: What the tools that made it wrote down.
        given: The answers of the command line; they override every inferred one.
        known: The platform.
    """
    policy = known.policy
    suffix = policy["archetypes"][known.archetype.id]["suffix"]
    evidence = [
        *_recorded_evidence(origins),
        *record_evidence(repository),
        *codeowners_evidence(repository, policy),
        *name_evidence(repository, policy, suffix),
        *description_evidence(repository),
    ]
    inferred = with_given_answers(infer_each(evidence), given)
    more = [*policy_evidence(inferred, policy)]
    if str(given.get(GOVERNED, "")).lower() != "true":
        more += option_evidence(known.archetype, policy["options"], repository.paths)
    inferred = {**infer_each(more), **inferred}
    return {
        name: answer
        for name, answer in inferred.items()
        if not _is_team_cost_centre(inferred, name, policy)
    }


def recorded_answers(
    origins: Sequence[Origin], given: Mapping[str, object]
) -> dict[str, InferredAnswer]:
    """Return the inferred answers for another template: what its tools wrote down."""
    return with_given_answers(infer_each(_recorded_evidence(origins)), given)


def with_given_answers(
    inferred: Mapping[str, InferredAnswer], given: Mapping[str, object]
) -> dict[str, InferredAnswer]:
    """Return the inferred answers with those of the command line in place of their own."""
    overrides = {
        name: InferredAnswer(name, (AnswerEvidence(name, value, DATA_OPTION),))
        for name, value in given.items()
    }
    return {**inferred, **overrides}


def infer_archetype(
    repository: InspectedRepository, origins: Sequence[Origin]
) -> InferredAnswer | None:
    """Return what a repository says that it is."""
    evidence = [*_recorded_evidence(origins), *record_evidence(repository)]
    return infer_each(evidence).get(ARCHETYPE)


def _recorded_evidence(origins: Sequence[Origin]) -> list[AnswerEvidence]:
    return [entry for origin in origins for entry in origin.evidence]


def _is_team_cost_centre(
    inferred: Mapping[str, InferredAnswer], name: str, policy: Mapping[str, Any]
) -> bool:
    """Say whether an answer is only the team's own cost centre, which shall follow the team."""
    if name != COST_CENTRE or inferred[name].sources == [DATA_OPTION]:
        return False
    team = inferred.get("team")
    entry = policy["teams"].get(str(team.values[0])) if team else None
    return {"", entry["cost_centre"] if entry else ""}.issuperset(inferred[name].values)
