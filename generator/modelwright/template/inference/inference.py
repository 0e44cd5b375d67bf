"""Gathers all that speaks for the answers of a repository."""

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
    makers: Sequence[Origin],
    given: Mapping[str, object],
    known: KnownPlatform,
) -> dict[str, InferredAnswer]:
    """Return what is guessed for each question of one of our own templates.

    Args:
        repository: The repository.
        makers: What made it, as far as they wrote it down.
        given: The answers of the command line; no guess contradicts one.
        known: The platform.
    """
    policy = known.policy
    suffix = policy["archetypes"][known.archetype.id]["suffix"]
    evidence = [
        *_recorded_evidence(makers),
        *record_evidence(repository),
        *codeowners_evidence(repository, policy),
        *name_evidence(repository, policy, suffix),
        *description_evidence(repository),
    ]
    guesses = with_given_answers(infer_each(evidence), given)
    more = [*policy_evidence(guesses, policy)]
    if str(given.get(GOVERNED, "")).lower() != "true":
        more += option_evidence(known.archetype, policy["options"], repository.paths)
    guesses = {**infer_each(more), **guesses}
    return {
        name: guess
        for name, guess in guesses.items()
        if not _is_team_cost_centre(guesses, name, policy)
    }


def recorded_answers(
    makers: Sequence[Origin], given: Mapping[str, object]
) -> dict[str, InferredAnswer]:
    """Return what is guessed for a template that is not one of ours: what its makers wrote."""
    return with_given_answers(infer_each(_recorded_evidence(makers)), given)


def with_given_answers(
    guesses: Mapping[str, InferredAnswer], given: Mapping[str, object]
) -> dict[str, InferredAnswer]:
    """Return the guesses with the answers of the command line in place of their own."""
    said = {
        name: InferredAnswer(name, (AnswerEvidence(name, value, DATA_OPTION),))
        for name, value in given.items()
    }
    return {**guesses, **said}


def infer_archetype(
    repository: InspectedRepository, makers: Sequence[Origin]
) -> InferredAnswer | None:
    """Return what a repository says that it is."""
    evidence = [*_recorded_evidence(makers), *record_evidence(repository)]
    return infer_each(evidence).get(ARCHETYPE)


def _recorded_evidence(makers: Sequence[Origin]) -> list[AnswerEvidence]:
    return [entry for maker in makers for entry in maker.evidence]


def _is_team_cost_centre(
    guesses: Mapping[str, InferredAnswer], name: str, policy: Mapping[str, Any]
) -> bool:
    """Say whether a guess is only the team's own cost centre, which shall follow the team."""
    if name != COST_CENTRE or guesses[name].sources == [DATA_OPTION]:
        return False
    team = guesses.get("team")
    entry = policy["teams"].get(str(team.values[0])) if team else None
    return {"", entry["cost_centre"] if entry else ""}.issuperset(guesses[name].values)
