"""Git's index while an update is at work: the copy that becomes the new one."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from modelwright.adapters.git.project import project_git
from modelwright.adapters.git.repository import ProjectRepository
from modelwright.adapters.worktree.journal import Places
from modelwright.update.merge_inputs import FileEntry


def refresh_index(
    repository: ProjectRepository, unmerged: Mapping[str, Mapping[int, FileEntry]]
) -> None:
    """Let the new index know the files as they stand now, and what is unmerged."""
    env = {"GIT_INDEX_FILE": str(Places(repository).index)}
    refresh = ("update-index", "-q", "--refresh", "-z", "--index-info")
    given = b"".join(_index_lines(path, stages) for path, stages in unmerged.items())
    project_git(repository.top, *refresh, env=env, given=given, fine=(0, 1))


def stage_entries(repository: ProjectRepository, entries: Mapping[str, FileEntry | None]) -> None:
    """Let the new index hold these entries; None removes a path."""
    env = {"GIT_INDEX_FILE": str(Places(repository).index)}
    order = sorted(entries, key=lambda path: (entries[path] is not None, path))
    stages = {path: {0: entry} if (entry := entries[path]) else {} for path in order}
    given = b"".join(
        [_index_lines(path, {}, repository.digest) for path in order]
        + [_index_lines(path, stages[path]) for path in order if stages[path]]
    )
    project_git(repository.top, "update-index", "-z", "--index-info", env=env, given=given)


def mark_outside_sparse_checkout(repository: ProjectRepository, paths: Iterable[str]) -> None:
    """Let git's index say again that files are outside of a sparse checkout."""
    given = b"".join(os.fsencode(path) + b"\0" for path in paths)
    if given:
        env = {"GIT_INDEX_FILE": str(Places(repository).index)}
        command = ("update-index", "--skip-worktree", "-z", "--stdin")
        project_git(repository.top, *command, env=env, given=given)


def outside_sparse_checkout(repository: ProjectRepository, absent: list[str]) -> list[str]:
    """Return which absent files a sparse checkout leaves out, by the mark in git's index."""
    if not absent:
        return []
    told = project_git(repository.top, "ls-files", "-z", "-t").split(b"\0")
    marked = {os.fsdecode(line[2:]) for line in told if line[:2] == b"S "}
    return [path for path in absent if path in marked]


def index_entries(repository: ProjectRepository) -> dict[str, dict[int, FileEntry]]:
    """Return what git's index holds: the entries of each path by stage."""
    found: dict[str, dict[int, FileEntry]] = {}
    for line in project_git(repository.top, "ls-files", "-z", "--stage").split(b"\0")[:-1]:
        told, _, path = line.partition(b"\t")
        mode, name, stage = told.decode().split(" ")
        found.setdefault(os.fsdecode(path), {})[int(stage)] = FileEntry(int(mode, 8), name)
    return found


def _index_lines(path: str, stages: Mapping[int, FileEntry], digest: str = "") -> bytes:
    """Return what `git update-index --index-info` reads: the path goes, then its stages come."""
    name = os.fsencode(path)
    width = max([len(entry.name) for entry in stages.values()], default=0)
    zeros = "0" * (width or (64 if digest == "sha256" else 40))
    rows = [f"0 {zeros}\t".encode() + name + b"\0"]
    for stage, entry in sorted(stages.items()):
        rows.append(f"{entry.mode:o} {entry.name} {stage}\t".encode() + name + b"\0")
    return b"".join(rows)
