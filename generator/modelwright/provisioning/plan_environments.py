"""What is to be changed in the environments of a repository."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from modelwright.provisioning.actual import Actual, ActualEnvironment
from modelwright.provisioning.change import Call, Change, Phase
from modelwright.provisioning.desired import DesiredState
from modelwright.provisioning.environments import Environment
from modelwright.provisioning.found import Found
from modelwright.provisioning.plan_values import variable_changes

__all__ = ["environment_changes"]

_BY_NAME: Final = {"protected_branches": False, "custom_branch_policies": True}


def environment_changes(desired: DesiredState, actual: Actual, found: Found) -> Iterator[Change]:
    """Yield the changes of every environment: who reviews, from where, with which values."""
    for environment in desired.environments:
        base = f"{desired.path}/environments/{environment.name}"
        now = actual.environments.get(environment.name)
        yield from _protection(base, environment, now, found)
        yield from _branches(base, environment, now or ActualEnvironment())
        yield from variable_changes(
            f"{base}/variables", environment.variables, now.variables if now else {}, Phase.INSIDE
        )
        for name in environment.secrets:
            if now is None or name not in now.secrets:
                path = f"{base}/secrets/{name}"
                yield Change(
                    phase=Phase.GRANTS,
                    call=Call("PUT", path),
                    reason=f"gives {environment.name} the secret {name}",
                    seal=name,
                    undo=Call("DELETE", path),
                )


def _protection(
    base: str, wanted: Environment, now: ActualEnvironment | None, found: Found
) -> Iterator[Change]:
    ids = frozenset(found.teams[slug] for slug in wanted.reviewers)
    as_wanted = now and now.reviewers == ids and now.self_review != bool(ids)
    if now and now.custom and (as_wanted or not wanted.reviewed):
        return
    body = _body(ids) if wanted.reviewed else {"deployment_branch_policy": _BY_NAME}
    undo = Call("DELETE", base) if now is None else Call("PUT", base, _before(now, wanted))
    yield Change(
        phase=Phase.ENVIRONMENTS,
        call=Call("PUT", base, body),
        reason=f"makes the environment {wanted.name}"
        + (f", reviewed by {', '.join(wanted.reviewers)}" if ids else ""),
        undo=undo,
    )


def _body(ids: frozenset[int]) -> Mapping[str, Any]:
    return {
        "wait_timer": 0,
        "prevent_self_review": bool(ids),
        "reviewers": [{"type": "Team", "id": one} for one in sorted(ids)] or None,
        "deployment_branch_policy": _BY_NAME,
    }


def _before(now: ActualEnvironment, wanted: Environment) -> Mapping[str, Any]:
    policy = _BY_NAME if now.custom else None
    if not wanted.reviewed:
        return {"deployment_branch_policy": policy}
    return {
        "wait_timer": 0,
        "prevent_self_review": not now.self_review,
        "reviewers": [{"type": "Team", "id": one} for one in sorted(now.reviewers)] or None,
        "deployment_branch_policy": policy,
    }


def _branches(base: str, wanted: Environment, now: ActualEnvironment) -> Iterator[Change]:
    path = f"{base}/deployment-branch-policies"
    for name in wanted.branches:
        if name not in now.branches:
            yield Change(
                phase=Phase.INSIDE,
                call=Call("POST", path, {"name": name, "type": "branch"}),
                reason=f"deploys to {wanted.name} from {name} alone",
                undo=Call("DELETE", f"{path}/{{id}}"),
            )
    for name, identity in now.branches.items():
        if name not in wanted.branches:
            yield Change(
                phase=Phase.INSIDE,
                call=Call("DELETE", f"{path}/{identity}"),
                reason=f"deploys to {wanted.name} no longer from {name}",
                undo=Call("POST", path, {"name": name, "type": "branch"}),
            )
