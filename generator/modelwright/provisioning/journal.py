"""The journal of a creation: its lines, and which of its calls may be sent to undo a run.

A journal is text that anybody may have written: a call is sent only where it takes back a change
that a plan for this repository makes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from modelwright.provisioning.actual_state import Body
from modelwright.provisioning.desired_state import DesiredState
from modelwright.provisioning.plan_changes import Call, Change

__all__ = [
    "JournalEntry",
    "entries",
    "first_line",
    "is_journal",
    "line_after_call",
    "line_before_call",
    "may_be_sent",
    "runs",
    "runs_for",
    "to_undo",
]

# What a team may get back; nobody becomes an administrator because a file says so.
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


@dataclass(frozen=True, kw_only=True)
class JournalEntry:
    """A call of a run.

    Attributes:
        run: The run that sent it.
        undo: The call that takes it back, as it would be sent; None where there is none.
    """

    run: str
    undo: Call | None


def first_line(run: str, repository: str, answers: Mapping[str, Any], version: str) -> str:
    """Return the line that a run begins with."""
    return _format_line(
        {
            "run": run,
            "state": "run",
            "for": repository,
            "platform": version,
            "answers": dict(answers),
        }
    )


def line_before_call(run: str, number: int, change: Change, undo: Call | None) -> str:
    """Return the line that stands before a call is sent."""
    return _format_line(
        {"run": run, "call": number, "state": "begun", "is": change.line, "undo": _call_data(undo)}
    )


def line_after_call(run: str, number: int, undo: Call | None) -> str:
    """Return the line that stands after a call took effect."""
    return _format_line({"run": run, "call": number, "state": "done", "undo": _call_data(undo)})


def is_journal(lines: Sequence[str]) -> bool:
    """Say whether lines are a journal, or the beginning of one."""
    if not lines:
        return True
    row = _parse_line(lines[0])
    return row is not None and row["state"] == "run"


def runs(lines: Iterable[str]) -> frozenset[str]:
    """Return every run that a journal names."""
    return frozenset(row["run"] for row in filter(None, map(_parse_line, lines)))


def runs_for(lines: Iterable[str], repository: str) -> frozenset[str]:
    """Return the runs of a journal that say that they were for a repository."""
    rows = filter(None, map(_parse_line, lines))
    return frozenset(
        row["run"] for row in rows if row["state"] == "run" and row.get("for") == repository
    )


def entries(lines: Iterable[str]) -> list[JournalEntry]:
    """Return the calls that a journal claims; what is no line of a journal is left out."""
    # The line after a call knows more of its undo than the line before it.
    by_call = {
        (row["run"], row["call"]): JournalEntry(run=row["run"], undo=_parse_call(row["undo"]))
        for row in filter(None, map(_parse_line, lines))
        if row["state"] != "run"
    }
    return list(by_call.values())


def to_undo(journal: Sequence[JournalEntry]) -> list[Call]:
    """Return the calls that take a journal's last run back, newest first."""
    if not journal:
        return []
    last = journal[-1].run
    return [one.undo for one in reversed(journal) if one.run == last and one.undo is not None]


def may_be_sent(call: Call, desired: DesiredState, identity: object) -> bool:
    """Say whether a call that a journal claims is one that takes back a change of a plan.

    Args:
        call: What the journal claims.
        desired: The repository that the run is for.
        identity: GitHub's id of it.
    """
    return any(
        call.method in methods and re.fullmatch(pattern, call.path) and sound(call.body or {})
        for methods, pattern, sound in _undoing_calls(desired, str(identity))
    )


def _format_line(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=dict) + "\n"


def _call_data(call: Call | None) -> dict[str, Any] | None:
    if call is None:
        return None
    return {"method": call.method, "path": call.path, "body": call.body}


def _parse_line(line: str) -> dict[str, Any] | None:
    """Return a line's content; None where a kill cut it off, or somebody else wrote it."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(row, dict) or row.get("state") not in ("run", "begun", "done"):
        return None
    if not isinstance(row.get("run"), str):
        return None
    sound = row["state"] == "run" or (isinstance(row.get("call"), int) and "undo" in row)
    return row if sound else None


def _parse_call(data: object) -> Call | None:
    if not isinstance(data, dict):
        return None
    method, path, body = data.get("method"), data.get("path"), data.get("body")
    if not isinstance(method, str) or not isinstance(path, str):
        return None
    return Call(method, path, body if isinstance(body, dict) else None)


def _undoing_calls(
    desired: DesiredState, identity: str
) -> list[tuple[tuple[str, ...], str, Callable[[Body], bool]]]:
    path, org = re.escape(desired.path), re.escape(f"/orgs/{desired.organisation}")
    places = _alternatives(one.name for one in desired.environments)
    teams = _alternatives({*desired.teams, *desired.reviewers})
    granted = _alternatives(one.name for one in desired.grants)
    switches = _alternatives(_SWITCHES)
    in_places = rf"{path}/environments/{places}"
    return [
        (("PATCH",), path, lambda body: _is_safe_setting(body, desired)),
        (("PATCH",), f"{path}/properties/values", lambda body: _are_safe_properties(body, desired)),
        (("PUT", "DELETE"), f"{path}/{switches}", lambda _: True),
        (("DELETE",), rf"{path}/labels/[\w-]+", lambda _: True),
        (("PATCH", "DELETE"), rf"{path}/actions/variables/\w+", lambda _: True),
        (("DELETE",), rf"{path}/actions/secrets/\w+", lambda _: True),
        (("PUT", "DELETE"), in_places, lambda _: True),
        (("PATCH", "DELETE"), rf"{in_places}/variables/\w+", lambda _: True),
        (("DELETE",), rf"{in_places}/secrets/\w+", lambda _: True),
        (("POST", "DELETE"), rf"{in_places}/deployment-branch-policies(/\d+)?", lambda _: True),
        (("PUT", "DELETE"), rf"{path}/rulesets/\d+", lambda _: True),
        (("PUT", "DELETE"), rf"{org}/teams/{teams}{path}", _is_safe_role),
        (
            ("DELETE",),
            rf"{org}/actions/(secrets|variables)/{granted}/repositories/{identity}",
            lambda _: True,
        ),
        (("DELETE",), rf"{org}/actions/permissions/repositories/{identity}", lambda _: True),
    ]


def _alternatives(names: Any) -> str:  # noqa: ANN401 -- any iterable of text
    return f"(?:{'|'.join(map(re.escape, sorted(names)))})"


def _is_safe_setting(body: Body, desired: DesiredState) -> bool:
    """A repository is never shown to more people, and never renamed, because a file says so."""
    known = set(desired.settings) - {"visibility"} | {"description", "default_branch"}
    return bool(body) and set(body) <= known


def _are_safe_properties(body: Body, desired: DesiredState) -> bool:
    """The mark of a repository may be removed, and never be set."""
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


def _is_safe_role(body: Body) -> bool:
    return not body or (set(body) == {"permission"} and body["permission"] in _ROLES)
