"""Every rule on a project's answers, in one stated order: what each door asks."""

from __future__ import annotations

from typing import Any, Iterator, Mapping  # noqa: UP035 - Cookiecutter's Python may be older

from modelwright.policy.choices import choice_refusal, pair_refusal, retired_refusal
from modelwright.policy.names import package_name, repository_name
from modelwright.policy.refusal import Refusal, show
from modelwright.policy.rules import refusals
from modelwright.policy.sharing import sharing_refusals
from modelwright.policy.text import text_refusal
from modelwright.policy.workspaces import workspace_refusal

__all__ = ["PERSONAL_DATA", "answers_refusals"]

PERSONAL_DATA = ("none", "pseudonymous", "personal")


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
        found += _present(workspace_refusal(policy, answers))
    personal_data = answers.get("personal_data", "personal")
    found += _present(choice_refusal("personal_data", personal_data, PERSONAL_DATA))
    found += _present(text_refusal(answers["description"]))
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
            yield from _present(retired_refusal(kind, value, known))
    yield from _present(pair_refusal(policy, answers["team"], answers["brand"]))


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
        "repo_name": repository_name(
            policy["naming"], brand=brand, use_case=use_case, suffix=suffix
        ),
        "package_name": package_name(use_case),
    }
    for kind, expected in computed.items():
        given = answers.get(kind, expected)
        if given != expected:
            problem = f"{kind} {show(given)} is not {show(expected)}, which the answers give"
            yield Refusal("ANS004", kind, given, problem, f"leave {kind} out")


def _present(refusal: Refusal | None) -> list[Refusal]:
    return [refusal] if refusal else []
