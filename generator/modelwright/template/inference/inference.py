"""Gathers all that speaks for the answers of a repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from modelwright.template.archetypes import QUESTION as GOVERNED
from modelwright.template.archetypes import Archetype
from modelwright.template.inference.evidence import Evidence, Guess, Repository, guesses_from
from modelwright.template.inference.governance import following, owned, recorded
from modelwright.template.inference.names import described, named, optional
from modelwright.template.inference.origin import ARCHETYPE, Maker

CENTRE: Final = "cost_centre"
GIVEN: Final = "--data"


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of the platform that a repository shall belong to.

    Attributes:
        policy: The policy as plain data.
        archetype: What the repository shall be.
    """

    policy: Mapping[str, Any]
    archetype: Archetype


def guessed(
    repository: Repository,
    makers: Sequence[Maker],
    given: Mapping[str, object],
    known: Known,
) -> dict[str, Guess]:
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
        *_written(makers),
        *recorded(repository),
        *owned(repository, policy),
        *named(repository, policy, suffix),
        *described(repository),
    ]
    guesses = with_given(guesses_from(evidence), given)
    more = [*following(guesses, policy)]
    if str(given.get(GOVERNED, "")).lower() != "true":
        more += optional(known.archetype, policy["options"], repository.paths)
    guesses = {**guesses_from(more), **guesses}
    return {
        name: guess for name, guess in guesses.items() if not _own_centre(guesses, name, policy)
    }


def written_down(makers: Sequence[Maker], given: Mapping[str, object]) -> dict[str, Guess]:
    """Return what is guessed for a template that is not one of ours: what its makers wrote."""
    return with_given(guesses_from(_written(makers)), given)


def with_given(guesses: Mapping[str, Guess], given: Mapping[str, object]) -> dict[str, Guess]:
    """Return the guesses with the answers of the command line in place of their own."""
    said = {name: Guess(name, (Evidence(name, value, GIVEN),)) for name, value in given.items()}
    return {**guesses, **said}


def guessed_archetype(repository: Repository, makers: Sequence[Maker]) -> Guess | None:
    """Return what a repository says that it is."""
    evidence = [*_written(makers), *recorded(repository)]
    return guesses_from(evidence).get(ARCHETYPE)


def _written(makers: Sequence[Maker]) -> list[Evidence]:
    return [entry for maker in makers for entry in maker.evidence]


def _own_centre(guesses: Mapping[str, Guess], name: str, policy: Mapping[str, Any]) -> bool:
    """Say whether a guess is only the team's own cost centre, which shall follow the team."""
    if name != CENTRE or guesses[name].sources == [GIVEN]:
        return False
    team = guesses.get("team")
    entry = policy["teams"].get(str(team.values[0])) if team else None
    return {"", entry["cost_centre"] if entry else ""}.issuperset(guesses[name].values)
