"""The few things that are asked of git."""

from __future__ import annotations

from pathlib import Path

from modelwright.adapters.process import run
from modelwright.errors import SurroundingsError

# No transport that runs a program of the URL's choice.
_SAFE = {"GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh", "GIT_TERMINAL_PROMPT": "0"}


def described(folder: Path) -> str:
    """Return how git names the version of a checkout; empty where it is none, or has no commit."""
    if not (folder / ".git").exists():
        return ""
    try:
        return run(
            ("git", "describe", "--tags", "--always", "--match", "v*"), folder=folder
        ).strip()
    except SurroundingsError:
        return ""


def references(url: str, folder: Path) -> dict[str, str]:
    """Return the commit of every branch and tag at a URL, by short name.

    Raises:
        SurroundingsError: The URL cannot be reached.
    """
    listed = run(("git", "ls-remote", "--heads", "--tags", "--", url), folder=folder, env=_SAFE)
    found = {}
    for line in listed.splitlines():
        commit, _, name = line.partition("\t")
        found[name.removesuffix("^{}").split("/", 2)[2]] = commit
    return found


def clone(url: str, reference: str, into: Path) -> None:
    """Clone one branch or tag, without history and without hooks.

    Raises:
        SurroundingsError: It cannot be had.
    """
    command = ("git", "clone", "--quiet", "--depth", "1", "--branch", reference)
    run((*command, "--template=", "--", url, str(into)), folder=into.parent, env=_SAFE)
