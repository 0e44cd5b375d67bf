"""What a run did, line by line, so that another can go on or take it back; it holds no secret."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from modelwright.provisioning.change import Call, Change

__all__ = ["Entry", "begun", "done", "entries", "opening", "to_undo"]


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


def entries(lines: Iterable[str]) -> list[Entry]:
    """Return the calls that a journal tells of; a line that was cut off by a kill is left out."""
    found: dict[tuple[str, int], Entry] = {}
    for line in lines:
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            continue
        if row["state"] == "run":
            continue
        key = (row["run"], row["call"])
        undo = Call(**row["undo"]) if row["undo"] else None
        said = row.get("is") or found[key].call
        found[key] = Entry(run=row["run"], call=said, undo=undo, ended=row["state"] == "done")
    return list(found.values())


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
