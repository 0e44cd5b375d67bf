"""The answers that a repository's name gives, where it was made from a starter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelwright.errors import RefusedError
from modelwright.policy.choices import offered
from modelwright.policy.names import parse_repository_name

__all__ = ["answers_from"]

_AGAIN = "then run the workflow Start again"


def answers_from(
    policy: Mapping[str, Any], name: str, *, description: str, team: str
) -> dict[str, str]:
    """Return a project's answers, its archetype among them.

    Args:
        policy: The policy as plain data.
        name: The repository's name.
        description: What the repository says of itself; empty takes the use case in words.
        team: The team that its property or a topic names; empty where neither does.

    Raises:
        RefusedError: The name does not parse, or leaves the team open.
    """
    suffixes = {policy["archetypes"][one]["suffix"]: one for one in offered(policy["archetypes"])}
    brands = offered(policy["brands"])
    parts = parse_repository_name(policy["naming"], name, brands, suffixes)
    if parts is None:
        rule = policy["naming"]["repository"]
        raise RefusedError(
            f"the name {name!r} does not read as {rule['name']}, with a brand of "
            f"{', '.join(brands)} and a suffix of {', '.join(suffixes)}",
            where="the repository's name",
            next_step=f"rename it in its settings, such as to {rule['example']}, {_AGAIN}",
        )
    return {
        "archetype": suffixes[parts.suffix],
        "team": team or _only_team(policy, parts.brand),
        "brand": parts.brand,
        "use_case": parts.use_case,
        "personal_data": "personal",
        "description": description or parts.use_case.replace("-", " ").capitalize(),
    }


def _only_team(policy: Mapping[str, Any], brand: str) -> str:
    teams = [one for one in offered(policy["teams"]) if brand in policy["teams"][one]["brands"]]
    if len(teams) == 1:
        return teams[0]
    raise RefusedError(
        f"the name does not say which team of {brand} owns it",
        where="the repository's topics",
        next_step=f"give it the topic {' or '.join(teams)}, {_AGAIN}",
    )
