"""Which calls of a journal may be sent: on this repository, of the kinds that a plan makes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from modelwright.provisioning.change import Call
from modelwright.provisioning.desired import DesiredState

__all__ = ["may_be_sent"]

Body = Mapping[str, Any]
# What a team may be given back; nobody becomes an administrator because a file says so.
_ROLES: Final = ("pull", "triage", "push", "maintain")
_SWITCHES: Final = (
    "vulnerability-alerts",
    "topics",
    "actions/permissions",
    "actions/permissions/selected-actions",
    "actions/permissions/workflow",
    "actions/permissions/access",
    "actions/oidc/customization/sub",
)


def may_be_sent(call: Call, desired: DesiredState, identity: object) -> bool:
    """Say whether a call that a journal claims is one that takes back a change of a plan.

    Args:
        call: What the journal claims.
        desired: The repository that the run is for.
        identity: GitHub's id of it.
    """
    return any(
        call.method in methods and re.fullmatch(pattern, call.path) and sound(call.body or {})
        for methods, pattern, sound in _kinds(desired, str(identity))
    )


def _kinds(
    desired: DesiredState, identity: str
) -> list[tuple[tuple[str, ...], str, Callable[[Body], bool]]]:
    path, org = re.escape(desired.path), re.escape(f"/orgs/{desired.organisation}")
    places = _any(one.name for one in desired.environments)
    teams = _any({*desired.teams, *(r for one in desired.environments for r in one.reviewers)})
    granted = _any(one.name for one in desired.grants)
    switches = _any(_SWITCHES)
    in_places = rf"{path}/environments/{places}"
    return [
        (("PATCH",), path, lambda body: _settings(body, desired)),
        (("PATCH",), f"{path}/properties/values", lambda body: _properties(body, desired)),
        (("PUT", "DELETE"), f"{path}/{switches}", lambda _: True),
        (("DELETE",), rf"{path}/labels/[\w-]+", lambda _: True),
        (("PATCH", "DELETE"), rf"{path}/actions/variables/\w+", lambda _: True),
        (("DELETE",), rf"{path}/actions/secrets/\w+", lambda _: True),
        (("PUT", "DELETE"), in_places, lambda _: True),
        (("PATCH", "DELETE"), rf"{in_places}/variables/\w+", lambda _: True),
        (("DELETE",), rf"{in_places}/secrets/\w+", lambda _: True),
        (("POST", "DELETE"), rf"{in_places}/deployment-branch-policies(/\d+)?", lambda _: True),
        (("PUT", "DELETE"), rf"{path}/rulesets/\d+", lambda _: True),
        (("PUT", "DELETE"), rf"{org}/teams/{teams}{path}", _role),
        (
            ("DELETE",),
            rf"{org}/actions/(secrets|variables)/{granted}/repositories/{identity}",
            lambda _: True,
        ),
        (("DELETE",), rf"{org}/actions/permissions/repositories/{identity}", lambda _: True),
    ]


def _any(names: Any) -> str:  # noqa: ANN401 -- any iterable of text
    return f"(?:{'|'.join(map(re.escape, sorted(names)))})"


def _settings(body: Body, desired: DesiredState) -> bool:
    """A repository is never shown to more people, and never renamed, because a file says so."""
    known = set(desired.settings) - {"visibility"} | {"description", "default_branch"}
    return bool(body) and set(body) <= known


def _properties(body: Body, desired: DesiredState) -> bool:
    """The mark of a repository may be taken away, and never be written."""
    marks = set(desired.ownership.properties.values())
    rows = body.get("properties")
    if not isinstance(rows, list) or set(body) != {"properties"}:
        return False
    return all(
        isinstance(row, dict)
        and row.get("property_name") in desired.properties
        and (row.get("property_name") not in marks or row.get("value") is None)
        for row in rows
    )


def _role(body: Body) -> bool:
    return not body or (set(body) == {"permission"} and body["permission"] in _ROLES)
