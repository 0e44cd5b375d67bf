"""A repository's first commit: no hook, no template of git's and no monitor runs at it.

Cookiecutter's hook runs this too, so it needs nothing but the standard library.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from modelwright.adapters.process import run

__all__ = ["BRANCH", "GIT", "commit", "make_repository", "stage"]

BRANCH: Final = "main"
GIT: Final = ("git", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false")


def make_repository(folder: Path) -> None:
    """Make a repository with the branch `main`.

    Raises:
        SurroundingsError: Git is missing or failed.
    """
    run((*GIT, "init", "--quiet", "--initial-branch", BRANCH, "--template="), folder=folder)


def stage(folder: Path, *options: str) -> None:
    """Add every file to the index.

    Raises:
        SurroundingsError: Git is missing or failed.
    """
    run((*GIT, "add", "--all", *options), folder=folder)


def commit(folder: Path, message: str, *, author: str = "") -> None:
    """Commit what is in the index.

    Args:
        folder: The repository.
        message: The commit's message.
        author: A name on GitHub, which then signs nothing; empty is git's configured person.

    Raises:
        SurroundingsError: Git is missing or failed.
    """
    address = f"user.email={author}@users.noreply.github.com"
    who = ("-c", f"user.name={author}", "-c", address) if author else ()
    unsigned = ("--no-gpg-sign",) if author else ()
    run((*GIT, *who, "commit", "--quiet", *unsigned, "--message", message), folder=folder)
