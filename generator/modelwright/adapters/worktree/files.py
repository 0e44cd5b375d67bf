"""The files of a work tree: what stands there now, and how one is replaced without losing any."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from modelwright.adapters.git.objects import with_header
from modelwright.adapters.git.project import project_git
from modelwright.adapters.git.repository import ProjectRepository
from modelwright.errors import ExternalSystemError
from modelwright.update.merge_inputs import EXECUTABLE, FOLDER, LINK, PLAIN, FileEntry

_NO_HARD_LINKS: Final = frozenset((errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EMLINK))


class FileState(NamedTuple):
    """What the file system says of a file; it changes with every write and every replacement.

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
    """Return what the file system says of a path; None where nothing stands there."""
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
    """Return each file of the work tree as git would store it; None where nothing stands there.

    Neither the index nor its flags are asked: what a person hid from git is seen.

    Args:
        repository: The repository.
        candidates: What a path may be, by path from the root of the work tree. Filters run only
            for files that are none of these byte for byte.

    Raises:
        ExternalSystemError: A file cannot be read, or a filter fails.
    """
    found: dict[str, FileEntry | None] = {}
    converted = []
    for path, wanted in candidates.items():
        try:
            found[path] = entry = _plain_entry(repository, repository.top / path, wanted)
        except OSError as error:
            raise _unreadable(repository.top / path, error) from error
        if entry and entry.mode in {PLAIN, EXECUTABLE} and entry not in wanted:
            converted += [path] * ("\n" not in path)
    if converted:
        given = b"".join(os.fsencode(path) + b"\n" for path in converted)
        names = project_git(repository.top, "hash-object", "--stdin-paths", given=given)
        for path, name in zip(converted, names.decode().split(), strict=True):
            plain = found[path]
            assert plain is not None  # noqa: S101 -- it was converted because it is there
            found[path] = FileEntry(plain.mode, name)
    return found


def _plain_entry(
    repository: ProjectRepository, place: Path, wanted: Collection[FileEntry | None]
) -> FileEntry | None:
    state = file_state(place)
    if state is None:
        return None
    if stat.S_ISLNK(state.mode):
        return FileEntry(LINK, _blob_name(os.fsencode(place.readlink()), repository.digest))
    if not stat.S_ISREG(state.mode):
        return FileEntry(FOLDER, "")
    name = _blob_name(place.read_bytes(), repository.digest)
    modes = {entry.mode for entry in wanted if entry}
    if FileEntry(LINK, name) in wanted and not repository.setting("core.symlinks"):
        return FileEntry(LINK, name)
    if not repository.setting("core.filemode") and len(modes) == 1:
        return FileEntry(modes.pop(), name)
    return FileEntry(EXECUTABLE if state.mode & 0o100 else PLAIN, name)


def _blob_name(content: bytes, digest: str) -> str:
    return hashlib.new(digest, with_header("blob", content), usedforsecurity=False).hexdigest()


class _Replacement(NamedTuple):
    path: str
    before: FileState | None
    placed: FileState | None
    kept: Path


@dataclass
class Exchange:
    """Replaces files of a work tree one by one, and can put each of them back.

    Attributes:
        top: The root of the work tree.
        kept: The folder that keeps what is replaced or removed, as it is, under a number.
    """

    top: Path
    kept: Path
    _done: list[_Replacement] = field(default_factory=list, init=False)

    def replace(self, path: str, number: int, before: FileState | None, new: Path | None) -> None:
        """Put a file in its place, or remove one; what is there must be what was seen before.

        Raises:
            ExternalSystemError: Something else stands there; it is left alone.
            OSError: The disk refuses.
        """
        place, kept = self.top / path, self.kept / str(number)
        self._enter(place)
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
            self._leave(place)

    def check(self) -> None:
        """Check that nobody wrote into a file that was replaced, by a handle that was open.

        Raises:
            ExternalSystemError: Somebody did.
        """
        for step in self._done:
            now = file_state(step.kept)
            if step.before and (now is None or now[1:3] != step.before[1:3]):
                raise changed_meanwhile(step.path)

    def put_back(self) -> list[str]:
        """Put back what was replaced, wherever what stands there still is what was put there.

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
                    self._enter(place)
                    step.kept.replace(place)
                elif step.placed is not None:
                    place.unlink()
                    self._leave(place)
            except (OSError, ExternalSystemError):
                left.append(step.path)
        self._done.clear()
        return left

    def _enter(self, place: Path) -> None:
        """Make the folders above a place; a link or file among them is somebody's."""
        folder = self.top
        for part in place.relative_to(self.top).parts[:-1]:
            folder /= part
            with suppress(FileExistsError):
                folder.mkdir()
            if not stat.S_ISDIR(folder.lstat().st_mode):
                raise changed_meanwhile(folder.relative_to(self.top).as_posix())

    def _leave(self, place: Path) -> None:
        """Remove the folders above a place that nothing is in any more, as git does."""
        with suppress(OSError):
            for folder in place.parents:
                if folder == self.top:
                    break
                folder.rmdir()


def changed_meanwhile(path: str) -> ExternalSystemError:
    """Return the error of a file that is not what the update was worked out from."""
    return ExternalSystemError(
        f"{path} is not what the update was worked out from: it was changed meanwhile, or its "
        "change is hidden from git (assume-unchanged, skip-worktree)",
        where=path,
        next_step="commit it or put it aside, then run the update again; nothing was changed",
    )


def path_beside(new: Path, place: Path) -> Path:
    """Return a new file where it can be moved to its place in one step: on the same disk."""
    if new.lstat().st_dev == place.parent.stat().st_dev:
        return new
    near = place.with_name(f".{place.name[:100]}.modelwright-{os.getpid()}")
    near.unlink(missing_ok=True)
    shutil.copy2(new, near, follow_symlinks=False)
    return near


def _place_new(new: Path, place: Path, path: str) -> None:
    """Put a new file where nothing stands, and never over anything."""
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
