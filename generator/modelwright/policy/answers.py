"""Every rule on a project's answers, in one stated order: the same at every entry point."""

from __future__ import annotations

import re
from typing import Any, Iterator, Mapping  # noqa: UP035 - Cookiecutter's Python may be older

from modelwright.policy.choices import choice_refusal, pair_refusal, retired_refusal
from modelwright.policy.names import package_name, project_name
from modelwright.policy.rules import Refusal, refusals, show
from modelwright.policy.text import text_refusal

ALLOCATION_KEY = "[a-z][a-z0-9]*(-[a-z0-9]+)*"
LONGEST_ALLOCATION_KEY = 63
PERSONAL_DATA = ("none", "pseudonymous", "personal")


def sharing_refusals(policy: Mapping[str, Any], answers: Mapping[str, Any]) -> Iterator[Refusal]:
    """Yield refusals of `cost_centre` (TAG001), `serves` (TAG002), `allocation_key` (TAG003, 4).

    An empty cost centre is the team's own; `serves` holds other brands joined by commas.
    """
    serves = answers.get("serves", "")
    yield from _cost_centre_refusals(policy, answers.get("cost_centre", ""))
    yield from _serves_refusals(policy, answers["brand"], serves)
    yield from _allocation_refusals(serves, answers.get("allocation_key", ""))


def _cost_centre_refusals(policy: Mapping[str, Any], value: str) -> Iterator[Refusal]:
    if value and value not in [team["cost_centre"] for team in policy["teams"].values()]:
        problem = f"cost centre {show(value)} is not one of the policy's"
        next_step = "leave it out for the team's own, or take another team's as finance writes it"
        yield Refusal("TAG001", "cost centre", value, problem, next_step)


def _serves_refusals(policy: Mapping[str, Any], brand: str, serves: str) -> Iterator[Refusal]:
    others = [other for other in policy["brands"] if other != brand]
    for name in serves.split(",") if serves else []:
        if name not in others:
            problem = f"serves names {show(name)}, which is not another brand"
            next_step = f"choose among {', '.join(others)}, joined by commas without spaces"
            yield Refusal("TAG002", "serves", name, problem, next_step)
            return


def _allocation_refusals(serves: str, key: str) -> Iterator[Refusal]:
    if serves and not key:
        problem = "a project that serves several brands has no allocation key"
        next_step = "add allocation_key, such as by-requests"
        yield Refusal("TAG003", "allocation key", key, problem, next_step)
    fits = len(key) <= LONGEST_ALLOCATION_KEY and re.search(rf"\A(?:{ALLOCATION_KEY})\Z", key)
    if key and not fits:
        limits = f"at most {LONGEST_ALLOCATION_KEY} characters"
        problem = f"allocation key {show(key)} is not lower-case words joined by hyphens ({limits})"
        yield Refusal("TAG004", "allocation key", key, problem, "choose a key like 'by-requests'")


def workspace_refusal(policy: Mapping[str, Any], answers: Mapping[str, Any]) -> Refusal | None:
    """Refuse the option `databricks` (ANS005) in a new project of a brand without a workspace."""
    brand = answers["brand"]
    # Some callers have answers as they stand in a file, others as text.
    has_databricks = str(answers.get("databricks")).lower() == "true"
    if not has_databricks or policy["brands"][brand]["databricks"]:
        return None
    problem = f"databricks is on, but brand {show(brand)} has no workspace in the policy"
    next_step = "take databricks=false, or have its workspaces added to platform.yml"
    return Refusal("ANS005", "databricks", "true", problem, next_step)


def answers_refusals(
    policy: Mapping[str, Any], archetype: str, answers: Mapping[str, Any], *, born: str = ""
) -> list[Refusal]:
    """Return every refusal of a set of answers; those of one kind follow from the kinds before.

    The order: archetype, team, brand, names, personal data, description, cost centre and sharing,
    Databricks, then the computed `repo_name` and `package_name` where the answers hold them.

    Args:
        policy: The policy as a plain mapping.
        archetype: Id of the archetype.
        answers: Answers by question; those of `team`, `brand`, `use_case` and `description` stand.
        born: Platform version that an existing project was made with: retired choices and names
            are then left as they are. Empty for a new project.
    """
    found = [*_choice_refusals(policy, archetype, answers, born=born)]
    if found:
        return found
    if not born:
        found += [*_name_refusals(policy, archetype, answers)]
        found += _as_list(workspace_refusal(policy, answers))
    personal_data = answers.get("personal_data", "personal")
    found += _as_list(choice_refusal("personal_data", personal_data, PERSONAL_DATA))
    found += _as_list(text_refusal(answers["description"]))
    found += sharing_refusals(policy, answers)
    return found


def _choice_refusals(
    policy: Mapping[str, Any], archetype: str, answers: Mapping[str, Any], *, born: str
) -> Iterator[Refusal]:
    chosen = [
        ("archetype", archetype, policy["archetypes"]),
        ("team", answers["team"], policy["teams"]),
        ("brand", answers["brand"], policy["brands"]),
    ]
    unknown = [choice_refusal(kind, value, known) for kind, value, known in chosen]
    if any(unknown):
        yield from filter(None, unknown)
        return
    if not born:
        for kind, value, known in chosen:
            yield from _as_list(retired_refusal(kind, value, known))
    yield from _as_list(pair_refusal(policy, answers["team"], answers["brand"]))


def _name_refusals(
    policy: Mapping[str, Any], archetype: str, answers: Mapping[str, Any]
) -> Iterator[Refusal]:
    brand, use_case = answers["brand"], answers["use_case"]
    suffix = policy["archetypes"][archetype]["suffix"]
    found = refusals(policy, brand=brand, use_case=use_case, suffix=suffix)
    yield from found
    if found:
        return
    computed = {
        "repo_name": project_name(policy, {**answers, "archetype": archetype}),
        "package_name": package_name(use_case),
    }
    for kind, expected in computed.items():
        given = answers.get(kind, expected)
        if given != expected:
            problem = f"{kind} {show(given)} is not {show(expected)}, which the answers give"
            yield Refusal("ANS004", kind, given, problem, f"leave {kind} out")


def _as_list(refusal: Refusal | None) -> list[Refusal]:
    return [refusal] if refusal else []
