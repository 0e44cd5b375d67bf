"""The environments of a repository, with who lets a deployment through and from where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from modelwright.policy.secrets import NeededSecret
from modelwright.provisioning.settings import Settings

__all__ = ["Environment", "environments_of"]


@dataclass(frozen=True, kw_only=True)
class Environment:
    """One environment as it should be.

    Attributes:
        reviewers: Slugs of the teams that let a deployment through.
        reviewed: Whether reviewers and timers may be named at all, even to say that there are none.
        branches: The branches that may deploy to it.
        variables: Its variables by name; an empty value comes from the surroundings.
        secrets: Names of its secrets.
    """

    name: str
    reviewers: tuple[str, ...] = ()
    reviewed: bool = True
    branches: tuple[str, ...] = ("main",)
    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()


def environments_of(
    policy: Mapping[str, Any], brand: str, settings: Settings, needed: Iterable[NeededSecret]
) -> tuple[Environment, ...]:
    """Return the environments of a brand's project, in the policy's order."""
    inside = [one for one in needed if one.level == "environment"]
    given = policy["brands"][brand].get("variables", {})
    return tuple(
        Environment(
            name=name,
            reviewers=settings.reviewers.get(name, ()),
            variables={
                **{one.name: "" for one in _at(inside, name) if one.kind == "variable"},
                **given.get(name, {}),
            },
            secrets=tuple(one.name for one in _at(inside, name) if one.kind == "secret"),
        )
        for name in policy["environments"]
    )


def _at(needed: Iterable[NeededSecret], environment: str) -> list[NeededSecret]:
    return [one for one in needed if one.environment in ("", environment)]
