"""What a run did, line by line, so that another can go on or take it back; it holds no secret."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modelwright.provisioning.change import Call, Change

__all__ = [
    "Entry",
    "begun",
    "done",
    "entries",
    "is_journal",
    "opening",
    "runs",
    "runs_for",
    "to_undo",
]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A call of a run.

    Attributes:
        run: The run that sent it.
        undo: The call that takes it back, as it would be sent; None where there is none.
        ended: Whether GitHub is known to have answered that it took effect.
    """

    run: str
    call: str
    undo: Call | None
    ended: bool


def opening(run: str, repository: str, answers: Mapping[str, Any], version: str) -> str:
    """Return the line that a run begins with."""
    return _line(
        {
            "run": run,
            "state": "run",
            "for": repository,
            "platform": version,
            "answers": dict(answers),
        }
    )


def begun(run: str, number: int, change: Change, undo: Call | None) -> str:
    """Return the line that stands before a call is sent."""
    return _line(
        {"run": run, "call": number, "state": "begun", "is": change.line, "undo": _plain(undo)}
    )


def done(run: str, number: int, undo: Call | None) -> str:
    """Return the line that stands after a call took effect."""
    return _line({"run": run, "call": number, "state": "done", "undo": _plain(undo)})


def is_journal(lines: Sequence[str]) -> bool:
    """Say whether lines are a journal, or the beginning of one."""
    if not lines:
        return True
    row = _row(lines[0])
    return row is not None and row["state"] == "run"


def runs(lines: Iterable[str]) -> frozenset[str]:
    """Return every run that a journal names."""
    return frozenset(row["run"] for row in filter(None, map(_row, lines)))


def runs_for(lines: Iterable[str], repository: str) -> frozenset[str]:
    """Return the runs of a journal that say that they were for a repository."""
    rows = filter(None, map(_row, lines))
    return frozenset(
        row["run"] for row in rows if row["state"] == "run" and row.get("for") == repository
    )


def entries(lines: Iterable[str]) -> list[Entry]:
    """Return the calls that a journal claims; what is no line of a journal is left out."""
    found: dict[tuple[str, int], Entry] = {}
    for row in filter(None, map(_row, lines)):
        if row["state"] == "run":
            continue
        key, before = (row["run"], row["call"]), found.get((row["run"], row["call"]))
        said = row.get("is") or (before.call if before else "")
        undo = _call(row["undo"])
        found[key] = Entry(run=row["run"], call=said, undo=undo, ended=row["state"] == "done")
    return list(found.values())


def _row(line: str) -> dict[str, Any] | None:
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


def _call(told: object) -> Call | None:
    if not isinstance(told, dict):
        return None
    method, path, body = told.get("method"), told.get("path"), told.get("body")
    if not isinstance(method, str) or not isinstance(path, str):
        return None
    return Call(method, path, body if isinstance(body, dict) else None)


def to_undo(found: Iterable[Entry]) -> list[Call]:
    """Return the calls that take a journal's last run back, newest first."""
    listed = list(found)
    if not listed:
        return []
    last = listed[-1].run
    return [one.undo for one in reversed(listed) if one.run == last and one.undo is not None]


def _plain(call: Call | None) -> dict[str, Any] | None:
    if call is None:
        return None
    return {"method": call.method, "path": call.path, "body": call.body}


def _line(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=dict) + "\n"
