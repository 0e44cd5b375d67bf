"""Bring a project to another version of its template without losing anything."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import Final

from modelwright.adapters.disk.folders import temporary_root
from modelwright.adapters.disk.stored_answers import stored_answers
from modelwright.adapters.git.merge import require_git
from modelwright.adapters.git.object_writer import Scratch
from modelwright.adapters.git.objects import GitObjects
from modelwright.adapters.git.repository import ProjectRepository, repository_of
from modelwright.adapters.sources.histories import Shelf
from modelwright.adapters.worktree.apply import apply, finish, journal_of, seen_unchanged
from modelwright.adapters.worktree.journal import alone, interrupted
from modelwright.errors import StoppedError, SurroundingsError
from modelwright.operations.update.lock_file import follow_lock
from modelwright.operations.update.merge import file_changes, import_notes, merged
from modelwright.operations.update.request import Wish, foretold, moves
from modelwright.operations.update.source import source_of
from modelwright.operations.update.versions import Move
from modelwright.template.platform import RECORD_FILE as PLATFORM
from modelwright.template.project_paths import refuse_links
from modelwright.update.conflict_resolution import Result
from modelwright.update.conflicts import Conflict, refuse_names
from modelwright.update.journal import Journal
from modelwright.update.merge_inputs import LINK
from modelwright.update.outcome import Outcome, outcome_from

UNDO: Final = "modelwright update --undo"


def update(path: Path, wish: Wish, *, shelf: Shelf | None = None) -> Outcome:
    """Bring a project to a version of its template.

    Args:
        path: The project's folder.
        wish: What is asked for.
        shelf: Keeps histories open for the next project.

    Raises:
        RefusedError: The version, an answer or a name is refused; nothing was changed.
        SurroundingsError: The repository is dirty, or something outside fails; nothing was lost.
    """
    require_git()
    repository = repository_of(path)
    if wish.dry_run:
        repository.refuse_dirty()
        with scratch_of(repository) as scratch:
            outcome, result = _planned(repository, scratch, wish, shelf)
            if result is not None:
                _refuse_hidden(repository, result)
            return outcome
    with alone(repository) as lock:
        begun = interrupted(repository)
        if begun:
            temporary_root()  # removes what the killed process left
        earlier = finished(repository, begun, lock) if begun else None
        if earlier and begun and begun.prefix == repository.prefix and earlier.status != "current":
            return earlier
        repository = repository_of(path) if earlier else repository
        try:
            outcome = _brought(repository, wish, shelf, lock)
        except KeyboardInterrupt as error:
            raise StoppedError(
                "the update was interrupted",
                where=str(repository.folder),
                next_step="run it again; nothing was changed",
            ) from error
        return _with_another(outcome, earlier) if earlier else outcome


def _brought(repository: ProjectRepository, wish: Wish, shelf: Shelf | None, lock: int) -> Outcome:
    repository.refuse_dirty()
    with scratch_of(repository) as scratch:
        outcome, result = _planned(repository, scratch, wish, shelf)
        if result is None:
            return outcome
        if not result.changes:
            return replace(outcome, status="current")
        outcome = replace(
            outcome,
            status="conflicts" if result.conflicts else "updated",
            undo=f"{UNDO} {quote(str(repository.folder))}",
        )
        apply(repository, journal_of(repository, result, scratch, outcome.document()), lock)
        return outcome


def _refuse_hidden(repository: ProjectRepository, result: Result) -> None:
    """Check that no file which changes holds what git was told not to look at."""
    changes, prefix = result.changes, repository.prefix
    before = {f"{prefix}{path}": result.ours.get(path) for path in changes}
    seen_unchanged(repository, before, {f"{prefix}{path}": e for path, e in changes.items()})


def _with_another(outcome: Outcome, earlier: Outcome) -> Outcome:
    """Tell, with what was asked for, what became of another project's update that was killed."""
    about = [f"{earlier.project}: {note}" for note in earlier.notes]
    folder = Path(outcome.project)
    conflicts = [
        replace(
            each,
            path=os.path.relpath(Path(earlier.project) / each.path, folder),
            aside=os.path.relpath(Path(earlier.project) / each.aside, folder) if each.aside else "",
        )
        for each in earlier.conflicts
    ]
    return replace(
        outcome, notes=[*about, *outcome.notes], conflicts=[*conflicts, *outcome.conflicts]
    )


