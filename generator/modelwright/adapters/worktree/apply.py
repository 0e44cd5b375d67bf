"""Applies an update to a work tree and its index: all or nothing, with rollback and recovery."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from modelwright.adapters.git.object_writer import Scratch
from modelwright.adapters.git.project import project_git
from modelwright.adapters.git.repository import ProjectRepository
from modelwright.adapters.system.signals import signals_blocked
from modelwright.adapters.worktree.files import (
    Exchange,
    FileState,
    changed_meanwhile,
    file_state,
    stored_entries,
)
from modelwright.adapters.worktree.index import outside_sparse_checkout, refresh_index
from modelwright.adapters.worktree.journal import (
    TemporaryFiles,
    index_locked,
    remove_journal,
    unwritable_error,
    write_journal,
    write_record,
)
from modelwright.adapters.worktree.undo import take_back_update
from modelwright.errors import ExternalSystemError
from modelwright.update.conflict_resolution import MergePlan
from modelwright.update.file_entry import FOLDER, REPOSITORY, FileEntry
from modelwright.update.journal import Journal

_LITTLE_SPACE: Final = 1_000_000
_RUN_AGAIN: Final = "make room or move what is in the way, then run it again; nothing was changed"
States = Mapping[str, FileState | None]


class FinishedUpdate(NamedTuple):
    """How the recovery of a killed update ended.

    Attributes:
        kept: The path of the copy by path of each file that somebody changed after the kill.
        undone: Whether it was rolled back, because the objects of its result are gone.
        left: After a rollback: the paths that somebody changed since.
    """

    kept: dict[str, str]
    undone: bool = False
    left: tuple[str, ...] = ()


def journal_of(
    repository: ProjectRepository, plan: MergePlan, scratch: Scratch, outcome: dict[str, object]
) -> Journal:
    """Write the plan as a commit into the repository and return the journal of the update.

    Raises:
        ExternalSystemError: The objects cannot be written; nothing was changed.
    """
    tree = scratch.tree(repository.with_rest_of_repository(plan.files))
    commit = scratch.commit(tree, repository.head)
    try:
        scratch.copy_objects_to(repository.common_dir / "objects")
    except OSError as error:
        raise unwritable_error(repository, error) from error
    prefix, paths = repository.prefix, sorted({*plan.changes, *plan.unmerged})
    return Journal(
        head=repository.head,
        commit=commit,
        prefix=prefix,
        before={f"{prefix}{path}": plan.ours.get(path) for path in paths},
        after={f"{prefix}{path}": plan.files.get(path) for path in paths},
        unmerged={f"{prefix}{path}": stages for path, stages in plan.unmerged.items()},
        outcome=outcome,
    )


def verify_unchanged(
    repository: ProjectRepository,
    before: Mapping[str, FileEntry | None],
    after: Mapping[str, FileEntry | None],
) -> dict[str, FileState | None]:
    """Check that each file that changes still is what the plan was made from; return their states.

    Files outside of a sparse checkout are left out.

    Raises:
        ExternalSystemError: One differs, even where git's index hides that.
    """
    paths = [path for path in before if before[path] != after[path]]
    states = {path: file_state(repository.top / path) for path in paths}
    found = stored_entries(repository, {path: (before[path], after[path]) for path in paths})
    for path in outside_sparse_checkout(
        repository, [p for p in paths if before[p] and not found[p]]
    ):
        del states[path], found[path]
    for path, entry in found.items():
        if before[path] is None and entry and entry.mode == FOLDER:
            states[path] = None  # it is empty when the file comes, or the file does not come
        elif entry != before[path] and (before[path] is not None or entry != after[path]):
            raise changed_meanwhile(path)
    return states


def apply(repository: ProjectRepository, journal: Journal, lock: int) -> None:
    """Write a planned update into the work tree and the index.

    Args:
        repository: The project's repository, clean.
        journal: The update.
        lock: The descriptor of the lock of updates, which git's process keeps open too.

    Raises:
        ExternalSystemError: It cannot be written; everything is rolled back.
    """
    with index_locked(repository):
        try:
            _refuse_other_commit(repository, journal.head)
            TemporaryFiles(repository).clear()
            states = verify_unchanged(repository, journal.before, journal.after)
            write_journal(repository, journal)
            _check_out_and_exchange(repository, journal, lock, states)
        except OSError as error:
            remove_journal(repository)
            raise unwritable_error(repository, error) from error
        except BaseException:
            remove_journal(repository)
            raise
        write_record(repository, journal)


def finish(repository: ProjectRepository, journal: Journal, lock: int) -> FinishedUpdate:
    """Finish an update that was killed, or roll it back where its objects are gone.

    Raises:
        ExternalSystemError: It cannot be finished; the journal stays.
    """
    temporary = TemporaryFiles(repository)
    with index_locked(repository):
        if temporary.are_files_placed() and temporary.index.exists():
            temporary.install_index()
        if temporary.is_index_replaced():
            write_record(repository, journal)
            return FinishedUpdate({})
        if not _has_commit(repository, journal.commit):
            left = take_back_update(repository, journal)
            remove_journal(repository)
            return FinishedUpdate({}, undone=True, left=tuple(left))
        temporary.clear()  # first, because it changes the state of a file that has a copy there
        kept, states = _keep_later_edits(repository, journal)
        try:
            _check_out_and_exchange(repository, journal, lock, states)
        except (ExternalSystemError, OSError) as error:
            failure = unwritable_error(repository, error) if isinstance(error, OSError) else error
            failure.next_step = (
                "move what is in the way and run it again, or take it back: "
                f"modelwright update --undo {shlex.quote(str(repository.top / journal.prefix))}"
            )
            raise failure from error
        write_record(repository, journal)
    return FinishedUpdate(kept)


def _check_out_and_exchange(
    repository: ProjectRepository, journal: Journal, lock: int, states: States
) -> None:
    """Check the new files out beside the work tree, then exchange them one by one."""
    temporary = TemporaryFiles(repository)
    temporary.begin()
    env = temporary.git_environment
    try:
        trees = (journal.head, journal.commit)
        project_git(temporary.new, "read-tree", "-m", "-u", *trees, env=env, descriptors=(lock,))
    except ExternalSystemError as error:
        # Git does not say why it is unable to write.
        if shutil.disk_usage(repository.git_dir).free < _LITTLE_SPACE:
            error.problem = f"No space left on the disk: {error.problem}"
        error.next_step = _RUN_AGAIN
        raise
    exchange = Exchange(top=repository.top, kept=temporary.kept)
    with signals_blocked():
        try:
            _exchange_files(exchange, journal, temporary.new, states, repository)
            refresh_index(repository, journal.unmerged)
            exchange.check()
            temporary.mark_placed()
            temporary.install_index()
        except BaseException as error:
            left = exchange.put_back()
            if not isinstance(error, (ExternalSystemError, OSError)):
                raise
            failure = unwritable_error(repository, error) if isinstance(error, OSError) else error
            if left:
                failure.next_step = (
                    f"look at {', '.join(left)}, which changed while it was taken back; "
                    "everything else is as it was"
                )
            raise failure from error


def _exchange_files(
    exchange: Exchange,
    journal: Journal,
    new: Path,
    states: States,
    repository: ProjectRepository,
) -> None:
    present = [path for path, entry in journal.after.items() if entry and states.get(path)]
    found = stored_entries(repository, {path: (journal.after[path],) for path in present})
    for number, path in enumerate(journal.paths):
        entry = journal.after[path]
        if path not in states or (entry is None and states[path] is None):
            continue
        if entry is not None and found.get(path) == entry:
            continue  # it is there already
        if entry is None:
            exchange.replace(path, number, states[path], None)
        elif os.path.lexists(new / path) and entry.mode != REPOSITORY:
            exchange.replace(path, number, states[path], new / path)


def _keep_later_edits(
    repository: ProjectRepository, journal: Journal
) -> tuple[dict[str, str], dict[str, FileState | None]]:
    """Copy the files that somebody changed after the kill; return those copies and all states."""
    kept: dict[str, str] = {}
    states = {path: file_state(repository.top / path) for path in journal.after}
    candidates = {path: (journal.before[path], journal.after[path]) for path in journal.after}
    for path, entry in stored_entries(repository, candidates).items():
        if entry is not None and entry.mode == FOLDER:
            states[path] = None
        if journal.before[path] == journal.after[path]:
            del states[path]
            continue
        if entry is None and path in outside_sparse_checkout(repository, [path]):
            del states[path]
        if entry is None or entry.mode == FOLDER or entry in candidates[path]:
            continue
        place = repository.top / path
        copy = _free_path(place.with_name(f"{place.name}.yours"))
        shutil.copy2(place, copy, follow_symlinks=False)
        kept[path] = copy.relative_to(repository.top).as_posix()
    return kept, states


def _has_commit(repository: ProjectRepository, commit: str) -> bool:
    stdin = f"{commit}^{{tree}}\n".encode()
    answer = project_git(repository.top, "cat-file", "--batch-check", stdin=stdin)
    return answer.split()[1:2] == [b"tree"]


def _refuse_other_commit(repository: ProjectRepository, head: str) -> None:
    if project_git(repository.folder, "rev-parse", "HEAD").decode().strip() != head:
        raise ExternalSystemError(
            "another commit was made or checked out while the update was planned",
            where=str(repository.folder),
            next_step="run it again; nothing was changed",
        )


def _free_path(place: Path) -> Path:
    found, number = place, 2
    while os.path.lexists(found):
        found, number = place.with_name(f"{place.name}-{number}"), number + 1
    return found
