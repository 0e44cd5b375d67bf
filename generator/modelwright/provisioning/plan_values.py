"""What is to be changed in labels, variables, secrets and grants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from modelwright.provisioning.actual import Actual
from modelwright.provisioning.change import Call, Change, Phase
from modelwright.provisioning.claims import changes_owner
from modelwright.provisioning.desired import DesiredState, Grant
from modelwright.provisioning.found import Found
from modelwright.provisioning.marker import VARIABLE

__all__ = ["value_changes", "variable_changes"]


def value_changes(
    desired: DesiredState, actual: Actual, found: Found, run: str
) -> Iterator[Change]:
    """Yield the changes of labels, variables, secrets and grants.

    Args:
        desired: The repository as it should be.
        actual: The repository as it is.
        found: What the organisation has.
        run: The run that the repository is to name as its maker.
    """
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
    kept = actual.variables.get(VARIABLE)
    if kept is None:
        yield from variable_changes(base, {VARIABLE: run}, actual.variables, Phase.CLOSED)
    yield from variable_changes(base, desired.variables, actual.variables, Phase.CLOSED)
    for name in desired.secrets:
        if name not in actual.secrets:
            path = f"{desired.path}/actions/secrets/{name}"
            yield Change(
                phase=Phase.GRANTS,
                call=Call("PUT", path),
                reason=f"gives the secret {name} its first value",
                seal=name,
                undo=Call("DELETE", path),
            )
    for grant in desired.grants:
        yield from _granted(grant, desired, actual, found)
    if changes_owner(desired, actual):
        yield from _withdrawn(desired, actual, found)


def variable_changes(
    base: str, wanted: Mapping[str, str], now: Mapping[str, str], phase: Phase
) -> Iterator[Change]:
    """Yield the changes of variables below a path."""
    for name, value in wanted.items():
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


def _granted(grant: Grant, desired: DesiredState, actual: Actual, found: Found) -> Iterator[Change]:
    secret = grant.kind == "secret"
    visible = (found.secrets if secret else found.variables).get(grant.name)
    granted = actual.granted_secrets if secret else actual.granted_variables
    if visible != "selected" or grant.name in granted:
        return
    path = (
        f"/orgs/{desired.organisation}/actions/{grant.kind}s/{grant.name}"
        "/repositories/{repository_id}"
    )
    yield Change(
        phase=Phase.GRANTS if secret else Phase.INSIDE,
        call=Call("PUT", path),
        reason=f"grants the organisation's {grant.kind} {grant.name}",
        undo=Call("DELETE", path),
    )


def _withdrawn(desired: DesiredState, actual: Actual, found: Found) -> Iterator[Change]:
    """Yield what a repository that changes its owner may no longer read."""
    held = {
        "secret": (actual.granted_secrets, found.secrets),
        "variable": (actual.granted_variables, found.variables),
    }
    wanted = {(grant.kind, grant.name) for grant in desired.grants}
    for kind, (granted, visible) in held.items():
        for name in sorted(granted):
            if (kind, name) not in wanted and visible.get(name, "selected") == "selected":
                path = f"/orgs/{desired.organisation}/actions/{kind}s/{name}/repositories"
                yield Change(
                    phase=Phase.LEAVE,
                    call=Call("DELETE", f"{path}/{{repository_id}}"),
                    reason=f"withdraws the organisation's {kind} {name}",
                )
