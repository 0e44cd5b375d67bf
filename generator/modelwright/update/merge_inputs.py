"""The inputs of a three-way merge: both versions of a template, sorted by who owns each file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from modelwright.template.archetypes import Owner
from modelwright.update.file_entry import FileEntry, Files

SHARED: Final[Owner] = "shared"


@dataclass(frozen=True, kw_only=True)
class TemplateFiles:
    """Every file of two versions of a template, whoever owns it.

    Attributes:
        base: The files of the version that the project comes from.
        theirs: The files of the version that it goes to.
    """

    base: Files
    theirs: Files


@dataclass(frozen=True, kw_only=True)
class MergeInputs:
    """The template's files once they are sorted by owner: two sides of a three-way merge.

    Attributes:
        base: The old version's files that take part in the merge.
        theirs: The new version's.
        managed: The template's file at every path that it owns; None where it deleted it.
    """

    base: Files
    theirs: Files
    managed: Mapping[str, FileEntry | None] = field(default_factory=dict)


def merge_inputs(
    files: TemplateFiles,
    ours: Files,
    *,
    owner_of: Callable[[str], Owner],
    skipped: Callable[[str], bool],
) -> MergeInputs:
    """Sort the template's files by owner.

    A file that is user-owned, or is skipped where it exists, is given to both sides as it is
    in the project: so nothing happens to it, and no rename is seen in it.

    Args:
        files: Every file of both versions.
        ours: Every file of the project.
        owner_of: Who owns a path.
        skipped: Whether the template leaves an existing file at a path alone.
    """
    base, theirs = dict(files.base), dict(files.theirs)
    managed: dict[str, FileEntry | None] = {}
    for path in {*base, *theirs}:
        owner = owner_of(path)
        if owner == "managed":
            managed[path] = theirs.get(path)
        elif owner == SHARED and not skipped(path):
            continue
        elif owner == SHARED and path not in ours:
            base.pop(path, None)  # it is rendered again where it is missing
            continue
        for side in (base, theirs):
            side.pop(path, None)
            if path in ours:
                side[path] = ours[path]
    return MergeInputs(base=base, theirs=theirs, managed=managed)


def fast_forward_changes(inputs: MergeInputs, ours: Files) -> dict[str, FileEntry] | None:
    """Return the files that just take the template's new content; None where a merge is needed.

    It is needed where the project changed a file that the template changed, where the template
    deleted or renamed one, and where it adds one while the project deleted or moved another.
    """
    if any(path not in inputs.theirs for path in inputs.base):
        return None
    changed = {path: new for path, new in inputs.theirs.items() if inputs.base.get(path) != new}
    if any(ours.get(path) != inputs.base.get(path) for path in changed):
        return None
    added = [path for path in changed if path not in inputs.base]
    if added and (any(path not in ours for path in inputs.base) or _is_in_the_way(added, ours)):
        return None
    return changed


def _is_in_the_way(added: list[str], ours: Files) -> bool:
    folders = {path[:end] for path in ours for end, letter in enumerate(path) if letter == "/"}
    above = {path[:end] for path in added for end, letter in enumerate(path) if letter == "/"}
    return any(path in folders for path in added) or any(path in ours for path in above)
