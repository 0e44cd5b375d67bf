"""Journal, undo record, lock and temporary files of an update, in the git directory."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from modelwright.adapters.disk.atomic_write import replace_file
from modelwright.adapters.disk.lock import exclusive_lock
from modelwright.adapters.git.commands import git_directory
from modelwright.adapters.git.repository import ProjectRepository
from modelwright.errors import ExternalSystemError
from modelwright.update.journal import Journal, journal_from

_LOCK_MARK: Final = b"modelwright holds this lock; the next modelwright update removes it\n"
_STATE_FOLDER: Final = "modelwright"
_JOURNAL_FILE: Final = "update.json"
_RECORDS_FOLDER: Final = "done"


@contextmanager
def exclusive_update(repository: ProjectRepository) -> Iterator[int]:
    """Hold the lock of updates of a repository.

    An index lock that a killed update left is released, so that git works again.

    Raises:
        ExternalSystemError: One is running.
    """
    with exclusive_lock(_state_folder(repository) / "lock", seconds=0) as handle:
        _release_stale_lock(repository)
        yield handle


def interrupted_update(repository: ProjectRepository) -> Journal | None:
    """Return the journal of an update that was killed; None where there is none.

    The journal of another commit is removed: that commit decided what stays.
    """
    try:
        journal = journal_from(_journal_file(repository).read_text(encoding="ascii"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError):
        # It was cut short while it was written: nothing had been touched.
        _journal_file(repository).unlink(missing_ok=True)
        return None
    if journal.head == repository.head:
        return journal
    remove_journal(repository)
    return None


def has_interrupted_update(folder: Path) -> bool:
    """Say whether an update in this repository was killed, without taking a lock."""
    folder = folder.resolve()
    found = next(filter(None, map(git_directory, (folder, *folder.parents))), None)
    return found is not None and (found / _STATE_FOLDER / _JOURNAL_FILE).exists()


@contextmanager
def index_locked(repository: ProjectRepository) -> Iterator[None]:
    """Hold git's own lock of the index, so that no git command changes it meanwhile."""
    lock = repository.git_dir / "index.lock"
    mark = _state_folder(repository) / "mark"
    try:
        mark.write_bytes(_LOCK_MARK)
        os.link(mark, lock)  # with its content at once: a kill leaves no lock without the mark
    except FileExistsError as error:
        raise ExternalSystemError(
            "another git command is running here, or was killed",
            where=str(lock),
            next_step="wait until it has ended, or delete that file where none runs",
        ) from error
    except OSError as error:
        raise unwritable_error(repository, error) from error
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _release_stale_lock(repository: ProjectRepository) -> None:
    """Remove git's lock of the index where an update that was killed left it."""
    lock = repository.git_dir / "index.lock"
    with suppress(OSError):
        if lock.read_bytes() == _LOCK_MARK:
            lock.unlink()


class TemporaryFiles:
    """The temporary files of an update, in our folder of the git directory.

    Attributes:
        index: The new index.
        new: The new files, by their paths in the work tree.
        kept: What was replaced.
    """

    def __init__(self, repository: ProjectRepository) -> None:
        home = _state_folder(repository)
        self.index = home / "index"
        self.new = home / "new"
        self.kept = home / "kept"
        self._placed = home / "placed"
        self._git_dir = repository.git_dir
        self._old_index = repository.git_dir / "index"

    @property
    def git_environment(self) -> dict[str, str]:
        """The variables with which git checks out into `new` by the new index."""
        return {
            "GIT_DIR": str(self._git_dir),
            "GIT_WORK_TREE": str(self.new),
            "GIT_INDEX_FILE": str(self.index),
        }

    def begin(self) -> None:
        """Make empty folders, and copy the index."""
        self.clear()
        for folder in (self.new, self.kept):
            folder.mkdir(parents=True)
        with suppress(FileNotFoundError):
            shutil.copyfile(self._old_index, self.index)

    def mark_placed(self) -> None:
        """Note that every file is in its place; only the index is still the old one."""
        self._placed.write_text(self._stamp(), encoding="ascii")

    def are_files_placed(self) -> bool:
        """Say whether every file is in its place, and nobody changed the index since."""
        try:
            return self._placed.read_text(encoding="ascii") == self._stamp()
        except FileNotFoundError:
            return False

    def is_index_replaced(self) -> bool:
        """Say whether the index was replaced too: nothing is left to do."""
        return self._placed.exists() and not self.index.exists()

    def install_index(self) -> None:
        """Make the new index git's own."""
        self.index.replace(self._old_index)

    def clear(self) -> None:
        """Remove everything."""
        for folder in (self.new, self.kept):
            shutil.rmtree(folder, ignore_errors=True)
        # Git's own lock of our copy may be left by a git process that was killed.
        for file in (self._placed, self.index, self.index.with_name("index.lock")):
            file.unlink(missing_ok=True)

    def _stamp(self) -> str:
        found = self._old_index.stat()
        return f"{found.st_ino} {found.st_size} {found.st_mtime_ns}"


def write_journal(repository: ProjectRepository, journal: Journal) -> None:
    """Write a journal by an atomic write that has reached the disk."""
    _write_atomically(_journal_file(repository), journal)


def remove_journal(repository: ProjectRepository) -> None:
    """Remove the journal and the temporary files."""
    _journal_file(repository).unlink(missing_ok=True)
    TemporaryFiles(repository).clear()


def write_record(repository: ProjectRepository, journal: Journal) -> None:
    """Keep the journal of a finished update for `--undo`."""
    place = _record_file(repository, journal.prefix)
    place.parent.mkdir(exist_ok=True)
    _write_atomically(place, journal)
    remove_journal(repository)


def records(repository: ProjectRepository) -> dict[str, Journal]:
    """Return the journals of the last update of each project in a repository, by its prefix."""
    found = {}
    for place in sorted((_state_folder(repository) / _RECORDS_FOLDER).glob("*.json")):
        with suppress(OSError, ValueError, TypeError, KeyError):
            journal = journal_from(place.read_text(encoding="ascii"))
            found[journal.prefix] = journal
    return found


def drop_record(repository: ProjectRepository, prefix: str) -> None:
    """Remove the record of the last update of a project."""
    _record_file(repository, prefix).unlink(missing_ok=True)


def _write_atomically(place: Path, journal: Journal) -> None:
    replace_file(place, journal.text().encode("ascii"), locked=True)


def _state_folder(repository: ProjectRepository) -> Path:
    return repository.git_dir / _STATE_FOLDER


def _journal_file(repository: ProjectRepository) -> Path:
    return _state_folder(repository) / _JOURNAL_FILE


def _record_file(repository: ProjectRepository, prefix: str) -> Path:
    name = hashlib.sha256(os.fsencode(prefix)).hexdigest()[:16]
    return _state_folder(repository) / _RECORDS_FOLDER / f"{name}.json"


def unwritable_error(repository: ProjectRepository, error: OSError) -> ExternalSystemError:
    """Return the error of a write that the disk refuses."""
    return ExternalSystemError(
        f"it cannot be written: {error.strerror or error}",
        where=str(error.filename or repository.git_dir),
        next_step="make room, or give yourself the right to write there; nothing was changed",
    )
