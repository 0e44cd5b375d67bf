"""What is to be changed so that workflows may do what they need, and no more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from modelwright.provisioning.actual import Actual
from modelwright.provisioning.change import Call, Change, Phase
from modelwright.provisioning.desired import DesiredState
from modelwright.provisioning.found import Found

__all__ = ["actions_changes"]

Body = Mapping[str, Any]
WORKFLOW: Final[Body] = {
    "default_workflow_permissions": "read",
    "can_approve_pull_request_reviews": False,
}
ACCESS: Final = "none"


def actions_changes(desired: DesiredState, actual: Actual, found: Found) -> list[Change]:
    """Return the changes of a repository's rights to run actions and of its tokens."""
    path = f"{desired.path}/actions/permissions"
    # A server that does not know a field leaves it out of its answer, and ignores it.
    unknown = {"sha_pinning_required"} - set(actual.actions) if actual.actions else set()
    actions = {key: value for key, value in desired.actions.items() if key not in unknown}
    changes = _set(path, actions, actual.actions, "limits what may run")
    if desired.selected is not None:
        changes += _set(
            f"{path}/selected-actions",
            desired.selected,
            _sorted(actual.selected or {}),
            "names the actions that may run",
            phase=Phase.ENVIRONMENTS,
        )
    changes += _set(
        f"{path}/workflow", WORKFLOW, actual.workflow, "lets workflow tokens only read by default"
    )
    access = {"access_level": actual.access} if actual.access else {}
    changes += _set(
        f"{path}/access", {"access_level": ACCESS}, access, "lends its workflows to nobody"
    )
    changes += _set(
        f"{desired.path}/actions/oidc/customization/sub",
        desired.oidc,
        actual.oidc,
        "says how clouds know its workflows",
    )
    if found.actions.get("enabled_repositories") == "selected" and not actual.exists:
        switch = f"/orgs/{desired.organisation}/actions/permissions/repositories/{{repository_id}}"
        changes.append(
            Change(
                phase=Phase.CLOSED,
                call=Call("PUT", switch),
                reason="switches GitHub Actions on for it",
                undo=Call("DELETE", switch),
            )
        )
    return changes


def _set(
    path: str, wanted: Body, now: Body, reason: str, *, phase: Phase = Phase.CLOSED
) -> list[Change]:
    if all(now.get(key) == value for key, value in wanted.items()):
        return []
    before = {key: now[key] for key in wanted if key in now}
    undo = Call("PUT", path, before) if before else None
    return [Change(phase=phase, call=Call("PUT", path, wanted), reason=reason, undo=undo)]


def _sorted(selected: Body) -> Body:
    if "patterns_allowed" not in selected:
        return selected
    return {**selected, "patterns_allowed": sorted(selected["patterns_allowed"])}
