"""Runs git in an existing project so that its configuration starts no program.

Git refuses by itself to work in a repository of another owner (`safe.directory`), as long as it
finds the repository by itself. So call `locate_repository` first, and name to git only the git
directory that it returned. Filters and merge drivers of a repository that git trusts do run: its
files cannot be stored, checked out or merged without them.
"""

from __future__ import annotations

import os
from collections.abc import Container, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from modelwright.adapters.system.process import output
from modelwright.errors import ExternalSystemError

_NO_PROGRAMS: Final = (
    *("-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}"),
    *("-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "core.quotePath=false"),
    *("-c", "submodule.recurse=false"),
)
# A partial clone fetches what it lacks, by a program that its configuration names.
_NO_NETWORK: Final = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}


class Location(NamedTuple):
    """Where git finds a repository.

    Attributes:
        top: The root of the work tree.
        git_dir: The git directory of the work tree, with its index.
        common_dir: The git directory that holds objects and configuration.
        prefix: The folder's path inside the work tree, with a slash at its end; empty at its root.
        digest: `sha1` or `sha256`.
    """

    top: Path
    git_dir: Path
    common_dir: Path
    prefix: str
    digest: str


def project_git(
    folder: Path,
    *arguments: str,
    env: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    exit_codes: Container[int] = (0,),
    descriptors: Sequence[int] = (),
) -> bytes:
    """Run git in a project and return what it printed.

    Args:
        folder: Where it runs.
        arguments: Git's own, without `git`.
        env: Variables on top of this process's own.
        stdin: What it reads.
        exit_codes: Those that are no error.
        descriptors: File descriptors that it keeps open, such as a lock's.

    Raises:
        ExternalSystemError: Git is missing, refuses to work there, or fails.
    """
    command = ("git", *_NO_PROGRAMS, *arguments)
    return output(
        command,
        folder=folder,
        env={**_NO_NETWORK, **(env or {})},
        stdin=stdin,
        exit_codes=exit_codes,
        descriptors=descriptors,
    )


def locate_repository(folder: Path) -> Location:
    """Return where git finds a repository around a folder.

    Raises:
        ExternalSystemError: There is none, or it belongs to somebody else.
    """
    options = ("--show-toplevel", "--absolute-git-dir", "--git-common-dir", "--show-prefix")
    try:
        printed = project_git(folder, "rev-parse", *options, "--show-object-format")
    except ExternalSystemError as error:
        raise _explain_ownership(folder, error) from error
    top, git_dir, common_dir, prefix, digest = map(
        os.fsdecode, printed.removesuffix(b"\n").split(b"\n")
    )
    return Location(
        top=Path(top),
        git_dir=Path(git_dir),
        common_dir=(folder / common_dir).resolve(),
        prefix=prefix,
        digest=digest,
    )


def ownership_problem(folder: Path) -> ExternalSystemError | None:
    """Return why git refuses to work in a folder of another user; None where it does not."""
    top = git_folder_above(folder.resolve())
    if top is None or not _has_other_owner(top):
        return None
    try:
        locate_repository(folder)
    except ExternalSystemError as error:
        return error
    return None


def git_folder_above(folder: Path) -> Path | None:
    """Return the folder, this one or one above, that holds a `.git`; None where none does."""
    return next((place for place in (folder, *folder.parents) if (place / ".git").exists()), None)


def _explain_ownership(folder: Path, error: ExternalSystemError) -> ExternalSystemError:
    top = git_folder_above(folder)
    if top is None or not _has_other_owner(top):
        return error
    return ExternalSystemError(
        "the repository belongs to another user, and its configuration can run programs: "
        f"{error.problem}",
        where=str(top),
        next_step=f"where you trust it: git config --global --add safe.directory '{top}'; "
        "nothing was changed",
    )


def _has_other_owner(top: Path) -> bool:
    """Say whether a work tree or its `.git` has another owner than this process."""
    if not hasattr(os, "geteuid"):
        return False
    return any(place.lstat().st_uid != os.geteuid() for place in (top, top / ".git"))
