"""Request and outcome of `create`, and the plan that needs no token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from modelwright.provisioning.actual_state import ActualState
from modelwright.provisioning.desired_state import DesiredState
from modelwright.provisioning.plan import plan
from modelwright.provisioning.plan_changes import Change
from modelwright.provisioning.preflight import PreflightFault, complete_organisation
from modelwright.template.answer_collector import Asker

__all__ = ["CreateOutcome", "CreateRequest", "plan_without_token"]

_WITHOUT_TOKEN: Final = (
    "there is no token, so nothing was asked of GitHub; this is the plan for a repository that is "
    "not there yet. What cannot be known:",
    "- whether the name is free, and who asks for the repository is in the team",
    "- whether the organisation has the teams, secrets, variables and custom properties",
    "- what its plan on GitHub supports; the ids of teams are shown as 0",
)
_RUN: Final = "0" * 16


@dataclass(frozen=True, kw_only=True)
class CreateRequest:
    """The options of the command line.

    Attributes:
        archetype: The kind of project.
        answers: Answers by name.
        plan: Only report the changes.
        undo: Undo the last run.
        resume: Continue where another run stopped.
        api: The API's base URL; empty where the platform says it.
        journal: Where the journal is; None is the user's cache.
        into: A folder for the project's own folder; None leaves nothing on this machine.
        lock: Whether to make a lock file.
        transfer_from: The team that hands its repository over; empty for none.
        delete_others_commits: Whether commits of others may be deleted with the repository.
    """

    archetype: str
    answers: Mapping[str, object]
    defaults: bool = False
    ask: Asker | None = None
    plan: bool = False
    undo: bool = False
    resume: bool = False
    api: str = ""
    journal: Path | None = None
    into: Path | None = None
    lock: bool = True
    delete_others_commits: bool = False
    transfer_from: str = ""


@dataclass(frozen=True, kw_only=True)
class CreateOutcome:
    """The result of a run.

    Attributes:
        state: `planned`, `made`, `mended`, `unchanged` or `undone`.
        repository: Owner and name.
        url: Where a person looks at it.
        changes: What was, or would be, sent.
        calls: How many calls were sent, reads included.
        notes: What a person has to know, one line each.
        against: Why it would be refused without `plan`.
    """

    state: str
    repository: str
    url: str
    run: str
    changes: list[Change] = field(default_factory=list)
    calls: int = 0
    notes: list[str] = field(default_factory=list)
    against: list[str] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """Return it as one JSON document."""
        return {
            "state": self.state,
            "repository": self.repository,
            "url": self.url,
            "run": self.run,
            "calls": self.calls,
            "notes": self.notes,
            "against": self.against,
            "changes": [_change_data(change) for change in self.changes],
        }


def _change_data(change: Change) -> dict[str, Any]:
    return {
        "phase": int(change.phase),
        "method": change.call.method,
        "path": change.call.path,
        "body": change.call.body,
        "reason": change.reason,
        "undo": None if change.undo is None else f"{change.undo.method} {change.undo.path}",
    }


def plan_without_token(desired: DesiredState, against: Sequence[PreflightFault]) -> CreateOutcome:
    """Return the calls that would make a repository, where the organisation has all it needs."""
    changes = plan(desired, ActualState(), complete_organisation(desired), _RUN)
    return CreateOutcome(
        state="planned",
        repository=desired.full_name,
        url="",
        run="",
        changes=changes,
        notes=list(_WITHOUT_TOKEN),
        against=[one.text for one in against],
    )
