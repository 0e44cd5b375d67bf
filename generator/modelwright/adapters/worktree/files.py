"""Work tree files: their state, their entries as git stores them, and an exchange with rollback."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from modelwright.adapters.git.objects import object_id
from modelwright.adapters.git.project import project_git
from modelwright.adapters.git.repository import ProjectRepository
from modelwright.errors import ExternalSystemError
from modelwright.update.file_entry import EXECUTABLE, FOLDER, LINK, PLAIN, FileEntry

_NO_HARD_LINKS: Final = frozenset((errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EMLINK))


class FileState(NamedTuple):
    """A file's identity on the file system; it differs after every write and every replacement.

    Attributes:
        modified: The time of the last write, in nanoseconds.
        changed: The time of the last change of any kind, which nobody can set back.
    """

    inode: int
    size: int
    modified: int
    mode: int
    changed: int

    def holds(self, other: FileState | None) -> bool:
        """Say whether another look saw the same file with the same content."""
        return other is not None and self[:4] == other[:4]


def file_state(place: Path) -> FileState | None:
    """Return the state of a path; None where nothing is there."""
    try:
        found = place.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return FileState(
        found.st_ino, found.st_size, found.st_mtime_ns, found.st_mode, found.st_ctime_ns
    )


def stored_entries(
    repository: ProjectRepository, candidates: Mapping[str, Collection[FileEntry | None]]
) -> dict[str, FileEntry | None]:
    """Return each file of the work tree as git would store it; None where nothing is there.

    The index and its flags are not read, so a change that is hidden from git is found.

    Args:
        repository: The repository.
        candidates: What a path may be, by path from the root of the work tree. Filters run only
            for files that are none of these byte for byte.

    Raises:
        ExternalSystemError: A file cannot be read, or a filter fails.
    """
    found: dict[str, FileEntry | None] = {}
    converted = []
    for path, expected in candidates.items():
        try:
            found[path] = entry = _plain_entry(repository, repository.top / path, expected)
        except OSError as error:
            raise _unreadable(repository.top / path, error) from error
        if entry and entry.mode in {PLAIN, EXECUTABLE} and entry not in expected:
            converted += [path] * ("\n" not in path)
    if converted:
        given = b"".join(os.fsencode(path) + b"\n" for path in converted)
        names = project_git(repository.top, "hash-object", "--stdin-paths", stdin=given)
        for path, name in zip(converted, names.decode().split(), strict=True):
            original = found[path]
            assert original is not None  # noqa: S101 -- it was converted because it is there
            found[path] = FileEntry(original.mode, name)
    return found


def _plain_entry(
    repository: ProjectRepository, place: Path, expected: Collection[FileEntry | None]
) -> FileEntry | None:
    state = file_state(place)
    if state is None:
        return None
    if stat.S_ISLNK(state.mode):
        return FileEntry(LINK, object_id("blob", os.fsencode(place.readlink()), repository.digest))
    if not stat.S_ISREG(state.mode):
        return FileEntry(FOLDER, "")
    name = object_id("blob", place.read_bytes(), repository.digest)
    modes = {entry.mode for entry in expected if entry}
    if FileEntry(LINK, name) in expected and not repository.setting("core.symlinks"):
        return FileEntry(LINK, name)
    if not repository.setting("core.filemode") and len(modes) == 1:
        return FileEntry(modes.pop(), name)
    return FileEntry(EXECUTABLE if state.mode & 0o100 else PLAIN, name)


class _Replacement(NamedTuple):
    path: str
    before: FileState | None
    placed: FileState | None
    kept: Path


@dataclass
class Exchange:
    """Replaces files of a work tree one by one, with rollback.

    Attributes:
        top: The root of the work tree.
        kept: The folder that keeps what is replaced or removed, as it is, under a number.
    """

    top: Path
    kept: Path
    _done: list[_Replacement] = field(default_factory=list, init=False)

    def replace(self, path: str, number: int, before: FileState | None, new: Path | None) -> None:
        """Put a file in its place, or remove one, if the place is as it was read before.

        Raises:
            ExternalSystemError: Something else is there; it is left alone.
            OSError: The disk refuses.
        """
        place, kept = self.top / path, self.kept / str(number)
        self._make_folders(place)
        if file_state(place) != before:
            raise changed_meanwhile(path)
        kept.unlink(missing_ok=True)
        if before is not None and new is None:
            place.rename(kept)
        elif before is not None and new is not None:
            _keep_copy(place, kept)
            path_beside(new, place).replace(place)
        elif new is not None:
            _place_new(path_beside(new, place), place, path)
        self._done.append(_Replacement(path, before, file_state(place), kept))
        if new is None:
            self._remove_empty_folders(place)

    def check(self) -> None:
        """Check that nobody wrote into a replaced file through a handle that was still open.

        Raises:
            ExternalSystemError: Somebody did.
        """
        for step in self._done:
            now = file_state(step.kept)
            if step.before and (now is None or now[1:3] != step.before[1:3]):
                raise changed_meanwhile(step.path)

    def put_back(self) -> list[str]:
        """Roll back every replacement whose file nobody changed since.

        Returns:
            The paths that somebody changed since, which are left as they are.
        """
        left = []
        for step in reversed(self._done):
            place = self.top / step.path
            now = file_state(place)
            untouched = now is None if step.placed is None else step.placed.holds(now)
            try:
                if not untouched:
                    left.append(step.path)
                elif step.before is not None:
                    self._make_folders(place)
                    step.kept.replace(place)
                elif step.placed is not None:
                    place.unlink()
                    self._remove_empty_folders(place)
            except (OSError, ExternalSystemError):
                left.append(step.path)
        self._done.clear()
        return left

    def _make_folders(self, place: Path) -> None:
        """Make the folders above a place; a link or file among them is the user's."""
        folder = self.top
        for part in place.relative_to(self.top).parts[:-1]:
            folder /= part
            with suppress(FileExistsError):
                folder.mkdir()
            if not stat.S_ISDIR(folder.lstat().st_mode):
                raise changed_meanwhile(folder.relative_to(self.top).as_posix())

    def _remove_empty_folders(self, place: Path) -> None:
        """Remove the folders above a place that are empty now, as git does."""
        with suppress(OSError):
            for folder in place.parents:
                if folder == self.top:
                    break
                folder.rmdir()


