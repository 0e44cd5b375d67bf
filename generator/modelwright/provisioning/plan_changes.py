"""The changes of a plan for access, GitHub Actions, variables, secrets and environments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from modelwright.provisioning.actual_state import RUN_VARIABLE, ActualEnvironment, ActualState, Body
from modelwright.provisioning.desired_state import DesiredEnvironment, DesiredState, Grant
from modelwright.provisioning.organisation_state import OrganisationState
from modelwright.provisioning.repository_claims import changes_owner

__all__ = [
    "PUSH",
    "Call",
    "Change",
    "Phase",
    "access_changes",
    "actions_changes",
    "environment_changes",
    "value_changes",
    "variable_changes",
]

PUSH: Final = "PUSH"
WORKFLOW_PERMISSIONS: Final[Body] = {
    "default_workflow_permissions": "read",
    "can_approve_pull_request_reviews": False,
}
ACCESS_LEVEL: Final = "none"
_NAMED_BRANCHES: Final = {"protected_branches": False, "custom_branch_policies": True}


class Phase(IntEnum):
    """The order of calls: rules before write access, and secrets after both."""

    REPOSITORY = 1
    CLOSED = 2
    ENVIRONMENTS = 3
    INSIDE = 4
    CODE = 5
    RULES = 6
    ACCESS = 7
    LEAVE = 8
    GRANTS = 9
    FINISH = 10


@dataclass(frozen=True)
class Call:
    """A request; `{repository_id}` and `{id}` in its path stand for what GitHub answers."""

    method: str
    path: str
    body: Body | None = None


@dataclass(frozen=True, kw_only=True)
class Change:
    """A call with its reason.

    Attributes:
        seal: The name of a secret whose value is sealed into the body when it is sent.
        undo: The call that reverts it; None where nothing needs to be reverted.
    """

    phase: Phase
    call: Call
    reason: str
    seal: str = ""
    undo: Call | None = None

    @property
    def line(self) -> str:
        """The change as a person reads it."""
        return f"{self.call.method} {self.call.path}"


def actions_changes(
    desired: DesiredState, actual: ActualState, organisation: OrganisationState
) -> Iterator[Change]:
    """Yield the changes of a repository's rights to run actions and of its tokens."""
    path = f"{desired.path}/actions/permissions"
    # A server that does not know a field leaves it out of its answer, and ignores it.
    unknown = {"sha_pinning_required"} - set(actual.actions) if actual.actions else set()
    actions = {key: value for key, value in desired.actions.items() if key not in unknown}
    access = {"access_level": actual.access} if actual.access else {}
    workflow, level = f"{path}/workflow", {"access_level": ACCESS_LEVEL}
    subject = f"{desired.path}/actions/oidc/customization/sub"
    tokens = "lets workflow tokens only read by default"
    callers = "lets no other repository use its workflows"
    clouds = "sets the subject by which clouds recognise its workflows"
    yield from _setting_changes(path, actions, actual.actions, "limits what may run")
    if desired.selected is not None:
        yield from _setting_changes(
            f"{path}/selected-actions",
            desired.selected,
            _with_sorted_patterns(actual.selected or {}),
            "names the actions that may run",
            phase=Phase.ENVIRONMENTS,
        )
    yield from _setting_changes(workflow, WORKFLOW_PERMISSIONS, actual.workflow, tokens)
    yield from _setting_changes(f"{path}/access", level, access, callers)
    yield from _setting_changes(subject, desired.oidc, actual.oidc, clouds)
    if organisation.actions.get("enabled_repositories") == "selected" and not actual.exists:
        switch = f"/orgs/{desired.organisation}/actions/permissions/repositories/{{repository_id}}"
        yield Change(
            phase=Phase.CLOSED,
            call=Call("PUT", switch),
            reason="switches GitHub Actions on for it",
            undo=Call("DELETE", switch),
        )


