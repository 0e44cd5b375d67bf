"""Finishes a rendered project: `.env`, lock file, repository, first commit.

Cookiecutter's hook runs this too, so it needs nothing but the standard library.
"""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from modelwright.adapters.git.commands import BRANCH, GIT, commit, make_repository, stage
from modelwright.adapters.system import uv
from modelwright.adapters.system.process import output, run
from modelwright.adapters.system.uv import configures_package_index
from modelwright.errors import (
    ExternalSystemError,
    MissingProgramError,
    ModelwrightError,
    RefusedError,
)
from modelwright.paths import ENV_EXAMPLE, ENV_FILE

IDENTITIES = ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT")
# For one commit: your configuration of git is yours to decide.
AUTHOR_OPTIONS = ("-c", "user.name=Your Name", "-c", "user.email=you@example.com")
STAGED = "git does not know who you are, so the files are staged and not committed"
NOT_LOCKED = (
    "the project has no lock file: its index cannot be used from here, and a lock file made "
    "through your own index would name that one to everybody; make one for yourself, and do not "
    "commit it"
)


class PendingError(ExternalSystemError):
    """A step that is left to a person: the project is usable without it."""


class AuthorUnknownError(PendingError):
    """Git's configuration names no author."""


class NotLockedError(PendingError):
    """Only the person's own package index can be reached."""


@dataclass(frozen=True)
class Step:
    """One thing to do in a rendered project.

    Attributes:
        name: What progress calls it.
        commands: The shell commands that do it by hand.
        do: Does it in the project's folder.
    """

    name: str
    commands: tuple[str, ...]
    do: Callable[[Path], None]


def steps(*, archetype: str, lock: bool, git: bool) -> list[Step]:
    """Return the steps, in order."""
    chosen = [Step("write .env", ("cp .env.example .env && chmod 600 .env",), write_env)]
    if lock:
        chosen.append(Step("lock the dependencies", ("uv lock",), _lock_dependencies))
    if git:
        chosen += [
            Step(
                "make the repository",
                (f"git init --quiet --initial-branch {BRANCH}",),
                make_repository,
            ),
            Step("stage the files", ("git add --all",), stage),
            _first_commit(archetype),
        ]
    return chosen


def finish(project: Path, todo: Sequence[Step], tell: Callable[[str], None]) -> list[PendingError]:
    """Do every step; the rendered files stay, whatever fails.

    Returns:
        What is left to a person, each with a command as its next step; empty if all is done.

    Raises:
        ExternalSystemError: A step failed or was refused; it names the commands of that step and of
            those after it.
    """
    pending = []
    for number, step in enumerate(todo):
        tell(step.name)
        try:
            step.do(project)
        except PendingError as error:
            error.next_step = f"{change_folder(project)} && {error.next_step}"
            pending.append(error)
        except ModelwrightError as error:
            advice = f"; {error.next_step}" if isinstance(error, RefusedError) else ""
            left = [command for later in todo[number:] for command in later.commands]
            raise ExternalSystemError(
                f"the project stands in {project}, but the step '{step.name}' failed: "
                f"{error.problem}{advice}",
                where=error.where,
                next_step=" && ".join([change_folder(project), *left]),
            ) from error
    return pending


def change_folder(folder: Path) -> str:
    """Return the shell command that goes into a folder, whatever its name holds."""
    name = str(folder)
    return f"cd {shlex.quote(f'./{name}' if name.startswith('-') else name)}"


def surrounding_repository(folder: Path) -> Path | None:
    """Return the root of the repository that a folder is in; None where there is none.

    A folder that the repository ignores is not in it. None too where git fails.
    """
    try:
        root = run((*GIT, "rev-parse", "--show-toplevel"), folder=folder).rstrip("\n")
        ignored = output(
            (*GIT, "check-ignore", "--", str(folder.resolve())), folder=folder, exit_codes=(0, 1)
        )
    except ExternalSystemError:
        return None
    return None if ignored or not root else Path(root)


def write_env(project: Path) -> None:
    """Copy the placeholders to `.env`, readable by its owner alone; an existing `.env` stays."""
    example, target = project / ENV_EXAMPLE, project / ENV_FILE
    if target.exists() or not example.exists():
        return
    target.touch(mode=0o600)
    shutil.copyfile(example, target)


def _lock_dependencies(project: Path) -> None:
    try:
        uv.lock(project)
    except ExternalSystemError as error:
        if isinstance(error, MissingProgramError) or not configures_package_index():
            raise
        raise NotLockedError(NOT_LOCKED, where=error.where, next_step="uv lock") from error


def require_author(folder: Path) -> None:
    """Check that git knows, in a folder, who the author and the committer are.

    Raises:
        AuthorUnknownError: It does not.
        ExternalSystemError: Git is missing.
    """
    run(("git", "--version"), folder=folder)
    for identity in IDENTITIES:
        try:
            run(("git", "-c", "user.useConfigOnly=true", "var", identity), folder=folder)
        except ExternalSystemError as error:
            raise AuthorUnknownError(
                "git does not know who you are",
                where="git configuration",
                next_step="tell git your user.name and user.email, or set GIT_AUTHOR_NAME, "
                "GIT_AUTHOR_EMAIL, GIT_COMMITTER_NAME and GIT_COMMITTER_EMAIL",
            ) from error


def _first_commit(archetype: str) -> Step:
    message = f"feat: start from {archetype}"
    arguments = ("commit", "--quiet", "--message", message)

    def do(project: Path) -> None:
        try:
            require_author(project)
        except AuthorUnknownError as error:
            raise AuthorUnknownError(
                STAGED,
                where=error.where,
                next_step=shlex.join(("git", *AUTHOR_OPTIONS, *arguments)),
            ) from error
        commit(project, message)

    return Step("make the first commit", (shlex.join(("git", *arguments)),), do)
