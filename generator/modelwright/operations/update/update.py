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
from modelwright.adapters.sources.histories import HistoryCache
from modelwright.adapters.worktree.apply import apply, finish, journal_of, seen_unchanged
from modelwright.adapters.worktree.journal import exclusive_update, interrupted_update
from modelwright.errors import ExternalSystemError, StoppedError
from modelwright.operations.update.lock_file import follow_lock
from modelwright.operations.update.merge import file_changes, import_notes, plan_update
from modelwright.operations.update.request import UpdateRequest, old_and_new_version, preview
from modelwright.operations.update.source import source_of
from modelwright.operations.update.versions import RenderedVersion
from modelwright.paths import PLATFORM_RECORD
from modelwright.template.project_paths import refuse_links
from modelwright.update.conflict_resolution import MergePlan
from modelwright.update.conflicts import Conflict, refuse_names
from modelwright.update.journal import Journal
from modelwright.update.merge_inputs import LINK
from modelwright.update.outcome import UpdateOutcome, outcome_from

UNDO: Final = "modelwright update --undo"


def update(
    path: Path, request: UpdateRequest, *, history_cache: HistoryCache | None = None
) -> UpdateOutcome:
    """Bring a project to a version of its template.

    Args:
        path: The project's folder.
        request: What is asked for.
        history_cache: Keeps histories open for the next project.

    Raises:
        RefusedError: The version, an answer or a name is refused; nothing was changed.
        ExternalSystemError: The repository is dirty, or something outside fails; nothing was lost.
    """
    require_git()
    repository = repository_of(path)
    if request.dry_run:
        repository.refuse_dirty()
        with scratch_of(repository) as scratch:
            outcome, result = _plan(repository, scratch, request, history_cache)
            if result is not None:
                _refuse_hidden(repository, result)
            return outcome
    with exclusive_update(repository) as lock:
        begun = interrupted_update(repository)
        if begun:
            temporary_root()  # removes what the killed process left
        earlier = finish_interrupted(repository, begun, lock) if begun else None
        if earlier and begun and begun.prefix == repository.prefix and earlier.status != "current":
            return earlier
        repository = repository_of(path) if earlier else repository
        try:
            outcome = _update_locked(repository, request, history_cache, lock)
        except KeyboardInterrupt as error:
            raise StoppedError(
                "the update was interrupted",
                where=str(repository.folder),
                next_step="run it again; nothing was changed",
            ) from error
        return _with_another(outcome, earlier) if earlier else outcome


def _update_locked(
    repository: ProjectRepository,
    request: UpdateRequest,
    history_cache: HistoryCache | None,
    lock: int,
) -> UpdateOutcome:
    repository.refuse_dirty()
    with scratch_of(repository) as scratch:
        outcome, result = _plan(repository, scratch, request, history_cache)
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


def _refuse_hidden(repository: ProjectRepository, result: MergePlan) -> None:
    """Check that no file which changes holds what git was told not to look at."""
    changes, prefix = result.changes, repository.prefix
    before = {f"{prefix}{path}": result.ours.get(path) for path in changes}
    seen_unchanged(repository, before, {f"{prefix}{path}": e for path, e in changes.items()})


def _with_another(outcome: UpdateOutcome, earlier: UpdateOutcome) -> UpdateOutcome:
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


def finish_interrupted(repository: ProjectRepository, begun: Journal, lock: int) -> UpdateOutcome:
    """Finish an update that was killed and return what it did; `current` where it was undone.

    Raises:
        ExternalSystemError: It cannot be finished yet.
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


def _plan(
    repository: ProjectRepository,
    scratch: Scratch,
    request: UpdateRequest,
    history_cache: HistoryCache | None,
) -> tuple[UpdateOutcome, MergePlan | None]:
    """Return what an update would do; no result where there is nothing to do."""
    stored = request.adopting
    ours = repository.files()
    scratch.register_existing(ours)
    if stored is None and PLATFORM_RECORD in ours and request.answers_file not in ours:
        # Here, because a project's update needs none of it.
        from modelwright.operations.platform.update import plan_platform_update  # noqa: PLC0415

        return plan_platform_update(repository, scratch, ours, request)
    if stored is None:
        stored = stored_answers(repository.folder, request.answers_file)
        if request.answers_file not in ours:
            raise _uncommitted(repository, request.answers_file)
    places = (request.source, request.platform)
    with source_of(stored, *places, offline=request.offline, history_cache=history_cache) as source:
        old, new = old_and_new_version(repository.folder, stored, source, request)
        outcome = replace(
            preview(old, new, stored, source, request), project=str(repository.folder)
        )
        if _current(old, new, outcome, request):
            return replace(outcome, status="current"), None
        result, both = plan_update(scratch, repository, ours, old, new, request)
    _refuse_links(scratch, result)
    refuse_names(set(both.theirs) - set(both.base), new.version.name)
    lock = follow_lock(scratch, repository, result, offline=request.offline)
    notes = [*outcome.notes, *_moved(result), *import_notes(repository, result, both), *lock.notes]
    return replace(
        outcome,
        files=file_changes(scratch, result, repository.folder),
        conflicts=result.conflicts,
        notes=notes,
        stale_lock=lock.stale,
    ), result


def _refuse_links(scratch: Scratch, result: MergePlan) -> None:
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


def _current(
    old: RenderedVersion, new: RenderedVersion, outcome: UpdateOutcome, request: UpdateRequest
) -> bool:
    # A secret is not remembered, so nobody can say that it is the one that stands there.
    secret = set(request.given) - set(new.answers.remembered)
    asked = outcome.answers or request.source or request.anew or secret
    return old.version.name == new.version.name and not asked


def _moved(result: MergePlan) -> list[str]:
    return [
        f"{old} moved to {new}, because the template renamed its folder"
        for old, new in sorted(result.moved.items())
    ]


def _uncommitted(repository: ProjectRepository, file: str) -> ExternalSystemError:
    return ExternalSystemError(
        f"{file} is not in git, so there is nothing to compare with",
        where=str(repository.folder),
        next_step=f"run git add --force {quote(file)} && "
        'git commit --message "chore: keep the answers"',
    )
