"""Bring an organisation's platform to a newer modelwright: merge, then write what follows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from modelwright.adapters.clean_filters import stored
from modelwright.adapters.git_objects import GitObjects
from modelwright.adapters.git_writing import Scratch
from modelwright.adapters.project_repository import ProjectRepository
from modelwright.catalog.button import BUTTON
from modelwright.catalog.platform import POLICY
from modelwright.catalog.platform_record import FILE, PlatformRecord, record_from
from modelwright.catalog.rendering import RenderedFile
from modelwright.errors import RefusedError, UsageError
from modelwright.operations.pinning import CALLED
from modelwright.operations.platform_update import PlatformSides, platform_sides, policy_text
from modelwright.operations.syncing import expected_in
from modelwright.operations.update_merge import file_changes, met
from modelwright.operations.update_plan import Wish, changelog_between
from modelwright.operations.update_source import source_of, target
from modelwright.update.entry import Files
from modelwright.update.outcome import Outcome
from modelwright.update.resolving import Result, leave_untracked
from modelwright.update.sides import Sides

SYNC: Final = "modelwright platform sync"


def planned_platform(
    repository: ProjectRepository, scratch: Scratch, ours: Files, wish: Wish
) -> tuple[Outcome, Result | None]:
    """Return what an update of a platform would do; no result where there is nothing to do.

    Raises:
        RefusedError: A version is not to be had.
        UsageError: An answer was given.
        SurroundingsError: Git fails.
    """
    if wish.given:
        raise UsageError(
            "a platform has no answers to change",
            where="--data",
            next_step=f"edit {POLICY}, then run {SYNC}",
        )
    record = _record(repository)
    answers = {"_src_path": record.source, "_commit": record.version}
    with source_of(answers, wish.source, wish.platform, offline=wish.offline) as source:
        goal = target(source, wish.to)
        told = Outcome(
            status="current",
            project=str(repository.folder),
            old=record.version,
            new=goal,
            origin=source.history.origin,
            notes=[*source.notes],
        )
        if goal == record.version and not wish.source:
            return told, None
        policy = policy_text(repository.folder)
        both = platform_sides(source.history, record, goal, policy, source=source.name)
        said = changelog_between(source.history.tree(goal), record.version, goal)
    result = _met(scratch, repository, ours, both, goal)
    notes = [*told.notes, *_follow(scratch, repository, result), *_pin_note(result)]
    return replace(
        told,
        status="planned",
        files=file_changes(scratch, result, repository.folder),
        conflicts=result.conflicts,
        changelog=said,
        notes=notes,
    ), result


def _record(repository: ProjectRepository) -> PlatformRecord:
    return record_from((repository.folder / FILE).read_text(encoding="utf-8"))


def _met(
    scratch: Scratch, repository: ProjectRepository, ours: Files, both: PlatformSides, goal: str
) -> Result:
    base, theirs = (stored(scratch, repository, ours, side) for side in (both.base, both.theirs))
    sides = Sides(base=base, theirs=theirs, managed={})
    result = met(scratch, repository, ours, sides, label=goal)
    leave_untracked(result, lambda path: repository.obstacle(path, ours))
    return result


def _follow(scratch: Scratch, repository: ProjectRepository, result: Result) -> Iterator[str]:
    """Write what follows from the merged policy; say why where that must wait."""
    if result.conflicts:
        yield f"when the conflicts are resolved, run {SYNC}: it writes what follows from {POLICY}"
        return
    scratch.tree(result.files)  # so that every file of it can be read
    with GitObjects(scratch.folder) as objects:
        tree = _Merged(objects, result.files)
        try:
            written = expected_in(tree, tree.read(POLICY), POLICY)
        except RefusedError as error:
            yield f"{error}; {error.next_step}; then run {SYNC}"
            return
    files = {path: RenderedFile(text.encode()) for path, text in written.items()}
    result.files.update(stored(scratch, repository, result.files, files))


def _pin_note(result: Result) -> Iterator[str]:
    changed = [path for path in result.changes if path != BUTTON]
    if any(path.startswith(f"{folder}/") for path in changed for folder in CALLED):
        yield (
            "the workflows that projects call changed: when this is on main, "
            f"run {SYNC} --pin there, and tag a release"
        )


@dataclass(frozen=True)
class _Merged:
    """The files of a merge, read out of its objects."""

    objects: GitObjects
    files: Files

    def paths(self, folder: str) -> list[str]:
        """Return every file below a folder, sorted."""
        return sorted(path for path in self.files if path.startswith(f"{folder}/"))

    def read(self, path: str) -> bytes:
        """Return a file's content."""
        return self.objects.read([self.files[path].name])[0].content

    def executable(self, path: str) -> bool:
        """Say whether a file carries the executable bit."""
        return bool(self.files[path].mode & 0o100)
