"""The plan of an update: what it does to each path, and which conflicts are left to a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from modelwright.update.conflicts import Conflict, Kind, equivalent_file
from modelwright.update.file_entry import FileEntry, Files
from modelwright.update.merge_inputs import TemplateFiles
from modelwright.update.merge_result import OURS, THEIRS, MergeResult

Stages = dict[int, FileEntry]
Occupied = Callable[[str, FileEntry], bool]


@dataclass(kw_only=True)
class MergePlan:
    """What an update does to each path of a project.

    Attributes:
        ours: The project's files as they are.
        files: The project's files as they will be.
        unmerged: The stages of each path that the index will hold as unmerged.
        conflicts: The paths that a person must look at.
        deleted: Paths that the project deleted earlier and that stay deleted, although the
            template still has them.
        standing: The project's file by each path that was not added, because the code host would
            read it in that file's place.
        moved: New path by old path of files that followed a folder which the template renamed.
        occupied: Whether something else than an entry is at a path of the work tree.
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

    def add_copy(self, path: str, suffix: str, entry: FileEntry) -> str:
        """Add a file beside another, under a free name, and return its path."""
        copy, number = f"{path}.{suffix}", 2
        while copy in self.files or copy in self.ours or self.occupied(copy, entry):
            copy, number = f"{path}.{suffix}-{number}", number + 1
        self.files[copy] = entry
        return copy


def fast_forward(changed: Files, ours: Files, occupied: Occupied) -> MergePlan:
    """Return the plan where the project takes every change as it is: no merge is needed."""
    return MergePlan(ours=ours, files={**ours, **changed}, occupied=occupied)


def classify_conflicts(
    merged: MergeResult, files: Files, ours: Files, occupied: Occupied
) -> MergePlan:
    """Return the plan of a merge: what the project deleted stays deleted, the rest is a conflict.

    Args:
        merged: The result of the merge.
        files: The files of the merged tree.
        ours: The project's files.
        occupied: Whether something else than an entry is at a path of the work tree.
    """
    plan = MergePlan(ours=ours, files=dict(files), moved=dict(merged.moved), occupied=occupied)
    for path, stages in merged.stages.items():
        kind = _kind(path, stages, merged, ours)
        if kind is None:
            plan.files.pop(path, None)
            plan.deleted.append(path)
            continue
        plan.unmerged[path] = stages
        copy = plan.add_copy(path, "template", stages[THEIRS]) if kind == "binary" else ""
        plan.conflicts.append(Conflict(path=path, kind=kind, aside=copy))
    return plan


def follow_managed(plan: MergePlan, managed: Mapping[str, FileEntry | None], base: Files) -> None:
    """Give every managed path the template's file; keep a copy where the project changed it."""
    for path, managed_entry in sorted(managed.items()):
        own = plan.ours.get(path)
        if own is None and path in base:
            if managed_entry is not None:
                plan.deleted.append(path)
            continue
        if own not in {None, managed_entry, base.get(path)}:
            assert own is not None  # noqa: S101 -- the line above
            copy = plan.add_copy(path, "yours", own)
            plan.conflicts.append(Conflict(path=path, kind="managed", aside=copy))
        if managed_entry is None:
            plan.files.pop(path, None)
        else:
            _make_room(plan, path, managed_entry)


def _make_room(plan: MergePlan, path: str, managed_entry: FileEntry) -> None:
    """Put a managed file in its place, and move what is there, or where its folder goes."""
    parts = path.split("/")
    for above in ("/".join(parts[:end]) for end in range(1, len(parts))):
        if above in plan.files:
            copy = plan.add_copy(above, "yours", plan.files.pop(above))
            plan.conflicts.append(Conflict(path=above, kind="managed", aside=copy))
    if any(other.startswith(f"{path}/") for other in plan.files):
        copy = plan.add_copy(path, "template", managed_entry)
        plan.conflicts.append(Conflict(path=path, kind="names", aside=copy))
    else:
        plan.files[path] = managed_entry


def keep_untracked(plan: MergePlan, obstacle: Callable[[str], str]) -> None:
    """Write the template's file beside every untracked file that is in its way.

    Args:
        plan: The plan, which is changed.
        obstacle: The path of what is in the way of a path; empty for nothing.
    """
    new = [path for path in plan.files if path not in plan.ours]
    for path, other in [(path, other) for path in new if (other := obstacle(path))]:
        if other == path and not plan.occupied(path, plan.files[path]):
            continue
        entry = plan.files.pop(path)
        plan.unmerged.pop(path, None)
        _beside_untracked(plan, path, other, entry)


def report_untracked(plan: MergePlan, files: TemplateFiles, obstacle: Callable[[str], str]) -> None:
    """Correct the plan for files that count as deleted but exist, untracked.

    Such a file is made by the template and ignored by the project's `.gitignore`. It is left
    alone, and the template's new version is written beside it where that changed.

    Args:
        plan: The plan, which is changed.
        files: Every file of both versions of the template.
        obstacle: The path of what is in the way of a path; empty for nothing.
    """
    for path in [path for path in plan.deleted if obstacle(path) == path]:
        plan.deleted.remove(path)
        entry = files.theirs.get(path)
        if entry and entry != files.base.get(path) and plan.occupied(path, entry):
            _beside_untracked(plan, path, path, entry)


def _beside_untracked(plan: MergePlan, path: str, other: str, entry: FileEntry) -> None:
    copy = plan.add_copy(other, "template", entry)
    plan.conflicts.append(Conflict(path=path, kind="in the way", aside=copy))


def leave_out_equivalents(plan: MergePlan) -> None:
    """Leave out files that the code host would read in place of one that the project has."""
    lacking = {*plan.files, *plan.deleted} - set(plan.ours)
    for path in sorted(lacking):
        other = equivalent_file(path, plan.ours)
        if other:
            plan.files.pop(path, None)
            plan.unmerged.pop(path, None)
            plan.standing[path] = other
    plan.deleted = [path for path in plan.deleted if path not in plan.standing]
    plan.conflicts = [each for each in plan.conflicts if each.path not in plan.standing]


def _kind(path: str, stages: Stages, merged: MergeResult, ours: Files) -> Kind | None:
    """Return what kind of conflict a path has; None where the project had deleted it."""
    if OURS in stages and THEIRS in stages:
        return "binary" if path in merged.binary else "content"
    if 1 in stages and THEIRS in stages and not _has_second_name(path):
        # Another kind of file may be where the template's was: then it was not deleted.
        return "names" if merged.renamed.get(path) in ours else None
    if 1 in stages and OURS in stages and not _has_second_name(path):
        return "deleted"
    return "names"


def _has_second_name(path: str) -> bool:
    """Say whether git gave the path a second name, because two kinds of file collided."""
    return "~" in path.rsplit("/", 1)[-1]
