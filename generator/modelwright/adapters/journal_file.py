"""The journal of an update on disk, and the locks that keep others out meanwhile."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from modelwright.adapters.git_folder import git_directory
from modelwright.adapters.locking import exclusive
from modelwright.adapters.project_repository import ProjectRepository
from modelwright.errors import SurroundingsError
from modelwright.update.journal import Journal, journal_from

_MARK: Final = b"modelwright holds this lock; the next modelwright update removes it\n"
_HOME: Final = "modelwright"
_JOURNAL: Final = "update.json"


@contextmanager
def alone(repository: ProjectRepository) -> Iterator[int]:
    """Let no other update run in a repository.

    Git's own lock that a killed one left is let go, so that git works whatever comes next.

    Raises:
        SurroundingsError: One is running.
    """
    with exclusive(home(repository) / "lock", seconds=0) as handle:
        _let_go(repository)
        yield handle


def interrupted(repository: ProjectRepository) -> Journal | None:
    """Return the journal of an update that was killed; None where there is none.

    One of another commit is forgotten: whoever committed since has decided what stays.
    """
    try:
        journal = journal_from(journal_path(repository).read_text(encoding="ascii"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError):
        # It was cut short while it was written: nothing had been touched.
        journal_path(repository).unlink(missing_ok=True)
        return None
    if journal.head == repository.head:
        return journal
    forget(repository)
    return None


def was_interrupted(folder: Path) -> bool:
    """Say whether an update of a project was killed, by its journal alone."""
    folder = folder.resolve()
    found = next(filter(None, map(git_directory, (folder, *folder.parents))), None)
    return found is not None and (found / _HOME / _JOURNAL).exists()


@contextmanager
def index_locked(repository: ProjectRepository) -> Iterator[None]:
    """Hold git's own lock of the index, so that no git command runs meanwhile."""
    lock = repository.git_dir / "index.lock"
    mark = home(repository) / "mark"
    try:
        mark.write_bytes(_MARK)
        os.link(mark, lock)  # with its content at once: a kill leaves no lock without a mark
    except FileExistsError as error:
        raise SurroundingsError(
            "another git command is running here, or was killed",
            where=str(lock),
            next_step="wait until it has ended, or delete that file where none runs",
        ) from error
    except OSError as error:
        raise unwritable(repository, error) from error
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _let_go(repository: ProjectRepository) -> None:
    """Remove git's lock of the index where an update that was killed left it."""
    lock = repository.git_dir / "index.lock"
    with suppress(OSError):
        if lock.read_bytes() == _MARK:
            lock.unlink()


def write_journal(repository: ProjectRepository, journal: Journal) -> None:
    """Write a journal, whole and on the disk itself."""
    place = journal_path(repository)
    aside = place.with_suffix(".new")
    with aside.open("w", encoding="ascii") as file:
        file.write(journal.text())
        file.flush()
        os.fsync(file.fileno())
    aside.replace(place)


def forget(repository: ProjectRepository) -> None:
    """Remove the journal and the copy of the index."""
    journal_path(repository).unlink(missing_ok=True)
    (home(repository) / "index").unlink(missing_ok=True)


def home(repository: ProjectRepository) -> Path:
    """Return our folder in the git directory of a work tree."""
    return repository.git_dir / _HOME


def journal_path(repository: ProjectRepository) -> Path:
    """Return where the journal of an update stands."""
    return home(repository) / _JOURNAL


def unwritable(repository: ProjectRepository, error: OSError) -> SurroundingsError:
    """Return what to raise where the disk refuses."""
    return SurroundingsError(
        f"it cannot be written: {error.strerror or error}",
        where=str(error.filename or repository.git_dir),
        next_step="make room, or give yourself the right to write there; nothing was changed",
    )
