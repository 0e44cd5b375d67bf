"""Checks out the files of a template at one version into a temporary folder, once per process."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from modelwright.adapters.disk.folders import temporary_root
from modelwright.adapters.system.process import run
from modelwright.errors import ExternalSystemError
from modelwright.template.history import History

_SHA256_LENGTH: Final = 64
_MOST_CHECKOUTS: Final = 32
_CHECKOUTS: Final[dict[tuple[int, Path, str], Checkout]] = {}
_LOCK: Final = threading.Lock()


@dataclass(frozen=True, eq=False)
class Checkout:
    """The files of a template at one version.

    Attributes:
        folder: Where they stand, without a git directory.
        commit: The full name of the commit.
        description: What the answers file keeps as `_commit`: the tag, else git's description.
        submodules: Paths of submodules, whose files are missing.
    """

    folder: Path
    commit: str
    description: str
    submodules: tuple[str, ...]
    _temporary: tempfile.TemporaryDirectory[str]


def checkout(history: History, version: str) -> Checkout:
    """Return the files of a template at one version, contacting no host.

    Raises:
        RefusedError: There is no such version; the nearest releases are named.
        ExternalSystemError: It cannot be read or written.
    """
    with _LOCK:
        # A forked process must not use, and at its end remove, what its parent made.
        key = (os.getpid(), history.folder().absolute(), version)
        copy = _CHECKOUTS.pop(key, None) or _check_out(history, version)
        if len(_CHECKOUTS) >= _MOST_CHECKOUTS:
            # A checkout that is still in use stays on the disk.
            del _CHECKOUTS[next(iter(_CHECKOUTS))]
        _CHECKOUTS[key] = copy
        return copy


def _check_out(history: History, version: str) -> Checkout:
    folder = history.folder().absolute()
    releases = {release.version: release.commit for release in history.releases}
    commit, description = releases.get(version, ""), version
    if not commit:
        history.tree(version)
        commit = _git_output(
            folder, "rev-parse", "--verify", "--end-of-options", f"{version}^{{commit}}"
        )
        description = _git_output(folder, "describe", "--tags", "--always", commit)
    with _temporary_folder() as temporary:
        target = Path(temporary.name, "template")
        target.mkdir()
        submodules = _write_files(folder, commit, target)
    return Checkout(target, commit, description, submodules, temporary)


@contextmanager
def _temporary_folder() -> Iterator[tempfile.TemporaryDirectory[str]]:
    try:
        temporary = tempfile.TemporaryDirectory(dir=temporary_root(), ignore_cleanup_errors=True)
        try:
            yield temporary
        except BaseException:
            temporary.cleanup()
            raise
    except OSError as error:
        raise ExternalSystemError(
            f"there is no space for the template: {error.strerror or error}",
            where=tempfile.gettempdir(),
            next_step="free some space, or name another folder with TMPDIR",
        ) from error


def _write_files(folder: Path, commit: str, target: Path) -> tuple[str, ...]:
    """Check the files out without the configuration and hooks of the template's repository."""
    object_format = "sha256" if len(commit) == _SHA256_LENGTH else "sha1"
    repository = target.with_name("objects.git")
    init = ("git", "init", "--quiet", "--bare", "--template=", f"--object-format={object_format}")
    run((*init, str(repository)), folder=target)
    (repository / "objects/info").mkdir(exist_ok=True)
    (repository / "objects/info/alternates").write_bytes(
        os.fsencode(_object_folder(folder)) + b"\n"
    )
    environment = {
        "GIT_DIR": str(repository),
        "GIT_WORK_TREE": str(target),
        "GIT_NO_LAZY_FETCH": "1",
    }
    run(("git", "read-tree", "--reset", "-u", commit), folder=target, env=environment)
    if not (target / ".gitmodules").is_file():
        return ()
    listed = run(("git", "ls-files", "--stage", "-z"), folder=target, env=environment)
    return tuple(row.partition("\t")[2] for row in listed.split("\0") if row[:6] == "160000")


def _object_folder(folder: Path) -> Path:
    common = folder / "commondir"
    if common.is_file():
        folder = folder / common.read_text(encoding="utf-8").strip()
    return (folder / "objects").resolve()


def _git_output(folder: Path, *question: str) -> str:
    return run(("git", f"--git-dir={folder}", *question), folder=folder).strip()