def value_changes(
    desired: DesiredState, actual: ActualState, organisation: OrganisationState, run: str
) -> Iterator[Change]:
    """Yield the changes of labels, variables (one names the run), secrets and grants."""
    for label in desired.labels:
        if label["name"] not in actual.labels:
            path = f"{desired.path}/labels"
            yield Change(
                phase=Phase.CLOSED,
                call=Call("POST", path, label),
                reason=f"adds the label {label['name']}",
                undo=Call("DELETE", f"{path}/{label['name']}"),
            )
    base = f"{desired.path}/actions/variables"
    if RUN_VARIABLE not in actual.variables:
        yield from variable_changes(base, {RUN_VARIABLE: run}, actual.variables, Phase.CLOSED)
    yield from variable_changes(base, desired.variables, actual.variables, Phase.CLOSED)
    for name in desired.secrets:
        if name not in actual.secrets:
            path = f"{desired.path}/actions/secrets/{name}"
            yield _secret_change(path, name, f"gives the secret {name} its first value")
    for grant in desired.grants:
        yield from _grant_changes(grant, desired, actual, organisation)
    if changes_owner(desired, actual):
        yield from _withdrawal_changes(desired, actual, organisation)


def variable_changes(
    base: str, desired: Mapping[str, str], now: Mapping[str, str], phase: Phase
) -> Iterator[Change]:
    """Yield the changes of variables below a path."""
    for name, value in desired.items():
        if not value:
            continue
        if name not in now:
            call = Call("POST", base, {"name": name, "value": value})
            undo = Call("DELETE", f"{base}/{name}")
        elif now[name] != value:
            call = Call("PATCH", f"{base}/{name}", {"value": value})
            undo = Call("PATCH", f"{base}/{name}", {"value": now[name]})
        else:
            continue
        yield Change(phase=phase, call=call, reason=f"sets the variable {name}", undo=undo)


def environment_changes(
    desired: DesiredState, actual: ActualState, organisation: OrganisationState
) -> Iterator[Change]:
    """Yield the changes of every environment: who reviews, from where, with which values."""
    for environment in desired.environments:
        base = f"{desired.path}/environments/{environment.name}"
        now = actual.environments.get(environment.name)
        yield from _protection_changes(base, environment, now, organisation)
        yield from _branch_changes(base, environment, now or ActualEnvironment())
        yield from variable_changes(
            f"{base}/variables", environment.variables, now.variables if now else {}, Phase.INSIDE
        )
        for name in environment.secrets:
            if now is None or name not in now.secrets:
                path, reason = (
                    f"{base}/secrets/{name}",
                    f"gives {environment.name} the secret {name}",
                )
                yield _secret_change(path, name, reason)


def _secret_change(path: str, name: str, reason: str) -> Change:
    undo = Call("DELETE", path)
    return Change(phase=Phase.GRANTS, call=Call("PUT", path), reason=reason, seal=name, undo=undo)


def access_changes(
    desired: DesiredState, actual: ActualState, organisation: OrganisationState
) -> Iterator[Change]:
    """Yield the changes of teams' and people's access: read at first, write after the rules."""
    reviewers = desired.reviewers
    for slug in sorted({*desired.teams, *reviewers}):
        now = actual.teams.get(slug, "")
        permission = desired.teams.get(slug, "pull")
        if not now and (slug in reviewers or permission == "pull"):
            yield _team_change(desired, slug, "pull", "", Phase.CLOSED)
            now = "pull"
        if slug in desired.teams and now != permission:
            yield _team_change(desired, slug, permission, now, Phase.ACCESS)
    if changes_owner(desired, actual):
        for slug in sorted(set(actual.teams) - {*desired.teams, *reviewers}):
            yield Change(
                phase=Phase.LEAVE,
                call=Call("DELETE", f"/orgs/{desired.organisation}/teams/{slug}{desired.path}"),
                reason=f"takes the team {slug} its access",
            )
    for login in sorted(_people_to_remove(desired, actual, organisation)):
        yield Change(
            phase=Phase.LEAVE,
            call=Call("DELETE", f"{desired.path}/collaborators/{login}"),
            reason=f"leaves {login} no access in person; the team has it",
        )


def _people_to_remove(
    desired: DesiredState, actual: ActualState, organisation: OrganisationState
) -> set[str]:
    """Return the logins that must lose their access in person."""
    if not actual.exists:
        # GitHub lets whoever makes a repository administer it.
        return {organisation.admin} - {""}
    people = set(actual.people)
    if actual.from_starter or changes_owner(desired, actual):
        return people
    return people & (
        {organisation.admin, *organisation.requesters} if actual.run else {organisation.admin}
    )


def _team_change(desired: DesiredState, slug: str, right: str, before: str, phase: Phase) -> Change:
    path = f"/orgs/{desired.organisation}/teams/{slug}{desired.path}"
    undo = Call("PUT", path, {"permission": before}) if before else Call("DELETE", path)
    return Change(
        phase=phase,
        call=Call("PUT", path, {"permission": right}),
        reason=f"gives the team {slug} the right to {right}",
        undo=undo,
    )


