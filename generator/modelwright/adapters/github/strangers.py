"""Reads what else leads into a repository, and the tree of its default branch."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from modelwright.adapters.github.client import GitHub
from modelwright.adapters.github.pushing import authorised
from modelwright.adapters.process import run
from modelwright.provisioning.desired import BRANCH
from modelwright.provisioning.strangers import TreeEntry

__all__ = ["read_tree", "read_ways"]

_ABSENT: Final = 404
# What it is called, where it is read, under which key its list stands, and what names an entry.
_WAYS: Final = (
    ("deploy keys", "keys", "", "title"),
    ("webhooks", "hooks", "", "id"),
    ("pending invitations", "invitations", "", "id"),
    ("runners of its own", "actions/runners", "runners", "name"),
)


def read_ways(github: GitHub, path: str) -> Mapping[str, tuple[str, ...]]:
    """Return the deploy keys, webhooks, invitations and runners of a repository, by kind.

    Args:
        github: The connection.
        path: The repository in GitHub's paths.

    Raises:
        SurroundingsError: GitHub denies a read; what cannot be read is not taken to be absent.
    """

    def names(place: str, key: str, name: str) -> tuple[str, ...]:
        rows = github.pages(f"{path}/{place}?per_page=100", key, fine=(_ABSENT,))
        return tuple(str(row.get(name) or row.get("id")) for row in rows)

    tasks = [lambda one=one: names(*one[1:]) for one in _WAYS]
    return dict(zip((one[0] for one in _WAYS), github.together(tasks), strict=True))


def read_tree(url: str, token: str) -> Mapping[str, TreeEntry]:
    """Return every file of a repository's `main` by its path; nothing of it is checked out.

    Raises:
        SurroundingsError: Git failed, or the host cannot be reached.
    """
    with tempfile.TemporaryDirectory(prefix="modelwright-") as folder:
        bare = Path(folder) / "bare"
        clone = ("git", "clone", "--quiet", "--bare", "--depth", "1", "--no-tags", "--template=")
        command = (*clone, "--branch", BRANCH, url, str(bare))
        run(command, folder=Path(folder), env=authorised(url, token), seconds=120)
        listed = run(("git", "ls-tree", "-r", "-z", "--full-tree", BRANCH), folder=bare)
    entries = {}
    for line in filter(None, listed.split("\0")):
        about, _, path = line.partition("\t")
        mode, _, identity = about.split(" ")
        entries[path] = TreeEntry(mode, identity)
    return entries
