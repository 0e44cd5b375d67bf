"""Turns a merge into what an update does to each path, and what is left to a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from modelwright.update.conflicts import Conflict, Kind, equivalent_file
from modelwright.update.merge_inputs import FileEntry, Files, TemplateFiles
from modelwright.update.merge_result import OURS, THEIRS, MergeResult

Stages = dict[int, FileEntry]
Occupied = Callable[[str, FileEntry], bool]


@dataclass(kw_only=True)
class MergePlan:
    """What an update does to a project.

    Attributes:
        ours: The project's files as they are.
        files: The project's files as they will be.
        unmerged: The versions of each path that git shall know as unmerged.
        conflicts: What a person must look at.
        deleted: Paths that the project deleted earlier and that stay deleted, although the
            template has them still.
        standing: The project's file by each path that was not added, because the code host would
            read it in that file's place.
        moved: New path by old path of files that followed a folder which the template renamed.
        occupied: Whether something else than an entry stands at a path of the work tree.
    """

    ours: Files
    files: dict[str, FileEntry]
    unmerged: dict[str, Stages] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    moved: dict[str, str] = field(default_factory=dict)
    standing: dict[str, str] = field(default_factory=dict)
    occupied: Occupied

    @property
    def changes(self) -> dict[str, FileEntry | None]:
        """The paths that differ from the project's present ones; None where one is removed."""
        return {
            path: self.files.get(path)
            for path in sorted({*self.ours, *self.files})
            if self.ours.get(path) != self.files.get(path)
        }

    def put_aside(self, path: str, suffix: str, entry: FileEntry) -> str:
        """Add a file beside another and return its path, which is free."""
        aside, number = f"{path}.{suffix}", 2
        while aside in self.files or aside in self.ours or self.occupied(aside, entry):
            aside, number = f"{path}.{suffix}-{number}", number + 1
        self.files[aside] = entry
        return aside


def fast_forward(changed: Files, ours: Files, occupied: Occupied) -> MergePlan:
    """Return the plan where the project takes every change as it is: no merge is needed."""
    return MergePlan(ours=ours, files={**ours, **changed}, occupied=occupied)


def classify_conflicts(
    merged: MergeResult, files: Files, ours: Files, occupied: Occupied
) -> MergePlan:
    """Return the result of a merge: what the project deleted stays deleted, the rest is told.

    Args:
        merged: The merge.
        files: The files of the merged tree.
        ours: The project's files.
        occupied: Whether something else than an entry stands at a path of the work tree.
    """
    result = MergePlan(ours=ours, files=dict(files), moved=dict(merged.moved), occupied=occupied)
    for path, stages in merged.stages.items():
        kind = _kind(path, stages, merged, ours)
        if kind is None:
            result.files.pop(path, None)
            result.deleted.append(path)
            continue
        result.unmerged[path] = stages
        aside = result.put_aside(path, "template", stages[THEIRS]) if kind == "binary" else ""
        result.conflicts.append(Conflict(path=path, kind=kind, aside=aside))
    return result


def follow_managed(result: MergePlan, managed: Mapping[str, FileEntry | None], base: Files) -> None:
    """Give every managed path the template's file, and keep a changed one of the project aside."""
    for path, wanted in sorted(managed.items()):
        mine = result.ours.get(path)
        if mine is None and path in base:
            if wanted is not None:
                result.deleted.append(path)
            continue
        if mine not in {None, wanted, base.get(path)}:
            assert mine is not None  # noqa: S101 -- the line above
            aside = result.put_aside(path, "yours", mine)
            result.conflicts.append(Conflict(path=path, kind="managed", aside=aside))
        if wanted is None:
            result.files.pop(path, None)
        else:
            _make_room(result, path, wanted)


def _make_room(result: MergePlan, path: str, wanted: FileEntry) -> None:
    """Put a managed file in its place, whatever of hers stands there, or where its folder goes."""
    parts = path.split("/")
    for above in ("/".join(parts[:end]) for end in range(1, len(parts))):
        if above in result.files:
            aside = result.put_aside(above, "yours", result.files.pop(above))
            result.conflicts.append(Conflict(path=above, kind="managed", aside=aside))
    if any(other.startswith(f"{path}/") for other in result.files):
        aside = result.put_aside(path, "template", wanted)
        result.conflicts.append(Conflict(path=path, kind="names", aside=aside))
    else:
        result.files[path] = wanted


def keep_untracked(result: MergePlan, obstacle: Callable[[str], str]) -> None:
    """Put the template's file aside wherever what git does not know stands in its way.

    Args:
        result: What the update does.
        obstacle: The path of what stands in the way of a path; empty for nothing.
    """
    new = [path for path in result.files if path not in result.ours]
    for path, other in [(path, other) for path in new if (other := obstacle(path))]:
        if other == path and not result.occupied(path, result.files[path]):
            continue
        entry = result.files.pop(path)
        result.unmerged.pop(path, None)
        _beside_untracked(result, path, other, entry)


def report_untracked(
    result: MergePlan, files: TemplateFiles, obstacle: Callable[[str], str]
) -> None:
    """Correct what is called deleted by the project although it stands there, unknown to git.

    That is a file that the template makes and the project's `.gitignore` names: it is left alone,
    and what the template has now is put beside it where that changed.

    Args:
        result: What the update does.
        files: Every file of both versions of the template.
        obstacle: The path of what stands in the way of a path; empty for nothing.
    """
    for path in [path for path in result.deleted if obstacle(path) == path]:
        result.deleted.remove(path)
        entry = files.theirs.get(path)
        if entry and entry != files.base.get(path) and result.occupied(path, entry):
            _beside_untracked(result, path, path, entry)


def _beside_untracked(result: MergePlan, path: str, other: str, entry: FileEntry) -> None:
    aside = result.put_aside(other, "template", entry)
    result.conflicts.append(Conflict(path=path, kind="in the way", aside=aside))


def leave_out_equivalents(result: MergePlan) -> None:
    """Add no file that the code host would read in place of one that the project has."""
    lacking = {*result.files, *result.deleted} - set(result.ours)
    for path in sorted(lacking):
        other = equivalent_file(path, result.ours)
        if other:
            result.files.pop(path, None)
            result.unmerged.pop(path, None)
            result.standing[path] = other
    result.deleted = [path for path in result.deleted if path not in result.standing]
    result.conflicts = [each for each in result.conflicts if each.path not in result.standing]


def _kind(path: str, stages: Stages, merged: MergeResult, ours: Files) -> Kind | None:
    """Return what kind of conflict a path has; None where the project had deleted it."""
    if OURS in stages and THEIRS in stages:
        return "binary" if path in merged.binary else "content"
    if 1 in stages and THEIRS in stages and not _has_second_name(path):
        # Another kind of file may stand where the template's was: then it was not deleted.
        return "names" if merged.renamed.get(path) in ours else None
    if 1 in stages and OURS in stages and not _has_second_name(path):
        return "deleted"
    return "names"


def _has_second_name(path: str) -> bool:
    """Say whether git gave the path a second name, because two kinds of file met there."""
    return "~" in path.rsplit("/", 1)[-1]
