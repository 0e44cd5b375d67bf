"""Rollback of an update in a work tree: takes back every file that still is as it wrote it."""

from __future__ import annotations

import os
from typing import NamedTuple

from modelwright.adapters.git.project import project_git
from modelwright.adapters.git.repository import ProjectRepository
from modelwright.adapters.system.signals import signals_blocked
from modelwright.adapters.worktree.files import Exchange, FileState, file_state, stored_entries
from modelwright.adapters.worktree.index import (
    index_entries,
    mark_outside_sparse_checkout,
    outside_sparse_checkout,
    refresh_index,
    stage_entries,
)
from modelwright.adapters.worktree.journal import TemporaryFiles
from modelwright.errors import ExternalSystemError
from modelwright.update.file_entry import FOLDER
from modelwright.update.journal import Journal


class _Paths(NamedTuple):
    """The paths of an update by what happens to them when it is taken back.

    Attributes:
        states: The state of each path.
        reset: Those whose entry in git's index is the update's.
        restored: Those whose file is the update's too.
        left: Those that somebody changed since.
        absent: Those that a sparse checkout leaves out.
    """

    states: dict[str, FileState | None]
    reset: list[str]
    restored: list[str]
    left: list[str]
    absent: set[str]


def take_back_update(repository: ProjectRepository, journal: Journal) -> list[str]:
    """Take back what an update wrote, while the caller holds git's lock of the index.

    Returns:
        The paths that somebody changed since, which are left as they are.

    Raises:
        ExternalSystemError: Git or the disk fails.
    """
    temporary = TemporaryFiles(repository)
    temporary.begin()
    paths = _sort_paths(repository, journal)
    before = {path: journal.before[path] for path in paths.reset}
    stage_entries(repository, before)
    mark_outside_sparse_checkout(repository, [path for path in paths.absent if before.get(path)])
    env = temporary.git_environment
    stdin = b"".join(os.fsencode(path) + b"\0" for path in paths.restored if before[path])
    project_git(temporary.new, "checkout-index", "--force", "-z", "--stdin", env=env, stdin=stdin)
    exchange = Exchange(top=repository.top, kept=temporary.kept)
    left = list(paths.left)
    with signals_blocked():
        order = sorted(paths.restored, key=lambda path: (before[path] is not None, path))
        for number, path in enumerate(order):
            new = temporary.new / path if before[path] else None
            try:
                exchange.replace(path, number, paths.states[path], new)
            except (OSError, ExternalSystemError):
                left.append(path)
        refresh_index(repository, {})
        temporary.install_index()
    return sorted(left)


def _sort_paths(repository: ProjectRepository, journal: Journal) -> _Paths:
    states = {path: file_state(repository.top / path) for path in journal.after}
    candidates = {path: (journal.before[path], journal.after[path]) for path in journal.after}
    found = stored_entries(repository, candidates)
    absent = set(
        outside_sparse_checkout(repository, [path for path in found if found[path] is None])
    )
    staged = index_entries(repository)
    paths = _Paths(states, [], [], [], absent)
    for path, (before, after) in candidates.items():
        entry = found[path]
        if after is None and entry is not None and entry.mode == FOLDER:
            states[path] = entry = None  # the folder came with the update, and goes first
        own = ({0: before} if before else {}, {0: after} if after else {})
        of_update = staged.get(path, {}) in (*own, journal.unmerged.get(path))
        if of_update:
            paths.reset.append(path)
        if before in {entry, after} or (path in absent and of_update):
            continue
        (paths.restored if of_update and entry == after else paths.left).append(path)
    return paths
