"""The repository that an update works in: lock, crash recovery, merge objects, apply."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote
from typing import Final

from modelwright.adapters.disk.folders import temporary_root
from modelwright.adapters.git.merge import require_git
from modelwright.adapters.git.object_writer import Scratch
from modelwright.adapters.git.repository import ProjectRepository, repository_of
from modelwright.adapters.worktree.apply import apply, finish, journal_of, verify_unchanged
from modelwright.adapters.worktree.journal import exclusive_update, interrupted_update
from modelwright.errors import ExternalSystemError, StoppedError
from modelwright.update.conflict_resolution import MergePlan
from modelwright.update.conflicts import Conflict
from modelwright.update.file_entry import Files
from modelwright.update.journal import Journal
from modelwright.update.outcome import UpdateOutcome, outcome_from

UNDO: Final = "modelwright update --undo"


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """A clean repository while an update works in it.

    Attributes:
        repository: The project's repository.
        scratch: Where the objects of the merge are written.
        ours: The project's files at its commit.
        lock: The descriptor of the lock of updates; None in a dry run.
        earlier: What became of another killed update, or of one that was rolled back.
        finished: The outcome of this project's own killed update, finished now: nothing is to do.
    """

    repository: ProjectRepository
    scratch: Scratch
    ours: Files
    lock: int | None = None
    earlier: UpdateOutcome | None = None
    finished: UpdateOutcome | None = None

    @property
    def folder(self) -> Path:
        """The project's folder."""
        return self.repository.folder

    def obstacle(self, path: str) -> str:
        """Return the path of an untracked file that is in the way of a new file, or nothing."""
        return self.repository.obstacle(path, self.ours)

    def require_committed(self, file: str) -> None:
        """Check that git knows a file that the update starts from.

        Raises:
            ExternalSystemError: It does not.
        """
        if file not in self.ours:
            raise ExternalSystemError(
                f"{file} is not in git, so there is nothing to compare with",
                where=str(self.folder),
                next_step=f"run git add --force {quote(file)} && "
                'git commit --message "chore: keep the answers"',
            )

    def unchanged(self, outcome: UpdateOutcome) -> UpdateOutcome:
        """Return the outcome of an update that has nothing to do."""
        return self._with_earlier(replace(outcome, status="current"))

    def apply(self, plan: MergePlan, outcome: UpdateOutcome) -> UpdateOutcome:
        """Write what was planned into the work tree: all of it or nothing; a dry run only checks.

        Raises:
            ExternalSystemError: It cannot be written; nothing was changed.
        """
        repository = self.repository
        if self.lock is None:
            _refuse_hidden_changes(repository, plan)
            return outcome
        if not plan.changes:
            return self.unchanged(outcome)
        outcome = replace(
            outcome,
            status="conflicts" if plan.conflicts else "updated",
            undo=f"{UNDO} {quote(str(self.folder))}",
        )
        apply(repository, journal_of(repository, plan, self.scratch, outcome.document()), self.lock)
        return self._with_earlier(outcome)

    def _with_earlier(self, outcome: UpdateOutcome) -> UpdateOutcome:
        """Add what became of another project's update that was killed in this repository."""
        earlier = self.earlier
        if earlier is None:
            return outcome
        folder, other = Path(outcome.project), Path(earlier.project)
        conflicts = [
            replace(
                each,
                path=os.path.relpath(other / each.path, folder),
                aside=os.path.relpath(other / each.aside, folder) if each.aside else "",
            )
            for each in earlier.conflicts
        ]
        notes = [f"{earlier.project}: {note}" for note in earlier.notes]
        return replace(
            outcome, notes=[*notes, *outcome.notes], conflicts=[*conflicts, *outcome.conflicts]
        )


@contextmanager
def open_workspace(path: Path, *, dry_run: bool = False) -> Iterator[Workspace]:
    """Lock a project's repository, finish an update that was killed there, and check it is clean.

    A dry run takes no lock and finishes nothing.

    Raises:
        ExternalSystemError: It has changes, another update runs, or recovery is not possible yet.
        StoppedError: It was interrupted; nothing was changed.
    """
    require_git()
    repository = repository_of(path)
    if dry_run:
        with _clean_workspace(repository) as workspace:
            yield workspace
        return
    with exclusive_update(repository) as lock:
        journal = interrupted_update(repository)
        earlier = _recover(repository, journal, lock) if journal else None
        is_own = journal is not None and journal.prefix == repository.prefix
        if earlier and is_own and earlier.status != "current":
            yield Workspace(
                repository=repository, scratch=_scratch_of(repository), ours={}, finished=earlier
            )
            return
        if earlier:
            repository = repository_of(path)
        try:
            with _clean_workspace(repository) as workspace:
                yield replace(workspace, lock=lock, earlier=earlier)
        except KeyboardInterrupt as error:
            raise StoppedError(
                "the update was interrupted",
                where=str(repository.folder),
                next_step="run it again; nothing was changed",
            ) from error


@contextmanager
def _clean_workspace(repository: ProjectRepository) -> Iterator[Workspace]:
    repository.refuse_dirty()
    with _scratch_of(repository) as scratch:
        ours = repository.files()
        scratch.register_existing(ours)
        yield Workspace(repository=repository, scratch=scratch, ours=ours)


def _scratch_of(repository: ProjectRepository) -> Scratch:
    common = repository.common_dir
    return Scratch(common / "objects", common / "config", repository.digest)


def _recover(repository: ProjectRepository, journal: Journal, lock: int) -> UpdateOutcome:
    """Finish an update that was killed; its outcome is `current` where it was rolled back.

    Raises:
        ExternalSystemError: It cannot be finished yet.
    """
    temporary_root()  # removes what the killed process left
    outcome = outcome_from(journal.outcome)
    end = finish(repository, journal, lock)
    if end.undone:
        note = "an update that had been interrupted was taken back, because its objects are gone"
        left = [f"{path} was changed since, and is as you left it" for path in end.left]
        return replace(outcome, status="current", conflicts=[], notes=[note, *left, *outcome.notes])
    note = "an update that had been interrupted is finished now; this is what it did"
    later_edits = _later_edits(journal, end.kept)
    return replace(
        outcome,
        status="conflicts" if later_edits else outcome.status,
        notes=[note, *outcome.notes],
        conflicts=[*outcome.conflicts, *later_edits],
    )


def _later_edits(journal: Journal, copies: dict[str, str]) -> list[Conflict]:
    """Return the files that somebody changed between the kill and its recovery, as conflicts."""
    return [
        Conflict(
            path=path.removeprefix(journal.prefix),
            kind="meanwhile",
            aside=copy.removeprefix(journal.prefix),
        )
        for path, copy in copies.items()
    ]


def _refuse_hidden_changes(repository: ProjectRepository, plan: MergePlan) -> None:
    """Check that no file which changes holds an edit that is hidden from git."""
    before = {f"{repository.prefix}{path}": plan.ours.get(path) for path in plan.changes}
    after = {f"{repository.prefix}{path}": entry for path, entry in plan.changes.items()}
    verify_unchanged(repository, before, after)
