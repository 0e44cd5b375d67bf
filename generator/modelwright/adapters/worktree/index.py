"""Git's index: the copy that an update prepares, and the entries that it reads."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from modelwright.adapters.git.project import project_git
from modelwright.adapters.git.repository import ProjectRepository
from modelwright.adapters.worktree.journal import TemporaryFiles
from modelwright.update.file_entry import FileEntry


def refresh_index(
    repository: ProjectRepository, unmerged: Mapping[str, Mapping[int, FileEntry]]
) -> None:
    """Refresh the new index from the work tree, and add the unmerged stages."""
    env = {"GIT_INDEX_FILE": str(TemporaryFiles(repository).index)}
    refresh = ("update-index", "-q", "--refresh", "-z", "--index-info")
    stdin = b"".join(_index_lines(path, stages) for path, stages in unmerged.items())
    project_git(repository.top, *refresh, env=env, stdin=stdin, exit_codes=(0, 1))


def stage_entries(repository: ProjectRepository, entries: Mapping[str, FileEntry | None]) -> None:
    """Stage entries in the new index; None removes a path."""
    env = {"GIT_INDEX_FILE": str(TemporaryFiles(repository).index)}
    order = sorted(entries, key=lambda path: (entries[path] is not None, path))
    stages = {path: {0: entry} if (entry := entries[path]) else {} for path in order}
    stdin = b"".join(
        [_index_lines(path, {}, repository.digest) for path in order]
        + [_index_lines(path, stages[path]) for path in order if stages[path]]
    )
    project_git(repository.top, "update-index", "-z", "--index-info", env=env, stdin=stdin)


def mark_outside_sparse_checkout(repository: ProjectRepository, paths: Iterable[str]) -> None:
    """Mark files in the new index as outside of a sparse checkout."""
    stdin = b"".join(os.fsencode(path) + b"\0" for path in paths)
    if stdin:
        env = {"GIT_INDEX_FILE": str(TemporaryFiles(repository).index)}
        command = ("update-index", "--skip-worktree", "-z", "--stdin")
        project_git(repository.top, *command, env=env, stdin=stdin)


def outside_sparse_checkout(repository: ProjectRepository, absent: list[str]) -> list[str]:
    """Return which absent files are outside of a sparse checkout, by their mark in git's index."""
    if not absent:
        return []
    lines = project_git(repository.top, "ls-files", "-z", "-t").split(b"\0")
    marked = {os.fsdecode(line[2:]) for line in lines if line[:2] == b"S "}
    return [path for path in absent if path in marked]


def index_entries(repository: ProjectRepository) -> dict[str, dict[int, FileEntry]]:
    """Return the entries of git's index by path and stage."""
    found: dict[str, dict[int, FileEntry]] = {}
    for line in project_git(repository.top, "ls-files", "-z", "--stage").split(b"\0")[:-1]:
        head, _, path = line.partition(b"\t")
        mode, name, stage = head.decode().split(" ")
        found.setdefault(os.fsdecode(path), {})[int(stage)] = FileEntry(int(mode, 8), name)
    return found


def _index_lines(path: str, stages: Mapping[int, FileEntry], digest: str = "") -> bytes:
    """Return lines for `git update-index --index-info`: remove the path, then add its stages."""
    name = os.fsencode(path)
    width = max([len(entry.name) for entry in stages.values()], default=0)
    zeros = "0" * (width or (64 if digest == "sha256" else 40))
    rows = [f"0 {zeros}\t".encode() + name + b"\0"]
    for stage, entry in sorted(stages.items()):
        rows.append(f"{entry.mode:o} {entry.name} {stage}\t".encode() + name + b"\0")
    return b"".join(rows)