def scratch_of(repository: ProjectRepository) -> Scratch:
    """Return where a merge into a project is written."""
    common = repository.common_dir
    return Scratch(common / "objects", common / "config", repository.digest)


def finished(repository: ProjectRepository, begun: Journal, lock: int) -> Outcome:
    """Finish an update that was killed and return what it did; `current` where it was undone.

    Raises:
        SurroundingsError: It cannot be finished yet.
    """
    outcome = outcome_from(begun.outcome)
    end = finish(repository, begun, lock)
    if end.undone:
        note = "an update that had been interrupted was taken back, because its objects are gone"
        left = [f"{path} was changed since, and is as you left it" for path in end.left]
        return replace(outcome, status="current", conflicts=[], notes=[note, *left, *outcome.notes])
    kept = [
        Conflict(
            path=path.removeprefix(begun.prefix),
            kind="meanwhile",
            aside=aside.removeprefix(begun.prefix),
        )
        for path, aside in end.kept.items()
    ]
    note = "an update that had been interrupted is finished now; this is what it did"
    return replace(
        outcome,
        status="conflicts" if kept else outcome.status,
        notes=[note, *outcome.notes],
        conflicts=[*outcome.conflicts, *kept],
    )


def _planned(
    repository: ProjectRepository, scratch: Scratch, wish: Wish, shelf: Shelf | None
) -> tuple[Outcome, Result | None]:
    """Return what an update would do; no result where there is nothing to do."""
    stored = wish.adopting
    ours = repository.files()
    scratch.know(ours)
    if stored is None and PLATFORM in ours and wish.answers_file not in ours:
        # Here, because a project's update needs none of it.
        from modelwright.operations.platform.update import planned_platform  # noqa: PLC0415

        return planned_platform(repository, scratch, ours, wish)
    if stored is None:
        stored = stored_answers(repository.folder, wish.answers_file)
        if wish.answers_file not in ours:
            raise _uncommitted(repository, wish.answers_file)
    places = (wish.source, wish.platform)
    with source_of(stored, *places, offline=wish.offline, shelf=shelf) as source:
        old, new = moves(repository.folder, stored, source, wish)
        outcome = replace(foretold(old, new, stored, source, wish), project=str(repository.folder))
        if _current(old, new, outcome, wish):
            return replace(outcome, status="current"), None
        result, both = merged(scratch, repository, ours, old, new, wish)
    _refuse_links(scratch, result)
    refuse_names(set(both.theirs) - set(both.base), new.version.name)
    lock = follow_lock(scratch, repository, result, offline=wish.offline)
    notes = [*outcome.notes, *_moved(result), *import_notes(repository, result, both), *lock.notes]
    return replace(
        outcome,
        files=file_changes(scratch, result, repository.folder),
        conflicts=result.conflicts,
        notes=notes,
        stale_lock=lock.stale,
    ), result


def _refuse_links(scratch: Scratch, result: Result) -> None:
    """Check where the links lead that an update writes; those that are there are hers.

    Raises:
        RefusedError: One leads out of the project.
    """
    links = {path: entry for path, entry in result.files.items() if entry.mode == LINK}
    hers = [(path, entry) for path, entry in result.ours.items() if entry.mode == LINK]
    # Of two that meet at a path hers is kept beside it, under a longer name.
    new = [
        path
        for path, entry in links.items()
        if not any(path.startswith(place) and entry == kept for place, kept in hers)
    ]
    if new:
        scratch.tree(links)  # so that every target can be read
        with GitObjects(scratch.folder) as objects:
            targets = objects.read([entry.name for entry in links.values()])
        told = {path: os.fsdecode(one.content) for path, one in zip(links, targets, strict=True)}
        refuse_links(told, of=new)


def _current(old: Move, new: Move, outcome: Outcome, wish: Wish) -> bool:
    # A secret is not remembered, so nobody can say that it is the one that stands there.
    secret = set(wish.given) - set(new.answers.remembered)
    asked = outcome.answers or wish.source or wish.anew or secret
    return old.version.name == new.version.name and not asked


def _moved(result: Result) -> list[str]:
    return [
        f"{old} moved to {new}, because the template renamed its folder"
        for old, new in sorted(result.moved.items())
    ]


def _uncommitted(repository: ProjectRepository, file: str) -> SurroundingsError:
    return SurroundingsError(
        f"{file} is not in git, so there is nothing to compare with",
        where=str(repository.folder),
        next_step=f"run git add --force {quote(file)} && "
        'git commit --message "chore: keep the answers"',
    )
