"""Brings a result into a work tree and its index: all of it, or, after a kill, the rest of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from modelwright.adapters.git_folder import git_directory
from modelwright.adapters.git_writing import Scratch
from modelwright.adapters.locking import exclusive
from modelwright.adapters.process import output
from modelwright.adapters.project_repository import ProjectRepository
from modelwright.errors import ModelwrightError, SurroundingsError
from modelwright.update.entry import Entry
from modelwright.update.journal import Journal, journal_from
from modelwright.update.resolving import Result

_MARK: Final = b"modelwright holds this lock; the next modelwright update removes it\n"
_HOME: Final = "modelwright"
_JOURNAL: Final = "update.json"
_ABSENT: Final = "0 " + "0" * 40


@contextmanager
def alone(repository: ProjectRepository) -> Iterator[int]:
    """Let no other update run in a repository.

    Raises:
        SurroundingsError: One is running.
    """
    with exclusive(_home(repository) / "lock", seconds=0) as handle:
        yield handle


def interrupted(repository: ProjectRepository) -> Journal | None:
    """Return the journal of an update that was killed; None where there is none.

    One of another commit is forgotten: whoever committed since has decided what stays.
    """
    try:
        journal = journal_from(_journal(repository).read_text(encoding="ascii"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError):
        # It was cut short while it was written: nothing had been touched.
        _journal(repository).unlink(missing_ok=True)
        return None
    if journal.head == repository.head:
        return journal
    _forget(repository)
    return None


def was_interrupted(folder: Path) -> bool:
    """Say whether an update of a project was killed, by its journal alone."""
    folder = folder.resolve()
    found = next(filter(None, map(git_directory, (folder, *folder.parents))), None)
    return found is not None and (found / _HOME / _JOURNAL).exists()


def journal_of(
    repository: ProjectRepository, result: Result, scratch: Scratch, outcome: dict[str, object]
) -> Journal:
    """Write the result as a commit into the repository and return the journal of its update.

    Raises:
        SurroundingsError: The objects cannot be written; nothing was changed.
    """
    tree = scratch.tree(repository.whole(result.files))
    commit = scratch.commit(tree, repository.head)
    try:
        scratch.give(repository.common_dir / "objects")
    except OSError as error:
        raise _unwritable(repository, error) from error
    prefix = repository.prefix
    return Journal(
        head=repository.head,
        commit=commit,
        prefix=prefix,
        before={f"{prefix}{path}": result.ours.get(path) for path in result.changes},
        after={f"{prefix}{path}": entry for path, entry in result.changes.items()},
        unmerged={f"{prefix}{path}": stages for path, stages in result.unmerged.items()},
        outcome=outcome,
    )


def apply(repository: ProjectRepository, journal: Journal, lock: int) -> None:
    """Bring a result into the work tree and the index.

    Args:
        repository: The project's repository, clean.
        journal: What is to be done.
        lock: The descriptor of the lock, which git's process holds too.

    Raises:
        SurroundingsError: It cannot be done; what was begun is undone.
    """
    with _index_locked(repository):
        try:
            _write_journal(repository, journal)
            _bring(repository, journal, lock, how="-m")
        except (ModelwrightError, OSError) as error:
            _undo(repository, journal)
            _forget(repository)
            if isinstance(error, OSError):
                raise _unwritable(repository, error) from error
            error.next_step = (
                "make room or lift what is in the way, then run it again; nothing was changed"
            )
            raise
        _forget(repository)


def finish(repository: ProjectRepository, journal: Journal, lock: int) -> list[str]:
    """Finish an update that was killed and return the paths of what was kept aside.

    Raises:
        SurroundingsError: It cannot be finished; the journal stays.
    """
    with _index_locked(repository):
        kept = _keep_aside(repository, journal)
        _bring(repository, journal, lock, how="--reset")
        _forget(repository)
    return kept


def _bring(repository: ProjectRepository, journal: Journal, lock: int, *, how: str) -> None:
    index, aside = repository.git_dir / "index", _home(repository) / "index"
    with suppress(FileNotFoundError):
        shutil.copyfile(index, aside)
    env = {"GIT_INDEX_FILE": str(aside)}
    trees = (journal.head, journal.commit)
    git, top = ("git", "-c", "core.hooksPath=/dev/null"), _top(repository)
    read = (*git, "read-tree", how, "-u", *trees)
    try:
        output(read, folder=top, env=env, held=(lock,))
    except SurroundingsError:
        # A repository that was copied or restored: the index knows its files by their old inodes.
        refresh = (*git, "update-index", "-q", "--refresh")
        output(refresh, folder=top, env=env, held=(lock,), fine=(0, 1))
        output(read, folder=top, env=env, held=(lock,))
    if journal.unmerged:
        given = b"".join(_staged(journal))
        output((*git, "update-index", "-z", "--index-info"), folder=top, env=env, given=given)
    aside.replace(index)


def _staged(journal: Journal) -> Iterator[bytes]:
    for path, stages in journal.unmerged.items():
        name = os.fsencode(path)
        yield f"{_ABSENT}\t".encode() + name + b"\0"
        for stage, entry in sorted(stages.items()):
            yield f"{entry.mode:o} {entry.name} {stage}\t".encode() + name + b"\0"


def _undo(repository: ProjectRepository, journal: Journal) -> None:
    """Put back what stands in the index, which was not replaced yet, and remove what is new."""
    top = _top(repository)
    begun = _journal(repository).stat().st_mtime_ns if _journal(repository).exists() else None
    for path, entry in journal.before.items():
        with suppress(OSError):
            if entry is None and begun and (top / path).lstat().st_mtime_ns >= begun:
                (top / path).unlink()
    old = b"".join(os.fsencode(path) + b"\0" for path, entry in journal.before.items() if entry)
    with suppress(SurroundingsError):
        command = ("git", "checkout-index", "--force", "--quiet", "-z", "--stdin")
        output(command, folder=top, given=old)


def _keep_aside(repository: ProjectRepository, journal: Journal) -> list[str]:
    """Copy what somebody wrote after the kill; a file half-written by git is nobody's work."""
    kept = []
    for path in journal.after:
        place = _top(repository) / path
        if place.is_symlink() or not place.is_file():
            continue
        content = place.read_bytes()
        known = [
            _content(repository, entry)
            for entry in (journal.before[path], journal.after[path])
            if entry is not None
        ]
        if not any(each.startswith(content) for each in known):
            aside = _free(place.with_name(f"{place.name}.yours"))
            aside.write_bytes(content)
            kept.append(aside.relative_to(_top(repository)).as_posix())
    return kept


