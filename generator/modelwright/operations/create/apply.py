"""Sends the changes of a plan, phase by phase, each one noted before and after."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any, Final

from modelwright.adapters.github.client import GitHub, GitHubError
from modelwright.adapters.github.credentials import seal_secret
from modelwright.adapters.github.journal import JournalFile
from modelwright.errors import ExternalSystemError, RefusedError
from modelwright.provisioning import journal
from modelwright.provisioning.plan_changes import PUSH, Call, Change, Phase

__all__ = ["Applier"]

_ABSENT: Final = 404
_FORBIDDEN: Final = (403, 422)
_CONFLICT: Final = 409
_SECRET_BYTES: Final = 32


@dataclass(kw_only=True)
class Applier:
    """One run's way of sending changes.

    Attributes:
        values: Where values of secrets are looked up; the others are made up.
        push: Pushes the project to a URL.
        path: The repository in GitHub's paths.
        made: Told GitHub's answer about a repository that this run has made for certain.
        repository: GitHub's answer about the repository, once it exists.
        done: The changes that took effect, in order.
        tell: Is told each phase.
    """

    github: GitHub
    notes: JournalFile
    run: str
    values: Mapping[str, str]
    push: Callable[[str], None]
    path: str
    made: Callable[[Mapping[str, Any]], None]
    tell: Callable[[str], None] = lambda _: None
    repository: Mapping[str, Any] = field(default_factory=dict)
    done: list[Change] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def all(self, changes: Sequence[Change]) -> None:
        """Send changes; what stands in one phase is in flight together.

        Raises:
            ExternalSystemError: One failed; the others of its phase were sent.
        """
        for phase, group in groupby(changes, key=lambda change: change.phase):
            listed = list(group)
            self.tell(_PHASES[phase])
            self.github.in_parallel([self._task(change) for change in listed])

    def _task(self, change: Change) -> Callable[[], None]:
        return lambda: self._one(change)

    def _one(self, change: Change) -> None:
        number = next(self.numbers)
        call, undo = self._filled(change.call), self._undo(change.undo)
        self.notes.add(journal.line_before_call(self.run, number, change, undo))
        if call.method == PUSH:
            self.push(self.repository["clone_url"])
        else:
            undo = self._sent(call, undo, change.seal)
        self.notes.add(journal.line_after_call(self.run, number, undo))
        self.done.append(change)

    def _sent(self, call: Call, undo: Call | None, seal: str) -> Call | None:
        body = self._sealed(call.path, seal) if seal else call.body
        # A grant of what every repository may read cannot be withdrawn, and need not be.
        accept = (_ABSENT, _CONFLICT) if call.method == "DELETE" else ()
        if call.method == "POST" and call.path.endswith("/repos"):
            data = self.repository = self._made(call)
        else:
            data = self.github.call(call.method, call.path, body, accept=accept).data
        if undo is not None and isinstance(data, dict) and "id" in data:
            undo = replace(undo, path=undo.path.replace("{id}", str(data["id"])))
        return undo

    def _made(self, call: Call) -> Mapping[str, Any]:
        try:
            answer: Mapping[str, Any] = self.github.call(call.method, call.path, call.body).data
        except GitHubError as error:
            if error.status not in _FORBIDDEN:
                raise
            if self.github.call("GET", self.path, accept=(_ABSENT,)).status != _ABSENT:
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
        self.made(answer)
        return answer

    def _filled(self, call: Call) -> Call:
        identity = str(self.repository.get("id", ""))
        return replace(call, path=call.path.replace("{repository_id}", identity))

    def _undo(self, call: Call | None) -> Call | None:
        return None if call is None else self._filled(call)

    def _sealed(self, path: str, name: str) -> dict[str, str]:
        """Return the body of a secret; its value is in no variable that outlives this call."""
        folder = path.rpartition("/")[0]
        key = self.github.call("GET", f"{folder}/public-key").data
        value = self.values.get(name) or secrets.token_urlsafe(_SECRET_BYTES)
        return {"encrypted_value": seal_secret(value, key["key"]), "key_id": key["key_id"]}


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
