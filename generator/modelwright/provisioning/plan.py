"""The plan: the changes from the actual to the desired state of a repository, in order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelwright.provisioning.actual_state import ActualState, description_with_mark
from modelwright.provisioning.desired_state import DEFAULT_BRANCH, DesiredState
from modelwright.provisioning.organisation_state import OrganisationState
from modelwright.provisioning.plan_changes import (
    PUSH,
    Call,
    Change,
    Phase,
    access_changes,
    actions_changes,
    environment_changes,
    value_changes,
)
from modelwright.provisioning.preflight import complete_organisation, fit_to_plan
from modelwright.provisioning.repository_claims import changes_owner

__all__ = ["pending_changes", "plan"]


def plan(
    desired: DesiredState, actual: ActualState, organisation: OrganisationState, run: str
) -> list[Change]:
    """Return the changes in the order of their phases; a new repository is marked with the run."""
    desired = fit_to_plan(desired, organisation)
    changes = [
        *_repository_changes(desired, actual, run),
        *actions_changes(desired, actual, organisation),
        *value_changes(desired, actual, organisation, actual.made_by or run),
        *environment_changes(desired, actual, organisation),
        *_code_changes(actual),
        *_ruleset_changes(desired, actual),
        *access_changes(desired, actual, organisation),
        *_finish_changes(desired, actual),
    ]
    return sorted(changes, key=lambda change: change.phase)


def _repository_changes(desired: DesiredState, actual: ActualState, run: str) -> list[Change]:
    if actual.exists:
        return [*_settings_changes(desired, actual), *_topics_and_alerts(desired, actual)]
    body = {
        "name": desired.name,
        "description": description_with_mark(desired.description, run),
        "auto_init": False,
        **desired.settings,
        "custom_properties": dict(desired.properties),
    }
    creation = Change(
        phase=Phase.REPOSITORY,
        call=Call("POST", f"/orgs/{desired.organisation}/repos", body),
        reason="makes the repository, private and marked as half-made",
        undo=Call("DELETE", desired.path),
    )
    return [creation, *_topics_and_alerts(desired, actual)]


def _settings_changes(desired: DesiredState, actual: ActualState) -> list[Change]:
    now = actual.repository
    differing = {key: value for key, value in desired.settings.items() if now.get(key) != value}
    changes = []
    if differing:
        before = {key: now[key] for key in differing if key in now}
        changes.append(
            Change(
                phase=Phase.CLOSED,
                call=Call("PATCH", desired.path, differing),
                reason=f"sets {', '.join(differing)}",
                undo=Call("PATCH", desired.path, before),
            )
        )
    values = {k: v for k, v in desired.properties.items() if actual.properties.get(k) != v}
    if values:
        changes.append(_properties_change(desired, actual, values))
    return changes


def _properties_change(
    desired: DesiredState, actual: ActualState, values: dict[str, str]
) -> Change:
    path = f"{desired.path}/properties/values"

    def body(properties: dict[str, str | None]) -> dict[str, object]:
        return {"properties": [{"property_name": k, "value": v} for k, v in properties.items()]}

    # The mark moves last: until then the new owner may go on, and the old one gets nothing.
    return Change(
        phase=Phase.FINISH if changes_owner(desired, actual) else Phase.CLOSED,
        call=Call("PATCH", path, body({**values})),
        reason=f"tags its cost: {', '.join(values)}",
        undo=Call("PATCH", path, body({key: actual.properties.get(key) for key in values})),
    )


def _topics_and_alerts(desired: DesiredState, actual: ActualState) -> list[Change]:
    changes = []
    before = sorted(actual.repository.get("topics", ()))
    topics = set(before)
    if changes_owner(desired, actual):
        mark = desired.ownership.mark(actual.properties)
        topics -= {mark.team, mark.brand, mark.archetype}
    if missing := sorted(set(desired.topics) - set(before)):
        path = f"{desired.path}/topics"
        changes.append(
            Change(
                phase=Phase.CLOSED,
                call=Call("PUT", path, {"names": sorted({*desired.topics, *topics})}),
                reason=f"names what it is about: {', '.join(missing)}",
                undo=Call("PUT", path, {"names": before}),
            )
        )
    if not actual.alerts:
        path = f"{desired.path}/vulnerability-alerts"
        changes.append(
            Change(
                phase=Phase.CLOSED,
                call=Call("PUT", path),
                reason="warns of vulnerable dependencies",
                undo=Call("DELETE", path),
            )
        )
    return changes


def _code_changes(actual: ActualState) -> list[Change]:
    if DEFAULT_BRANCH in actual.branches:
        return []
    return [
        Change(
            phase=Phase.CODE,
            call=Call(PUSH, f"refs/heads/{DEFAULT_BRANCH}"),
            reason="pushes the project, which starts its first pipeline",
        )
    ]


def _ruleset_changes(desired: DesiredState, actual: ActualState) -> list[Change]:
    if desired.ruleset is None:
        return []
    path = f"{desired.path}/rulesets"
    if actual.ruleset is None:
        call, undo = Call("POST", path, desired.ruleset), Call("DELETE", f"{path}/{{id}}")
    elif _covers(actual.ruleset, desired.ruleset):
        return []
    else:
        before = {key: actual.ruleset[key] for key in desired.ruleset if key in actual.ruleset}
        path = f"{path}/{actual.ruleset['id']}"
        call, undo = Call("PUT", path, desired.ruleset), Call("PUT", path, before)
    return [Change(phase=Phase.RULES, call=call, reason="guards the default branch", undo=undo)]


def _covers(actual: object, desired: object) -> bool:
    """Say whether GitHub's answer has everything desired; it may add defaults."""
    if isinstance(desired, dict) and isinstance(actual, dict):
        return all(key in actual and _covers(actual[key], want) for key, want in desired.items())
    if isinstance(desired, list) and isinstance(actual, list):
        if len(actual) != len(desired):
            return False
        return all(any(_covers(one, want) for one in actual) for want in desired)
    return actual == desired


def _finish_changes(desired: DesiredState, actual: ActualState) -> list[Change]:
    now = actual.repository
    final = {"description": desired.description, "default_branch": DEFAULT_BRANCH}
    differing = {key: value for key, value in final.items() if now.get(key) != value}
    if not differing:
        return []
    complete = actual.exists and not actual.run
    before = {key: now[key] for key in differing if key in now}
    return [
        Change(
            phase=Phase.FINISH,
            call=Call("PATCH", desired.path, differing),
            reason=f"sets {', '.join(differing)}"
            if complete
            else "takes the mark away: the repository is complete",
            undo=Call("PATCH", desired.path, before) if complete else None,
        )
    ]


def pending_changes(desired: DesiredState, repository: Mapping[str, Any]) -> list[str]:
    """Return the reasons of the changes that a pushed project with its labels still needs.

    Only GitHub's answer about the repository itself is known; nothing else is read.
    """
    actual = ActualState(
        repository=repository,
        branches={DEFAULT_BRANCH: ""},
        labels={label["name"]: label for label in desired.labels},
    )
    return list(
        dict.fromkeys(
            one.reason for one in plan(desired, actual, complete_organisation(desired), "a run")
        )
    )