def _content(repository: ProjectRepository, entry: Entry) -> bytes:
    return output(("git", "cat-file", "blob", entry.name), folder=repository.folder)


def _free(place: Path) -> Path:
    found, number = place, 2
    while found.exists() or found.is_symlink():
        found, number = place.with_name(f"{place.name}-{number}"), number + 1
    return found


@contextmanager
def _index_locked(repository: ProjectRepository) -> Iterator[None]:
    """Hold git's own lock of the index, so that no git command runs meanwhile."""
    lock = repository.git_dir / "index.lock"
    with suppress(OSError):
        if lock.read_bytes() == _MARK:  # of an update that was killed: its own lock is ours now
            lock.unlink()
    try:
        with lock.open("xb") as file:
            file.write(_MARK)
    except FileExistsError as error:
        raise SurroundingsError(
            "another git command is running here, or was killed",
            where=str(lock),
            next_step="wait until it has ended, or delete that file where none runs",
        ) from error
    except OSError as error:
        raise _unwritable(repository, error) from error
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _write_journal(repository: ProjectRepository, journal: Journal) -> None:
    place = _journal(repository)
    aside = place.with_suffix(".new")
    with aside.open("w", encoding="ascii") as file:
        file.write(journal.text())
        file.flush()
        os.fsync(file.fileno())
    aside.replace(place)


def _forget(repository: ProjectRepository) -> None:
    _journal(repository).unlink(missing_ok=True)
    (_home(repository) / "index").unlink(missing_ok=True)


def _home(repository: ProjectRepository) -> Path:
    return repository.git_dir / _HOME


def _journal(repository: ProjectRepository) -> Path:
    return _home(repository) / _JOURNAL


def _top(repository: ProjectRepository) -> Path:
    up = repository.prefix.count("/")
    return repository.folder.parents[up - 1] if up else repository.folder


def _unwritable(repository: ProjectRepository, error: OSError) -> SurroundingsError:
    return SurroundingsError(
        f"it cannot be written: {error.strerror or error}",
        where=str(error.filename or repository.git_dir),
        next_step="make room, or give yourself the right to write there; nothing was changed",
    )