def changed_meanwhile(path: str) -> ExternalSystemError:
    """Return the error of a file that changed after the plan was made."""
    return ExternalSystemError(
        f"{path} changed after the update was planned, or its change is "
        "hidden from git (assume-unchanged, skip-worktree)",
        where=path,
        next_step="commit it or move it away, then run the update again; nothing was changed",
    )


def path_beside(new: Path, place: Path) -> Path:
    """Return a new file, or a copy of it, on the disk of its place, for an atomic rename."""
    if new.lstat().st_dev == place.parent.stat().st_dev:
        return new
    copy = place.with_name(f".{place.name[:100]}.modelwright-{os.getpid()}")
    copy.unlink(missing_ok=True)
    shutil.copy2(new, copy, follow_symlinks=False)
    return copy


def _place_new(new: Path, place: Path, path: str) -> None:
    """Put a new file where nothing is; it never replaces anything."""
    try:
        os.link(new, place, follow_symlinks=False)
    except FileExistsError as error:
        raise changed_meanwhile(path) from error
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        if os.path.lexists(place):
            raise changed_meanwhile(path) from error
        new.rename(place)
    else:
        new.unlink()


def _keep_copy(place: Path, kept: Path) -> None:
    try:
        os.link(place, kept, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        shutil.copy2(place, kept, follow_symlinks=False)


def _unreadable(place: Path, error: OSError) -> ExternalSystemError:
    return ExternalSystemError(
        f"it cannot be read: {error.strerror or error}",
        where=str(place),
        next_step="give yourself the right to read it, then run the update again",
    )
