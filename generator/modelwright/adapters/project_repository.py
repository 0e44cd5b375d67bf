"""The git repository that a project stands in."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from modelwright.adapters.git_clean import ATTRIBUTES, clean_head
from modelwright.adapters.git_index import indexed_files
from modelwright.adapters.merging import files_of
from modelwright.adapters.process import output
from modelwright.errors import RefusedError, SurroundingsError
from modelwright.update.entry import Entry

_QUIET: Final = ("git", "--no-optional-locks")
_LIST: Final = (*_QUIET, "ls-tree", "-r", "-z")
_SHOWN: Final = 3
_INITIAL: Final = "(initial)"


@dataclass(frozen=True, kw_only=True)
class ProjectRepository:
    """A project's place in git.

    Attributes:
        folder: The project's folder, absolute.
        git_dir: The git directory of its work tree, with index and locks.
        common_dir: The git directory that holds objects and configuration.
        prefix: The project's path inside the work tree, with a slash at its end; empty at its root.
        digest: `sha1` or `sha256`.
        head: The commit that is checked out.
        changed: Tracked paths inside the project that differ from `head`.
    """

    folder: Path
    git_dir: Path
    common_dir: Path
    prefix: str
    digest: str
    head: str
    changed: list[str] = field(repr=False)

    def files(self) -> dict[str, Entry]:
        """Return the project's files at `head`, by path inside the project.

        Raises:
            SurroundingsError: Git fails.
        """
        # Where nothing is changed the index holds what the commit does.
        found = None if self.changed else indexed_files(self.git_dir / "index")
        if found is not None:
            prefix = self.prefix
            return {p.removeprefix(prefix): e for p, e in found.items() if p.startswith(prefix)}
        return files_of(output((*_LIST, self.head), folder=self.folder))

    @property
    def top(self) -> Path:
        """The root of the work tree."""
        up = self.prefix.count("/")
        return self.folder.parents[up - 1] if up else self.folder

    def attributes_above(self) -> list[str]:
        """Return the `.gitattributes` in the folders above the project, from the top."""
        parts = self.prefix.split("/")[:-1]
        places = ("/".join([*parts[:depth], ATTRIBUTES]) for depth in range(len(parts)))
        return [place for place in places if (self.top / place).is_file()]

    def whole(self, files: Mapping[str, Entry]) -> dict[str, Entry]:
        """Return the files of the whole repository, with these as the project's.

        Raises:
            SurroundingsError: Git fails.
        """
        if not self.prefix:
            return dict(files)
        listed = files_of(output((*_LIST, "--full-tree", self.head), folder=self.folder))
        others = {path: e for path, e in listed.items() if not path.startswith(self.prefix)}
        return {**others, **{f"{self.prefix}{path}": entry for path, entry in files.items()}}

    def refuse_dirty(self) -> None:
        """Check that nothing tracked is changed.

        Raises:
            SurroundingsError: Something is.
        """
        if self.changed:
            shown = ", ".join(self.changed[:_SHOWN])
            shown += " ..." if len(self.changed) > _SHOWN else ""
            raise SurroundingsError(
                f"there are changes that are not committed: {shown}",
                where=str(self.folder),
                next_step="commit them, or git stash; nothing was changed",
            )


def repository_of(folder: Path) -> ProjectRepository:
    """Return the repository of a project.

    Raises:
        RefusedError: There is no such folder.
        SurroundingsError: It stands in none, has no commit, or cannot be read.
    """
    folder = folder.resolve()
    if not folder.is_dir():
        raise RefusedError(
            "there is no such folder", where=str(folder), next_step="name the folder of a project"
        )
    top = next((place for place in (folder, *folder.parents) if (place / ".git").exists()), None)
    if top is None:
        raise SurroundingsError(
            "it is not in a git repository, which an update needs to lose nothing",
            where=str(folder),
            next_step='run git init && git add --all && git commit --message "chore: keep" there',
        )
    git_dir = _git_dir(top)
    common_dir = _common_dir(git_dir)
    known = clean_head(top, git_dir, common_dir)
    head, changed = (known, []) if known else _status(folder)
    prefix = folder.relative_to(top).as_posix()
    return ProjectRepository(
        folder=folder,
        git_dir=git_dir,
        common_dir=common_dir,
        prefix="" if prefix == "." else f"{prefix}/",
        digest="sha256" if _names_sha256(head) else "sha1",
        head=head,
        changed=changed,
    )


def _status(folder: Path) -> tuple[str, list[str]]:
    command = (
        *(*_QUIET, "status", "--porcelain=v2", "--branch", "-z", "--no-renames"),
        *("--untracked-files=no", "--ignore-submodules=dirty", "--", "."),
    )
    told = output(command, folder=folder)
    head, changed = _INITIAL, []
    for line in (os.fsdecode(part) for part in told.split(b"\0")):
        if line.startswith("# branch.oid "):
            head = line.split(" ")[2]
        elif line[:1] in {"1", "u"}:
            changed.append(line.split(" ", 8 if line[0] == "1" else 10)[-1])
    if head == _INITIAL:
        raise SurroundingsError(
            "its repository has no commit, so there is nothing to compare with",
            where=str(folder),
            next_step='run git add --all && git commit --message "chore: keep" there',
        )
    return head, changed


def _git_dir(top: Path) -> Path:
    place = top / ".git"
    if place.is_dir():
        return place
    target = place.read_text(encoding="utf-8").removeprefix("gitdir:").strip()
    return (top / target).resolve()


def _common_dir(git_dir: Path) -> Path:
    common = git_dir / "commondir"
    if not common.is_file():
        return git_dir
    return (git_dir / common.read_text(encoding="utf-8").strip()).resolve()


def _names_sha256(head: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{64}", head) is not None
