"""Cost tags: which ones a project carries, and how each target writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from modelwright.policy.limits import TARGETS
from modelwright.policy.names import repository_name

__all__ = ["REQUIRED_SOURCES", "SOURCES", "cost_tags", "for_target"]

REQUIRED_SOURCES: Final = ("brand", "team", "cost_centre", "repository", "archetype", "environment")
SOURCES: Final = (*REQUIRED_SOURCES, "data_class", "allocation_key")


def cost_tags(
    policy: Mapping[str, Any], answers: Mapping[str, Any], environment: str = ""
) -> dict[str, str]:
    """Return a project's cost tags by key, as finance writes them.

    Args:
        policy: The policy as a plain mapping.
        answers: `archetype`, `team`, `brand`, `use_case`; an empty or absent `cost_centre` is the
            team's own.
        environment: What the tagged thing runs in; empty for a repository or an image, which then
            carry no tag of an environment.
    """
    team, brand, archetype = answers["team"], answers["brand"], answers["archetype"]
    values = {
        "brand": brand,
        "team": team,
        "cost_centre": answers.get("cost_centre") or policy["teams"][team]["cost_centre"],
        "repository": repository_name(
            policy["naming"],
            brand=brand,
            use_case=answers["use_case"],
            suffix=policy["archetypes"][archetype]["suffix"],
        ),
        "archetype": archetype,
        "data_class": answers.get("personal_data", "personal"),
        "allocation_key": answers.get("allocation_key") or "none",
        "environment": environment,
    }
    tags = {key: values.get(source, source) for key, source in policy["tags"].items()}
    return {key: value for key, value in tags.items() if value}


def for_target(tags: Mapping[str, str], target: str, *, prefix: str = "") -> dict[str, str]:
    """Write tags in the form of a target of `policy.limits.TARGETS`; only GCP's are lower-cased.

    Args:
        tags: Tags by the policy's keys.
        target: Id of the target, such as `kubernetes`.
        prefix: The policy's `organisation.cost_tag_prefix`, for targets whose keys have one.
    """
    form = TARGETS[target]
    return {
        form.key.format(prefix=prefix, key=key): value.lower() if form.lower else value
        for key, value in tags.items()
    }
