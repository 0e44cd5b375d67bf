"""What a rendered project still needs: placeholders, lock file, repository, first commit.

Cookiecutter's hook runs this too, so it needs nothing but the standard library.
"""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from modelwright.adapters.process import run
from modelwright.errors import SurroundingsError

IDENTITY = ("git", "-c", "user.useConfigOnly=true", "var", "GIT_AUTHOR_IDENT")
NO_IDENTITY = (
    'git config --global user.name "Your Name"',
    "git config --global user.email you@example.com",
)


@dataclass(frozen=True)
class Step:
    """One thing to do in a rendered project.

    Attributes:
        name: What a person calls it.
        commands: How a person does it by hand.
        do: Does it, in a folder.
    """

    name: str
    commands: tuple[str, ...]
    do: Callable[[Path], None]


def steps(*, archetype: str, lock: bool, git: bool) -> list[Step]:
    """Return what is to be done, in order."""
    chosen = [Step("write .env", ("cp .env.example .env && chmod 600 .env",), write_env)]
    if lock:
        chosen.append(
            _program("lock the dependencies", ("uv", "lock", "--quiet", "--project", "."))
        )
    if git:
        commit = ("git", "commit", "--quiet", "--message", f"feat: start from {archetype}")
        chosen += [
            _program("make the repository", ("git", "init", "--quiet", "--initial-branch", "main")),
            Step("know the author", NO_IDENTITY, know_author),
            _program("stage the files", ("git", "add", "--all")),
            _program("make the first commit", commit),
        ]
    return chosen


def finish(project: Path, todo: Sequence[Step], tell: Callable[[str], None]) -> None:
    """Do every step; what is rendered stays as it is whatever happens.

    Raises:
        SurroundingsError: A step failed; it names the commands of that step and of those after it.
    """
    for number, step in enumerate(todo):
        tell(step.name)
        try:
            step.do(project)
        except SurroundingsError as error:
            left = [command for later in todo[number:] for command in later.commands]
            raise SurroundingsError(
                f"the project stands in {project}, but the step '{step.name}' failed: "
                f"{error.problem}",
                where=error.where,
                next_step=" && ".join([f"cd {shlex.quote(str(project))}", *left]),
            ) from error


def write_env(project: Path) -> None:
    """Copy the placeholders to `.env`, for its owner alone; an `.env` that is there stays."""
    example, target = project / ".env.example", project / ".env"
    if target.exists() or not example.exists():
        return
    target.touch(mode=0o600)
    shutil.copyfile(example, target)


def know_author(project: Path) -> None:
    """Check that git's configuration names an author.

    Raises:
        SurroundingsError: It does not, or git is missing.
    """
    try:
        run(IDENTITY, folder=project)
    except SurroundingsError as error:
        if "not installed" in error.problem:
            raise
        raise SurroundingsError(
            "git does not know who you are",
            where="git configuration",
            next_step=" && ".join(NO_IDENTITY),
        ) from error


def _program(name: str, command: Sequence[str]) -> Step:
    def do(project: Path) -> None:
        run(command, folder=project)

    return Step(name, (shlex.join(command),), do)
