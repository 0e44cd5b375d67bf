"""`modelwright update --undo`: take back the last update, and nothing that anybody did since."""

from __future__ import annotations

import shlex
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from modelwright.adapters.git.merge import require_git
from modelwright.adapters.git.repository import ProjectRepository, repository_of
from modelwright.adapters.worktree.journal import (
    drop_record,
    exclusive_update,
    index_locked,
    interrupted_update,
    records,
    remove_journal,
)
from modelwright.adapters.worktree.undo import take_back_update
from modelwright.errors import ExternalSystemError
from modelwright.update.journal import Journal


@dataclass(frozen=True, kw_only=True)
class UndoOutcome:
    """What an undo took back.

    Attributes:
        project: The project's folder.
        old: The version that the project is at again.
        new: The version that the update had brought.
        files: The paths that are as they were before.
        left: The paths that somebody changed since, which were left alone.
    """

    project: str
    old: str
    new: str
    files: list[str]
    left: list[str]

    def document(self) -> dict[str, Any]:
        """Return it as `--json` prints it."""
        return {"status": "undone", **asdict(self)}


def undo(path: Path) -> UndoOutcome:
    """Take back the last update of the project that a folder belongs to, or one that was killed.

    Every file that still is what the update wrote goes back to its committed state; no other file
    is touched.

    Raises:
        RefusedError: There is no such folder.
        ExternalSystemError: There is no update to take back, it was committed, or git fails.
    """
    require_git()
    repository = repository_of(path)
    with exclusive_update(repository):
        interrupted = interrupted_update(repository)
        known = records(repository)
        if interrupted is not None:
            known[interrupted.prefix] = interrupted
        journal = _journal_of_project(repository, known)
        if journal.head != repository.head:
            raise _committed_error(repository, journal)
        with index_locked(repository):
            left = take_back_update(repository, journal)
            drop_record(repository, journal.prefix)
            if interrupted is None or interrupted.prefix == journal.prefix:
                remove_journal(repository)
    inside = [name.removeprefix(journal.prefix) for name in left]
    return UndoOutcome(
        project=str(repository.top / journal.prefix),
        old=str(journal.outcome["from"]),
        new=str(journal.outcome["to"]),
        files=sorted({name.removeprefix(journal.prefix) for name in journal.after} - {*inside}),
        left=inside,
    )


def _journal_of_project(repository: ProjectRepository, known: dict[str, Journal]) -> Journal:
    """Return the journal of the innermost updated project around a folder."""
    around = [prefix for prefix in known if repository.prefix.startswith(prefix)]
    if around:
        return known[max(around, key=len)]
    projects = [shlex.quote(str(repository.top / prefix)) for prefix in sorted(known)]
    advice = "; ".join(f"modelwright update --undo {project}" for project in projects)
    raise ExternalSystemError(
        "there is no update here to take back",
        where=str(repository.folder),
        next_step=f"name the project: {advice}" if advice else "nothing was changed",
    )


def _committed_error(repository: ProjectRepository, journal: Journal) -> ExternalSystemError:
    return ExternalSystemError(
        f"the update to {journal.outcome['to']} was committed, or another commit is checked out",
        where=str(repository.top / journal.prefix),
        next_step="take a commit back with git revert; nothing was changed",
    )
