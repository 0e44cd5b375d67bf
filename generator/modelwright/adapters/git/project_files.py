"""Reads a project's files from disk: those that git tracks, and untracked ones not ignored."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from modelwright.adapters.disk.folders import temporary_root
from modelwright.adapters.git.commands import empty_repository
from modelwright.adapters.git.project import git_folder_above, locate_repository, project_git
from modelwright.audit.checks.files import first_marker
from modelwright.errors import ExternalSystemError, RefusedError
from modelwright.paths import ENV_FILE

LARGEST_TEXT: Final = 2_000_000
LARGEST_SEARCHED: Final = 50_000_000
IGNORED_FOLDERS: Final = frozenset(
    (
        *(".git", ".hg", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".nox"),
        *(".mypy_cache", ".ruff_cache", ".pytest_cache", ".ipynb_checkpoints"),
    )
)
_LIST_FILES: Final = ("ls-files", "-z", "-t", "--cached", "--others", "--exclude-standard")
_UNTRACKED: Final = "?"
_REMOTE_NAME: Final = re.compile(r"([^/:\\]+?)(?:\.git)?/*\Z")


@dataclass(frozen=True, kw_only=True)
class ProjectFiles:
    """The files of a project's folder.

    Attributes:
        folder: The folder's own name.
        remote: Name of the repository at `origin`; empty where there is none.
        texts: Text by path, with LF, of what git tracks or would add.
        others: Paths of what has no text here: binary, larger than 2 MB, or a link.
        conflicts: The line of the first conflict marker, by path of each file that holds one.
        ignores_env: Whether a `.gitignore` of the project keeps `.env` out of git.
    """

    folder: str
    remote: str
    texts: dict[str, str] = field(repr=False)
    others: frozenset[str]
    conflicts: dict[str, int] = field(repr=False)
    ignores_env: bool


def read_project(root: Path) -> ProjectFiles:
    """Read a project.

    Raises:
        RefusedError: There is no such folder.
        ExternalSystemError: Git refuses to work there, or a file in it cannot be read.
    """
    if not root.is_dir():
        raise RefusedError(
            "there is no such folder",
            where=str(root),
            next_step="name the folder of a project",
        )
    root = root.resolve()
    with tempfile.TemporaryDirectory(dir=temporary_root()) as scratch:
        env, paths = _list_files(root, Path(scratch))
        remote = project_git(
            root, "config", "--get", "remote.origin.url", env=env, exit_codes=(0, 1)
        )
        ignores_env = _ignores_env(root, env)
    texts: dict[str, str] = {}
    others = set()
    conflicts = {}
    for path in paths:
        content = _read_bytes(root / path)
        text, line = _decode(content), first_marker(content)
        if text is None:
            others.add(path)
        else:
            texts[path] = text
        if line:
            conflicts[path] = line
    return ProjectFiles(
        folder=root.name,
        remote=_repository_name(os.fsdecode(remote).strip()),
        texts=texts,
        others=frozenset(others),
        conflicts=conflicts,
        ignores_env=ignores_env,
    )


def content_of(root: Path, paths: Iterable[str]) -> dict[str, bytes]:
    """Return the bytes of files that have no text, by path: links and what is huge left out."""
    found = {}
    for path in paths:
        place = root / path
        if not place.is_symlink() and place.is_file() and place.stat().st_size <= LARGEST_TEXT:
            found[path] = place.read_bytes()
    return found


def _list_files(root: Path, scratch: Path) -> tuple[dict[str, str], list[str]]:
    """Return the environment in which git sees a project, and the project's paths.

    A folder in no repository, or one that the repository around it ignores, is listed by the
    rules of its own `.gitignore` files.
    """
    if git_folder_above(root):
        locate_repository(root)
        found = _paths_from_listing(root, project_git(root, *_LIST_FILES))
        if found:
            return {}, found
    env = {"GIT_DIR": str(empty_repository(scratch)), "GIT_WORK_TREE": str(root)}
    return env, _paths_from_listing(root, project_git(root, *_LIST_FILES, env=env))


def _paths_from_listing(root: Path, listed: bytes) -> list[str]:
    found = set()
    for line in filter(None, listed.split(b"\0")):
        tag, _, path = os.fsdecode(line).partition(" ")
        if tag == _UNTRACKED and not IGNORED_FOLDERS.isdisjoint(path.split("/")):
            continue
        if path.isprintable() and _is_file_or_link(root / path):
            found.add(path)
    return sorted(found)


def _ignores_env(root: Path, env: dict[str, str]) -> bool:
    """Say whether the project itself ignores `.env`: a person's own rules are not everybody's."""
    command = ("check-ignore", "--no-index", "--verbose", "-z", "--stdin")
    fields = project_git(root, *command, env=env, stdin=ENV_FILE.encode(), exit_codes=(0, 1)).split(
        b"\0"
    )
    source, pattern = os.fsdecode(fields[0]), fields[2:3]
    inside = source.rsplit("/", 1)[-1] == ".gitignore" and not Path(source).is_absolute()
    return inside and not pattern[0].startswith(b"!")


def _is_file_or_link(path: Path) -> bool:
    return path.is_symlink() or path.is_file()


def _read_bytes(path: Path) -> bytes:
    """Return a file's bytes; a zero byte for a link or a very large file."""
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > LARGEST_SEARCHED:
            return b"\0"
        return path.read_bytes()
    except OSError as error:
        raise ExternalSystemError(
            f"it cannot be read: {error.strerror or error}",
            where=str(path),
            next_step="give yourself the right to read it, then run the command again",
        ) from error


def _decode(content: bytes) -> str | None:
    if len(content) > LARGEST_TEXT or b"\0" in content:
        return None
    try:
        return content.decode().replace("\r\n", "\n")
    except UnicodeDecodeError:
        return None


def _repository_name(url: str) -> str:
    found = _REMOTE_NAME.search(url)
    return found.group(1) if found else ""