def _setting_changes(
    path: str, desired: Body, now: Body, reason: str, *, phase: Phase = Phase.CLOSED
) -> Iterator[Change]:
    if any(now.get(key) != value for key, value in desired.items()):
        before = {key: now[key] for key in desired if key in now}
        undo = Call("PUT", path, before) if before else None
        yield Change(phase=phase, call=Call("PUT", path, desired), reason=reason, undo=undo)


def _with_sorted_patterns(selected: Body) -> Body:
    if "patterns_allowed" not in selected:
        return selected
    return {**selected, "patterns_allowed": sorted(selected["patterns_allowed"])}


def _grant_changes(
    grant: Grant, desired: DesiredState, actual: ActualState, organisation: OrganisationState
) -> Iterator[Change]:
    visible = organisation.visibility[grant.kind].get(grant.name)
    if visible != "selected" or grant.name in actual.granted[grant.kind]:
        return
    path = (
        f"/orgs/{desired.organisation}/actions/{grant.kind}s/{grant.name}"
        "/repositories/{repository_id}"
    )
    yield Change(
        phase=Phase.GRANTS if grant.kind == "secret" else Phase.INSIDE,
        call=Call("PUT", path),
        reason=f"grants the organisation's {grant.kind} {grant.name}",
        undo=Call("DELETE", path),
    )


def _withdrawal_changes(
    desired: DesiredState, actual: ActualState, organisation: OrganisationState
) -> Iterator[Change]:
    """Yield the grants that a repository loses when its owner changes."""
    needed = {(grant.kind, grant.name) for grant in desired.grants}
    for kind, visibility in organisation.visibility.items():
        for name in sorted(actual.granted[kind]):
            if (kind, name) not in needed and visibility.get(name, "selected") == "selected":
                path = f"/orgs/{desired.organisation}/actions/{kind}s/{name}/repositories"
                yield Change(
                    phase=Phase.LEAVE,
                    call=Call("DELETE", f"{path}/{{repository_id}}"),
                    reason=f"withdraws the organisation's {kind} {name}",
                )


def _protection_changes(
    base: str,
    desired: DesiredEnvironment,
    now: ActualEnvironment | None,
    organisation: OrganisationState,
) -> Iterator[Change]:
    ids = frozenset(organisation.teams[slug] for slug in desired.reviewers)
    is_protected = now and now.reviewers == ids and now.self_review != bool(ids)
    if now and now.custom and (is_protected or not desired.reviewed):
        return
    body = _protection_body(desired, ids, self_review=not ids, custom=True)
    undo = Call("DELETE", base)
    if now is not None:
        before = _protection_body(
            desired, now.reviewers, self_review=now.self_review, custom=now.custom
        )
        undo = Call("PUT", base, before)
    yield Change(
        phase=Phase.ENVIRONMENTS,
        call=Call("PUT", base, body),
        reason=f"makes the environment {desired.name}"
        + (f", reviewed by {', '.join(desired.reviewers)}" if ids else ""),
        undo=undo,
    )


def _protection_body(
    desired: DesiredEnvironment, ids: frozenset[int], *, self_review: bool, custom: bool
) -> Body:
    """Return the body that protects an environment; without reviews where the plan has none."""
    branches = {"deployment_branch_policy": _NAMED_BRANCHES if custom else None}
    if not desired.reviewed:
        return branches
    return {
        "wait_timer": 0,
        "prevent_self_review": not self_review,
        "reviewers": [{"type": "Team", "id": one} for one in sorted(ids)] or None,
        **branches,
    }


def _branch_changes(
    base: str, desired: DesiredEnvironment, now: ActualEnvironment
) -> Iterator[Change]:
    path = f"{base}/deployment-branch-policies"
    for name in desired.branches:
        if name not in now.branches:
            yield Change(
                phase=Phase.INSIDE,
                call=Call("POST", path, {"name": name, "type": "branch"}),
                reason=f"deploys to {desired.name} from {name} alone",
                undo=Call("DELETE", f"{path}/{{id}}"),
            )
    for name, identity in now.branches.items():
        if name not in desired.branches:
            yield Change(
                phase=Phase.INSIDE,
                call=Call("DELETE", f"{path}/{identity}"),
                reason=f"deploys to {desired.name} no longer from {name}",
                undo=Call("POST", path, {"name": name, "type": "branch"}),
            )
