"""Brings a result into a work tree and its index: all of it, or, after a kill, the rest of it."""

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
    Places,
    index_locked,
    remove_journal,
    unwritable_error,
    write_journal,
    write_record,
)
from modelwright.adapters.worktree.undo import take_back_update
from modelwright.errors import ExternalSystemError
from modelwright.update.conflict_resolution import MergePlan
from modelwright.update.journal import Journal
from modelwright.update.merge_inputs import FOLDER, REPOSITORY, FileEntry

_LITTLE_SPACE: Final = 1_000_000
_RUN_AGAIN: Final = "make room or lift what is in the way, then run it again; nothing was changed"
States = Mapping[str, FileState | None]


class FinishedUpdate(NamedTuple):
    """What became of an update that was killed.

    Attributes:
        kept: The paths of what somebody wrote meanwhile, and of the copy of it.
        undone: Whether it was taken back, because what it was to bring is gone.
        left: Where it was taken back: the paths that somebody changed since.
    """

    kept: dict[str, str]
    undone: bool = False
    left: tuple[str, ...] = ()


def journal_of(
    repository: ProjectRepository, result: MergePlan, scratch: Scratch, outcome: dict[str, object]
) -> Journal:
    """Write the result as a commit into the repository and return the journal of its update.

    Raises:
        ExternalSystemError: The objects cannot be written; nothing was changed.
    """
    tree = scratch.tree(repository.whole(result.files))
    commit = scratch.commit(tree, repository.head)
    try:
        scratch.copy_objects_to(repository.common_dir / "objects")
    except OSError as error:
        raise unwritable_error(repository, error) from error
    prefix, paths = repository.prefix, sorted({*result.changes, *result.unmerged})
    return Journal(
        head=repository.head,
        commit=commit,
        prefix=prefix,
        before={f"{prefix}{path}": result.ours.get(path) for path in paths},
        after={f"{prefix}{path}": result.files.get(path) for path in paths},
        unmerged={f"{prefix}{path}": stages for path, stages in result.unmerged.items()},
        outcome=outcome,
    )


def verify_unchanged(
    repository: ProjectRepository,
    before: Mapping[str, FileEntry | None],
    after: Mapping[str, FileEntry | None],
) -> dict[str, FileState | None]:
    """Return the state of each file that changes, all of them exactly as the plan took them.

    Files that are outside of a sparse checkout are left out.

    Raises:
        ExternalSystemError: One holds something else, whatever git's index says of it.
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
    """Bring a result into the work tree and the index.

    Args:
        repository: The project's repository, clean.
        journal: What is to be done.
        lock: The descriptor of the lock, which git's process holds too.

    Raises:
        ExternalSystemError: It cannot be done; what was begun is undone.
    """
    with index_locked(repository):
        try:
            _refuse_other_commit(repository, journal.head)
            Places(repository).clear()
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
    """Finish an update that was killed, or take it back where its objects are gone.

    Raises:
        ExternalSystemError: It cannot be finished; the journal stays.
    """
    places = Places(repository)
    with index_locked(repository):
        if places.placed() and places.index.exists():
            places.index.replace(repository.git_dir / "index")
        if places.replaced():
            write_record(repository, journal)
            return FinishedUpdate({})
        if not _has_commit(repository, journal.commit):
            left = take_back_update(repository, journal)
            remove_journal(repository)
            return FinishedUpdate({}, undone=True, left=tuple(left))
        places.clear()  # first, because it changes the state of a file that is kept too
        kept, states = _keep_later_edits(repository, journal)
        try:
            _check_out_and_exchange(repository, journal, lock, states)
        except (ExternalSystemError, OSError) as error:
            told = unwritable_error(repository, error) if isinstance(error, OSError) else error
            told.next_step = (
                "lift what is in the way and run it again, or take it back: "
                f"modelwright update --undo {shlex.quote(str(repository.top / journal.prefix))}"
            )
            raise told from error
        write_record(repository, journal)
    return FinishedUpdate(kept)


def _check_out_and_exchange(
    repository: ProjectRepository, journal: Journal, lock: int, states: States
) -> None:
    """Check the new files out beside the work tree, then exchange them one by one."""
    places = Places(repository)
    places.begin(repository.git_dir / "index")
    env = {
        "GIT_DIR": str(repository.git_dir),
        "GIT_WORK_TREE": str(places.new),
        "GIT_INDEX_FILE": str(places.index),
    }
    try:
        trees = (journal.head, journal.commit)
        project_git(places.new, "read-tree", "-m", "-u", *trees, env=env, held=(lock,))
    except ExternalSystemError as error:
        # Git does not say why it is unable to write.
        if shutil.disk_usage(repository.git_dir).free < _LITTLE_SPACE:
            error.problem = f"No space left on the disk: {error.problem}"
        error.next_step = _RUN_AGAIN
        raise
    exchange = Exchange(top=repository.top, kept=places.kept)
    with signals_blocked():
        try:
            _exchange_files(exchange, journal, places.new, states, repository)
            refresh_index(repository, journal.unmerged)
            exchange.check()
            places.mark_placed()
            places.index.replace(repository.git_dir / "index")
        except BaseException as error:
            left = exchange.put_back()
            if not isinstance(error, (ExternalSystemError, OSError)):
                raise
            told = unwritable_error(repository, error) if isinstance(error, OSError) else error
            if left:
                told.next_step = (
                    f"look at {', '.join(left)}, which changed while it was taken back; "
                    "everything else is as it was"
                )
            raise told from error


def _exchange_files(
    exchange: Exchange,
    journal: Journal,
    new: Path,
    states: States,
    repository: ProjectRepository,
) -> None:
    standing = [path for path, entry in journal.after.items() if entry and states.get(path)]
    found = stored_entries(repository, {path: (journal.after[path],) for path in standing})
    for number, path in enumerate(journal.paths):
        entry = journal.after[path]
        if path not in states or (entry is None and states[path] is None):
            continue
        if entry is not None and found.get(path) == entry:
            continue  # it stands there already
        if entry is None:
            exchange.replace(path, number, states[path], None)
        elif os.path.lexists(new / path) and entry.mode != REPOSITORY:
            exchange.replace(path, number, states[path], new / path)


def _keep_later_edits(
    repository: ProjectRepository, journal: Journal
) -> tuple[dict[str, str], dict[str, FileState | None]]:
    """Copy what somebody wrote after the kill, and return the state of each file."""
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
        aside = _free_path(place.with_name(f"{place.name}.yours"))
        shutil.copy2(place, aside, follow_symlinks=False)
        kept[path] = aside.relative_to(repository.top).as_posix()
    return kept, states


def _has_commit(repository: ProjectRepository, commit: str) -> bool:
    given = f"{commit}^{{tree}}\n".encode()
    told = project_git(repository.top, "cat-file", "--batch-check", given=given)
    return told.split()[1:2] == [b"tree"]


def _refuse_other_commit(repository: ProjectRepository, head: str) -> None:
    if project_git(repository.folder, "rev-parse", "HEAD").decode().strip() != head:
        raise ExternalSystemError(
            "another commit was made or checked out while the update was worked out",
            where=str(repository.folder),
            next_step="run it again; nothing was changed",
        )


def _free_path(place: Path) -> Path:
    found, number = place, 2
    while os.path.lexists(found):
        found, number = place.with_name(f"{place.name}-{number}"), number + 1
    return found
