"""Three-way merge by `git merge-tree`: without a work tree, so the project is not touched."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path
from typing import Final

from modelwright.adapters.git.object_writer import Scratch
from modelwright.adapters.git.project import project_git
from modelwright.adapters.system.process import output
from modelwright.errors import ExternalSystemError
from modelwright.update.file_entry import FileEntry, Files
from modelwright.update.merge_inputs import MergeInputs
from modelwright.update.merge_result import MergeResult, merge_result_from

MINIMUM_GIT: Final = (2, 38)
_YOURS: Final = "yours"
_SETTINGS: Final = (
    *("-c", "merge.conflictStyle=zdiff3", "-c", "merge.directoryRenames=true"),
    *("-c", "merge.renames=true", "-c", "merge.renameLimit=20000", "-c", "core.quotePath=false"),
)


@cache
def require_git() -> None:
    """Check that git can merge without a work tree.

    Raises:
        ExternalSystemError: It is missing or too old.
    """
    printed = output(("git", "version"), folder=Path.cwd()).decode(errors="replace")
    found = re.search(r"(\d+)\.(\d+)", printed)
    if found and (int(found[1]), int(found[2])) < MINIMUM_GIT:
        needed = ".".join(map(str, MINIMUM_GIT))
        raise ExternalSystemError(
            f"git {found[0]} is too old to merge three trees",
            where=printed.strip(),
            next_step=f"install git {needed} or newer; nothing was changed",
        )


def merge(  # noqa: PLR0913 -- what a merge follows from
    scratch: Scratch,
    inputs: MergeInputs,
    ours: Files,
    *,
    label: str,
    folder: Path,
    prefix: str = "",
) -> tuple[MergeResult, dict[str, FileEntry]]:
    """Merge the template's two versions with the project's files.

    Args:
        scratch: Where the merge is written.
        inputs: The template's old and new files.
        ours: The project's files.
        label: What conflict markers call the template's version.
        folder: The folder whose `.gitattributes` hold.
        prefix: The project's path in that folder, with a slash at its end; empty for itself.

    Returns:
        The outcome, and the files of the merged tree.

    Raises:
        ExternalSystemError: Git fails.
    """

    def commit(files: Files, *parents: str) -> str:
        tree = scratch.tree({f"{prefix}{path}": entry for path, entry in files.items()})
        return scratch.commit(tree, *parents)

    base = commit(inputs.base)
    theirs = re.sub(r"[^\w.-]+|\.\.+|\.lock$", "-", label).strip("-.") or "template"
    if theirs == _YOURS:
        theirs = "template"
    scratch.label(_YOURS, commit(ours, base))
    scratch.label(theirs, commit(inputs.theirs, base))
    merge_tree = ("merge-tree", "--write-tree", "-z", "--messages", _YOURS, theirs)
    merged = merge_result_from(_git(scratch, folder, *_SETTINGS, *merge_tree, exit_codes=(0, 1)))
    listed = files_of(_git(scratch, folder, "ls-tree", "-r", "-z", merged.tree))
    files = {path.removeprefix(prefix): entry for path, entry in listed.items()}
    return merged.without(prefix), files


def renames(scratch: Scratch, before: Files, after: Files, folder: Path) -> dict[str, str]:
    """Return the new path of every file that was moved, by its old path.

    Raises:
        ExternalSystemError: Git fails.
    """
    removed = {path: entry for path, entry in before.items() if path not in after}
    added = {path: entry for path, entry in after.items() if path not in before}
    if not removed or not added:
        return {}
    trees = (scratch.tree(removed), scratch.tree(added))
    printed = _git(scratch, folder, "diff-tree", "-r", "-M", "-z", "--diff-filter=R", *trees)
    fields = [os.fsdecode(part) for part in printed.split(b"\0")]
    return dict(zip(fields[1::3], fields[2::3], strict=False))


def contents_of(scratch: Scratch, files: Files, folder: Path) -> dict[str, bytes]:
    """Return what files of a merge hold, by path.

    Raises:
        ExternalSystemError: Git fails.
    """
    scratch.tree(files)
    return {
        path: _git(scratch, folder, "cat-file", "blob", entry.name) for path, entry in files.items()
    }


def files_of(listed: bytes) -> dict[str, FileEntry]:
    """Read what `git ls-tree -r -z` printed."""
    found = {}
    for line in listed.split(b"\0")[:-1]:
        head, _, path = line.partition(b"\t")
        mode, _, name = head.decode().split(" ")
        found[os.fsdecode(path)] = FileEntry(int(mode, 8), name)
    return found


def _git(
    scratch: Scratch, folder: Path, *arguments: str, exit_codes: tuple[int, ...] = (0,)
) -> bytes:
    env = {"GIT_DIR": str(scratch.folder), "GIT_WORK_TREE": str(folder.resolve())}
    return project_git(folder, *arguments, env=env, exit_codes=exit_codes)
