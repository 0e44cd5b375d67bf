"""Sends the changes of a plan, phase by phase; the journal has each one before and after."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from http import HTTPStatus
from itertools import groupby
from typing import Any, Final

from modelwright.adapters.github.client import GitHub, GitHubError
from modelwright.adapters.github.credentials import seal_secret
from modelwright.adapters.github.journal import JournalFile
from modelwright.errors import ExternalSystemError, RefusedError
from modelwright.provisioning.journal import line_after_call, line_before_call
from modelwright.provisioning.plan_changes import PUSH, Call, Change, Phase

__all__ = ["Applier"]

_ABSENT_OR_CONFLICT: Final = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
_REFUSED: Final = (HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY)
_SECRET_BYTES: Final = 32
_PHASES: Final[Mapping[Phase, str]] = {
    Phase.REPOSITORY: "make the repository",
    Phase.CLOSED: "set it up, closed",
    Phase.ENVIRONMENTS: "make its environments",
    Phase.INSIDE: "give them their values",
    Phase.CODE: "push the project",
    Phase.RULES: "guard the default branch",
    Phase.ACCESS: "give the team access",
    Phase.LEAVE: "leave nobody access in person",
    Phase.GRANTS: "grant the secrets it needs",
    Phase.FINISH: "take the mark away",
}


@dataclass(kw_only=True)
class Applier:
    """One run's way of sending changes.

    Attributes:
        values: Values of secrets by name; a secret without one gets a random value.
        push: Pushes the project to a URL.
        path: The repository in GitHub's paths.
        on_created: Called once this run has made the repository for certain.
        repository: GitHub's answer about the repository, once it exists.
        done: The changes that took effect, in order.
        tell: Receives the name of each phase.
    """

    github: GitHub
    journal: JournalFile
    run: str
    values: Mapping[str, str]
    push: Callable[[str], None]
    path: str
    on_created: Callable[[], None]
    tell: Callable[[str], None] = lambda _: None
    repository: Mapping[str, Any] = field(default_factory=dict)
    done: list[Change] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def apply(self, changes: Sequence[Change]) -> None:
        """Send changes; what stands in one phase is in flight together.

        Raises:
            ExternalSystemError: One failed; the others of its phase were sent.
        """
        for phase, group in groupby(changes, key=lambda change: change.phase):
            tasks = {n: partial(self._apply_one, change) for n, change in enumerate(group)}
            self.tell(_PHASES[phase])
            self.github.in_parallel(tasks)

    def _apply_one(self, change: Change) -> None:
        number = next(self.numbers)
        call = self._fill_placeholders(change.call)
        undo = self._fill_placeholders(change.undo) if change.undo else None
        self.journal.add(line_before_call(self.run, number, change, undo))
        if call.method == PUSH:
            self.push(self.repository["clone_url"])
        else:
            undo = self._send(call, undo, change.seal)
        self.journal.add(line_after_call(self.run, number, undo))
        self.done.append(change)

    def _send(self, call: Call, undo: Call | None, seal: str) -> Call | None:
        body = self._secret_body(call.path, seal) if seal else call.body
        # A grant of what every repository may read cannot be withdrawn, and need not be.
        accept = _ABSENT_OR_CONFLICT if call.method == "DELETE" else ()
        if call.method == "POST" and call.path.endswith("/repos"):
            data = self.repository = self._create_repository(call)
        else:
            data = self.github.call(call.method, call.path, body, accept=accept).data
        if undo is not None and isinstance(data, dict) and "id" in data:
            undo = replace(undo, path=undo.path.replace("{id}", str(data["id"])))
        return undo

    def _create_repository(self, call: Call) -> Mapping[str, Any]:
        try:
            answer: Mapping[str, Any] = self.github.call(call.method, call.path, call.body).data
        except GitHubError as error:
            if error.status not in _REFUSED:
                raise
            if self.github.exists(self.path):
                raise RefusedError(
                    "the name exists: somebody made the repository a moment ago",
                    where=self.path,
                    next_step="run the command again to see whose it is",
                ) from error
            raise ExternalSystemError(
                f"the repository could not be made: {error.problem}",
                where=error.where,
                next_step="where the name exists, choose another use case; else have an owner of "
                "the organisation allow it (Settings, Member privileges, Repository creation), "
                "then run the command again",
            ) from error
        self.on_created()
        return answer

    def _fill_placeholders(self, call: Call) -> Call:
        identity = str(self.repository.get("id", ""))
        return replace(call, path=call.path.replace("{repository_id}", identity))

    def _secret_body(self, path: str, name: str) -> dict[str, str]:
        """Return the body of a secret; its value is in no variable that outlives this call."""
        folder = path.rpartition("/")[0]
        key = self.github.call("GET", f"{folder}/public-key").data
        value = self.values.get(name) or secrets.token_urlsafe(_SECRET_BYTES)
        return {"encrypted_value": seal_secret(value, key["key"]), "key_id": key["key_id"]}
