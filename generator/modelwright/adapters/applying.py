"""Brings a result into a work tree and its index: all of it, or, after a kill, the rest of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from modelwright.adapters.git_writing import Scratch
from modelwright.adapters.journal_file import (
    forget,
    home,
    index_locked,
    journal_path,
    unwritable,
    write_journal,
)
from modelwright.adapters.process import output
from modelwright.adapters.project_repository import ProjectRepository
from modelwright.errors import ModelwrightError, SurroundingsError
from modelwright.update.entry import Entry
from modelwright.update.journal import Journal
from modelwright.update.resolving import Result

_ABSENT: Final = "0 " + "0" * 40


def journal_of(
    repository: ProjectRepository, result: Result, scratch: Scratch, outcome: dict[str, object]
) -> Journal:
    """Write the result as a commit into the repository and return the journal of its update.

    Raises:
        SurroundingsError: The objects cannot be written; nothing was changed.
    """
    tree = scratch.tree(repository.whole(result.files))
    commit = scratch.commit(tree, repository.head)
    try:
        scratch.give(repository.common_dir / "objects")
    except OSError as error:
        raise unwritable(repository, error) from error
    prefix = repository.prefix
    return Journal(
        head=repository.head,
        commit=commit,
        prefix=prefix,
        before={f"{prefix}{path}": result.ours.get(path) for path in result.changes},
        after={f"{prefix}{path}": entry for path, entry in result.changes.items()},
        unmerged={f"{prefix}{path}": stages for path, stages in result.unmerged.items()},
        outcome=outcome,
    )


def apply(repository: ProjectRepository, journal: Journal, lock: int) -> None:
    """Bring a result into the work tree and the index.

    Args:
        repository: The project's repository, clean.
        journal: What is to be done.
        lock: The descriptor of the lock, which git's process holds too.

    Raises:
        SurroundingsError: It cannot be done; what was begun is undone.
    """
    with index_locked(repository):
        try:
            write_journal(repository, journal)
            _bring(repository, journal, lock, how="-m")
        except (ModelwrightError, OSError) as error:
            _undo(repository, journal)
            forget(repository)
            if isinstance(error, OSError):
                raise unwritable(repository, error) from error
            error.next_step = (
                "make room or lift what is in the way, then run it again; nothing was changed"
            )
            raise
        forget(repository)


def finish(repository: ProjectRepository, journal: Journal, lock: int) -> list[str]:
    """Finish an update that was killed and return the paths of what was kept aside.

    Raises:
        SurroundingsError: It cannot be finished; the journal stays.
    """
    with index_locked(repository):
        kept = _keep_aside(repository, journal)
        _bring(repository, journal, lock, how="--reset")
        forget(repository)
    return kept


def _bring(repository: ProjectRepository, journal: Journal, lock: int, *, how: str) -> None:
    index, aside = repository.git_dir / "index", home(repository) / "index"
    # Git's own, of a git that was killed: the copy is nobody else's.
    aside.with_name("index.lock").unlink(missing_ok=True)
    with suppress(FileNotFoundError):
        shutil.copyfile(index, aside)
    env = {"GIT_INDEX_FILE": str(aside)}
    trees = (journal.head, journal.commit)
    git, top = ("git", "-c", "core.hooksPath=/dev/null"), repository.top
    read = (*git, "read-tree", how, "-u", *trees)
    try:
        output(read, folder=top, env=env, held=(lock,))
    except SurroundingsError:
        # A repository that was copied or restored: the index knows its files by their old inodes.
        refresh = (*git, "update-index", "-q", "--refresh")
        output(refresh, folder=top, env=env, held=(lock,), fine=(0, 1))
        output(read, folder=top, env=env, held=(lock,))
    if journal.unmerged:
        given = b"".join(_staged(journal))
        stage = (*git, "update-index", "-z", "--index-info")
        output(stage, folder=top, env=env, given=given, held=(lock,))
    aside.replace(index)


def _staged(journal: Journal) -> Iterator[bytes]:
    for path, stages in journal.unmerged.items():
        name = os.fsencode(path)
        yield f"{_ABSENT}\t".encode() + name + b"\0"
        for stage, entry in sorted(stages.items()):
            yield f"{entry.mode:o} {entry.name} {stage}\t".encode() + name + b"\0"


def _undo(repository: ProjectRepository, journal: Journal) -> None:
    """Put back what stands in the index, which was not replaced yet, and remove what is new."""
    top = repository.top
    begun = (
        journal_path(repository).stat().st_mtime_ns if journal_path(repository).exists() else None
    )
    for path, entry in journal.before.items():
        with suppress(OSError):
            if entry is None and begun and (top / path).lstat().st_mtime_ns >= begun:
                (top / path).unlink()
    old = b"".join(os.fsencode(path) + b"\0" for path, entry in journal.before.items() if entry)
    with suppress(SurroundingsError):
        command = ("git", "checkout-index", "--force", "--quiet", "-z", "--stdin")
        output(command, folder=top, given=old)


def _keep_aside(repository: ProjectRepository, journal: Journal) -> list[str]:
    """Copy what somebody wrote after the kill; a file half-written by git is nobody's work."""
    kept = []
    for path in journal.after:
        place = repository.top / path
        if place.is_symlink() or not place.is_file():
            continue
        content = place.read_bytes()
        known = [
            _content(repository, path, entry)
            for entry in (journal.before[path], journal.after[path])
            if entry is not None
        ]
        if not any(each.startswith(content) for each in known):
            aside = _free(place.with_name(f"{place.name}.yours"))
            aside.write_bytes(content)
            kept.append(aside.relative_to(repository.top).as_posix())
    return kept


def _content(repository: ProjectRepository, path: str, entry: Entry) -> bytes:
    """Return a file's content as git writes it into the work tree."""
    command = ("git", "cat-file", "--filters", f"--path={path}", entry.name)
    return output(command, folder=repository.top)


def _free(place: Path) -> Path:
    found, number = place, 2
    while found.exists() or found.is_symlink():
        found, number = place.with_name(f"{place.name}-{number}"), number + 1
    return found
