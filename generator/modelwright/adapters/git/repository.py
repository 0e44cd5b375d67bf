"""The git repository of a project: its commit, files, settings, and what is not committed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from modelwright.adapters.git.merge import files_of
from modelwright.adapters.git.project import git_folder_above, locate_repository, project_git
from modelwright.errors import ExternalSystemError, RefusedError
from modelwright.update.file_entry import FileEntry

ATTRIBUTES: Final = ".gitattributes"
_LIST_TREE: Final = ("ls-tree", "-r", "-z")
_SHOWN: Final = 3
_SETTINGS: Final = r"^core\.(autocrlf|attributesfile|symlinks|filemode)$"
_NO_COMMIT: Final = "(initial)"


@dataclass(frozen=True, kw_only=True)
class ProjectRepository:
    """A project's place in git.

    Attributes:
        folder: The project's folder, absolute.
        top: The root of the work tree.
        git_dir: The git directory of its work tree, with index and locks.
        common_dir: The git directory that holds objects and configuration.
        prefix: The project's path inside the work tree, with a slash at its end; empty at its root.
        digest: `sha1` or `sha256`.
        head: The commit that is checked out.
        changed: Tracked paths inside the project that differ from `head`.
    """

    folder: Path
    top: Path
    git_dir: Path
    common_dir: Path
    prefix: str
    digest: str
    head: str
    changed: list[str] = field(repr=False)

    def files(self) -> dict[str, FileEntry]:
        """Return the project's files at `head`, by path inside the project.

        Raises:
            ExternalSystemError: Git fails.
        """
        return files_of(project_git(self.folder, *_LIST_TREE, self.head))

    @cached_property
    def settings(self) -> dict[str, str]:
        """The git settings that decide how files are converted, from every configuration file.

        Raises:
            ExternalSystemError: Git fails.
        """
        output = project_git(
            self.folder, "config", "--null", "--get-regexp", _SETTINGS, exit_codes=(0, 1)
        )
        rows = [os.fsdecode(row).partition("\n") for row in output.split(b"\0") if row]
        return {name: value if line else "true" for name, line, value in rows}

    def setting(self, name: str) -> bool:
        """Say whether a setting is on; it is where the configuration does not name it."""
        return self.settings.get(name, "true").lower() not in {"false", "no", "off", "0", ""}

    def attributes_above(self) -> list[str]:
        """Return the `.gitattributes` in the folders above the project, from the top."""
        parts = self.prefix.split("/")[:-1]
        places = ["/".join([*parts[:depth], ATTRIBUTES]) for depth in range(len(parts))]
        return [place for place in places if (self.top / place).is_file()]

    def with_rest_of_repository(self, files: Mapping[str, FileEntry]) -> dict[str, FileEntry]:
        """Return the files of the complete repository, with these as the project's.

        Raises:
            ExternalSystemError: Git fails.
        """
        if not self.prefix:
            return dict(files)
        listed = files_of(project_git(self.folder, *_LIST_TREE, "--full-tree", self.head))
        others = {path: e for path, e in listed.items() if not path.startswith(self.prefix)}
        return {**others, **{f"{self.prefix}{path}": entry for path, entry in files.items()}}

    def obstacle(self, path: str, ours: Mapping[str, FileEntry]) -> str:
        """Return the path of an untracked file that is in the way of a new file.

        It stands at the very path, or is a file or link where a folder is needed. Empty where
        nothing is in the way.
        """
        for end in (place for place, letter in enumerate(path) if letter == "/"):
            above = self.folder / path[:end]
            if path[:end] not in ours and (above.is_symlink() or above.is_file()):
                return path[:end]
        place = self.folder / path
        if place.is_dir() and not place.is_symlink():
            return "" if self._holds_only(place, ours) else path
        return path if os.path.lexists(place) else ""

    def _holds_only(self, folder: Path, ours: Mapping[str, FileEntry]) -> bool:
        """Say whether git knows every file in a folder of the project."""
        for above, _, names in os.walk(folder):
            inside = Path(above).relative_to(self.folder)
            if any((inside / name).as_posix() not in ours for name in names):
                return False
        return True

    def refuse_dirty(self) -> None:
        """Check that nothing tracked is changed.

        Raises:
            ExternalSystemError: Something is.
        """
        if self.changed:
            shown = ", ".join(self.changed[:_SHOWN])
            shown += " ..." if len(self.changed) > _SHOWN else ""
            raise ExternalSystemError(
                f"there are changes that are not committed: {shown}",
                where=str(self.folder),
                next_step="commit them, or git stash; nothing was changed",
            )


def repository_of(folder: Path) -> ProjectRepository:
    """Return the repository of a project.

    Raises:
        RefusedError: There is no such folder.
        ExternalSystemError: It is in no repository, has no commit, or cannot be read.
    """
    folder = folder.resolve()
    if not folder.is_dir():
        raise RefusedError(
            "there is no such folder", where=str(folder), next_step="name the folder of a project"
        )
    if git_folder_above(folder) is None:
        raise ExternalSystemError(
            "it is not in a git repository, which an update needs to lose nothing",
            where=str(folder),
            next_step='run git init && git add --all && git commit --message "chore: keep" there',
        )
    place = locate_repository(folder)
    head, changed = _head_and_changes(folder)
    return ProjectRepository(folder=folder, head=head, changed=changed, **place._asdict())


def _head_and_changes(folder: Path) -> tuple[str, list[str]]:
    command = (
        *("status", "--porcelain=v2", "--branch", "-z", "--no-renames"),
        *("--untracked-files=no", "--ignore-submodules=dirty", "--", "."),
    )
    output = project_git(folder, *command)
    head, changed = _NO_COMMIT, []
    for line in (os.fsdecode(part) for part in output.split(b"\0")):
        if line.startswith("# branch.oid "):
            head = line.split(" ")[2]
        elif line[:1] in {"1", "u"}:
            changed.append(line.split(" ", 8 if line[0] == "1" else 10)[-1])
    if head == _NO_COMMIT:
        raise ExternalSystemError(
            "its repository has no commit, so there is nothing to compare with",
            where=str(folder),
            next_step='run git add --all && git commit --message "chore: keep" there',
        )
    return head, changed
