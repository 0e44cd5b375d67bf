"""Takes back what a run made, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from modelwright.adapters.github.client import GitHub
from modelwright.adapters.github.journal import JournalFile
from modelwright.errors import ExternalSystemError, RefusedError
from modelwright.provisioning import journal
from modelwright.provisioning.actual_state import RUN_VARIABLE, ActualState, run_trailer
from modelwright.provisioning.desired_state import DEFAULT_BRANCH, DesiredState
from modelwright.provisioning.journal import may_be_sent
from modelwright.provisioning.organisation_state import OrganisationState
from modelwright.provisioning.plan_changes import Call, Change, Phase
from modelwright.provisioning.repository_claims import is_marked

__all__ = ["remove_created_repository", "undo"]

_ABSENT: Final = 404
_EMPTY: Final = 409


def undo(  # noqa: PLR0913 -- what an undo follows from
    github: GitHub,
    desired: DesiredState,
    actual: ActualState,
    organisation: OrganisationState,
    notes: JournalFile,
    *,
    others: bool,
) -> list[Change]:
    """Take the last run back and return what was sent.

    Args:
        github: The connection.
        desired: The repository as it should be.
        actual: The repository as it is.
        organisation: What the organisation has.
        notes: The journal.
        others: Whether commits of others may be deleted with the repository.

    Raises:
        RefusedError: The repository was there before, or holds commits of others.
        ExternalSystemError: A call failed, or the repository is still there.
    """
    where = f"{desired.organisation}/{desired.name}"
    if not actual.exists:
        return []
    if not is_marked(desired, actual):
        raise RefusedError(
            "it was there before, and modelwright did not make it",
            where=where,
            next_step="delete it by hand if that is what you want",
        )
    lines = notes.lines()
    runs = journal.runs_for(lines, where)
    noted = [one for one in journal.entries(lines) if one.run in runs]
    mended = bool(noted) and noted[-1].run != actual.made_by
    if mended:
        calls = _refuse_foreign_calls(journal.to_undo(noted), desired, actual, notes)
    else:
        _refuse_commits_of_others(github, desired, actual, where, others=others)
        calls = _removal_calls(desired, actual, organisation)
    _send(github, calls, desired, gone=not mended)
    notes.remove(where)
    return [Change(phase=Phase.LEAVE, call=call, reason="takes it back") for call in calls]


def remove_created_repository(  # noqa: PLR0913, PLR0917 -- what a removal follows from
    github: GitHub,
    desired: DesiredState,
    organisation: OrganisationState,
    repository: Mapping[str, Any],
    run: str,
    notes: JournalFile,
) -> None:
    """Remove a repository that this very run has made, with whatever may be granted to it.

    Args:
        github: The connection.
        desired: The repository as it should be.
        organisation: What the organisation has.
        repository: GitHub's answer to the call that made it.
        run: This run, whose commit alone it may hold.
        notes: The journal.

    Raises:
        RefusedError: It is another one, or holds commits of others.
        ExternalSystemError: A call failed, or the repository is still there.
    """
    where = f"{desired.organisation}/{desired.name}"
    there = github.call("GET", desired.path).data
    if there["id"] != repository["id"]:
        raise RefusedError("it is another repository of that name", where=where)
    rows = github.pages(f"{desired.path}/branches?per_page=100", accept=(_EMPTY, _ABSENT))
    granted = frozenset(one.name for one in desired.grants)
    actual = ActualState(
        repository={**there, "description": ""},
        variables={RUN_VARIABLE: run},
        branches={row["name"]: "" for row in rows},
        granted_secrets=granted,
        granted_variables=granted,
    )
    _refuse_commits_of_others(github, desired, actual, where, others=False)
    _send(github, _removal_calls(desired, actual, organisation), desired, gone=True)
    notes.remove(where)


def _send(github: GitHub, calls: list[Call], desired: DesiredState, *, gone: bool) -> None:
    for call in calls:
        github.call(call.method, call.path, call.body, accept=(_ABSENT,))
    if gone and github.call("GET", desired.path, accept=(_ABSENT,)).status != _ABSENT:
        raise ExternalSystemError(
            "it is still there, although GitHub took the call that deletes it",
            where=f"{desired.organisation}/{desired.name}",
            next_step="run the command with --undo again",
        )


def _refuse_foreign_calls(
    calls: list[Call], desired: DesiredState, actual: ActualState, notes: JournalFile
) -> list[Call]:
    """Return the calls that a journal claims, where each is one that a plan's change needs."""
    identity = actual.repository.get("id")
    for call in calls:
        if not may_be_sent(call, desired, identity):
            raise RefusedError(
                "its last run claims a call that no plan for this repository makes: none was sent",
                where=str(notes.path),
                next_step="delete the file if you did not write it, and look at --plan",
            )
    return calls


def _removal_calls(
    desired: DesiredState, actual: ActualState, organisation: OrganisationState
) -> list[Call]:
    """Return the calls that remove a repository, with what the organisation holds for it."""
    identity = actual.repository["id"]
    org = f"/orgs/{desired.organisation}"
    held = {
        "secret": (actual.granted_secrets, organisation.secrets),
        "variable": (actual.granted_variables, organisation.variables),
    }
    grants = [
        Call("DELETE", f"{org}/actions/{one.kind}s/{one.name}/repositories/{identity}")
        for one in desired.grants
        if one.name in held[one.kind][0] and held[one.kind][1].get(one.name) == "selected"
    ]
    teams = [
        Call("DELETE", f"{org}/teams/{slug}{desired.path}")
        for slug in sorted(actual.teams)
        if slug in desired.teams
    ]
    return [*grants, *teams, Call("DELETE", desired.path)]


def _refuse_commits_of_others(
    github: GitHub, desired: DesiredState, actual: ActualState, where: str, *, others: bool
) -> None:
    if others:
        return
    branches = [name for name in actual.branches if name != DEFAULT_BRANCH]
    answer = github.call("GET", f"{desired.path}/commits?per_page=2", accept=(_EMPTY, _ABSENT))
    rows = answer.data if isinstance(answer.data, list) else []
    # Without a run there is no commit of ours: its trailer would be in every run's.
    run = run_trailer(actual.made_by) if actual.made_by else "\0"
    ours = [row for row in rows if run in row["commit"]["message"]]
    if branches or len(rows) > 1 or len(ours) != len(rows):
        raise RefusedError(
            "it holds commits that this run did not make",
            where=where,
            next_step="add --yes-delete-commits-of-others if they may be deleted too",
        )
