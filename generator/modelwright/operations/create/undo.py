"""Rollback of a creation: takes back what a run made, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from modelwright.adapters.github.client import GitHub
from modelwright.adapters.github.journal import JournalFile
from modelwright.errors import ExternalSystemError, RefusedError
from modelwright.provisioning.actual_state import RUN_VARIABLE, ActualState, run_trailer
from modelwright.provisioning.desired_state import DEFAULT_BRANCH, DesiredState
from modelwright.provisioning.journal import entries, may_be_sent, runs_for, to_undo
from modelwright.provisioning.organisation_state import OrganisationState
from modelwright.provisioning.plan_changes import Call, Change, Phase
from modelwright.provisioning.repository_claims import is_marked

__all__ = ["Rollback"]

_ABSENT_OR_EMPTY: Final = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)


@dataclass(frozen=True)
class Rollback:
    """The way to take a creation back: connection, desired state, organisation and journal."""

    github: GitHub
    desired: DesiredState
    organisation: OrganisationState
    journal: JournalFile

    def undo(self, actual: ActualState, *, delete_others_commits: bool) -> list[Change]:
        """Take the last run back and return what was sent.

        A run that made the repository is undone by deleting it; a run that repaired a complete
        one is undone call by call, as its journal says.

        Args:
            actual: The repository as it is.
            delete_others_commits: Whether commits of others may be deleted with the repository.

        Raises:
            RefusedError: The repository was there before, or holds commits of others.
            ExternalSystemError: A call failed, or the repository is still there.
        """
        if not actual.exists:
            return []
        where = self.desired.full_name
        if not is_marked(self.desired, actual):
            raise RefusedError(
                "it was there before, and modelwright did not make it",
                where=where,
                next_step="delete it by hand if that is what you want",
            )
        lines = self.journal.lines()
        runs = runs_for(lines, where)
        noted = [entry for entry in entries(lines) if entry.run in runs]
        repaired = bool(noted) and noted[-1].run != actual.made_by
        if repaired:
            calls = to_undo(noted)
            self._refuse_foreign_calls(calls, actual)
        else:
            if not delete_others_commits:
                self._refuse_commits_of_others(actual)
            calls = self._removal_calls(actual)
        self._send(calls, removed=not repaired)
        return [Change(phase=Phase.LEAVE, call=call, reason="takes it back") for call in calls]

    def remove_created(self, repository: Mapping[str, Any], run: str) -> None:
        """Remove a repository that this very run has made, with whatever may be granted to it.

        Args:
            repository: GitHub's answer to the call that made it.
            run: This run, whose commit alone it may hold.

        Raises:
            RefusedError: It is another one, or holds commits of others.
            ExternalSystemError: A call failed, or the repository is still there.
        """
        path = self.desired.path
        current = self.github.call("GET", path).data
        if current["id"] != repository["id"]:
            where = self.desired.full_name
            raise RefusedError("it is another repository of that name", where=where)
        rows = self.github.pages(f"{path}/branches?per_page=100", accept=_ABSENT_OR_EMPTY)
        granted = frozenset(grant.name for grant in self.desired.grants)
        actual = ActualState(
            repository={**current, "description": ""},
            variables={RUN_VARIABLE: run},
            branches={row["name"]: "" for row in rows},
            granted_secrets=granted,
            granted_variables=granted,
        )
        self._refuse_commits_of_others(actual)
        self._send(self._removal_calls(actual), removed=True)

    def _send(self, calls: list[Call], *, removed: bool) -> None:
        """Send the calls, check that a removed repository is gone, and end the journal."""
        for call in calls:
            self.github.call(call.method, call.path, call.body, accept=(HTTPStatus.NOT_FOUND,))
        where = self.desired.full_name
        if removed and self.github.exists(self.desired.path):
            raise ExternalSystemError(
                "it is still there, although GitHub took the call that deletes it",
                where=where,
                next_step="run the command with --undo again",
            )
        self.journal.remove(where)

    def _refuse_foreign_calls(self, calls: list[Call], actual: ActualState) -> None:
        """Check that each call that a journal claims takes back a change of a plan."""
        identity = actual.repository.get("id")
        if not all(may_be_sent(call, self.desired, identity) for call in calls):
            raise RefusedError(
                "its last run claims a call that no plan for this repository makes: none was sent",
                where=str(self.journal.path),
                next_step="delete the file if you did not write it, and look at --plan",
            )

    def _removal_calls(self, actual: ActualState) -> list[Call]:
        """Return the calls that remove a repository, with what the organisation holds for it."""
        identity = actual.repository["id"]
        org = f"/orgs/{self.desired.organisation}"
        grants = [
            Call("DELETE", f"{org}/actions/{grant.kind}s/{grant.name}/repositories/{identity}")
            for grant in self.desired.grants
            if grant.name in actual.granted[grant.kind]
            and self.organisation.visibility[grant.kind].get(grant.name) == "selected"
        ]
        teams = [
            Call("DELETE", f"{org}/teams/{slug}{self.desired.path}")
            for slug in sorted(actual.teams)
            if slug in self.desired.teams
        ]
        return [*grants, *teams, Call("DELETE", self.desired.path)]

    def _refuse_commits_of_others(self, actual: ActualState) -> None:
        branches = [name for name in actual.branches if name != DEFAULT_BRANCH]
        path = f"{self.desired.path}/commits?per_page=2"
        answer = self.github.call("GET", path, accept=_ABSENT_OR_EMPTY)
        rows = answer.data if isinstance(answer.data, list) else []
        # Without a run there is no commit of ours: its trailer would be in every run's.
        trailer = run_trailer(actual.made_by) if actual.made_by else "\0"
        ours = [row for row in rows if trailer in row["commit"]["message"]]
        if branches or len(rows) > 1 or len(ours) != len(rows):
            raise RefusedError(
                "it holds commits that this run did not make",
                where=self.desired.full_name,
                next_step="add --yes-delete-commits-of-others if they may be deleted too",
            )
