"""The three-way merge of an update: the template's files by owner, merged by git where needed."""

from __future__ import annotations

from modelwright.adapters.git.filters import attributes_tree, has_attributes
from modelwright.adapters.git.merge import merge
from modelwright.adapters.worktree.files import stored_entries
from modelwright.operations.update.render import RenderedVersion
from modelwright.operations.update.workspace import Workspace
from modelwright.template.archetypes import is_covered
from modelwright.update.conflict_resolution import MergePlan, classify_conflicts, fast_forward
from modelwright.update.file_entry import FileEntry, Files
from modelwright.update.merge_inputs import (
    MergeInputs,
    TemplateFiles,
    fast_forward_changes,
    merge_inputs,
)


def sort_by_owner(
    files: TemplateFiles, ours: Files, new: RenderedVersion, answers_file: str
) -> MergeInputs:
    """Return what takes part in the merge, by what the new version says of owners."""
    patterns = new.version.skipped(new.answers)
    return merge_inputs(
        files,
        ours,
        owner_of=new.owners(answers_file),
        skipped=lambda path: is_covered(patterns, path),
    )


def merge_trees(workspace: Workspace, inputs: MergeInputs, *, label: str) -> MergePlan:
    """Merge the template's change into the project's files; git does it only where it has to.

    Args:
        workspace: The project's repository.
        inputs: The template's old and new files.
        label: What conflict markers call the template's version.

    Raises:
        ExternalSystemError: Git fails.
    """
    scratch, repository, ours = workspace.scratch, workspace.repository, workspace.ours

    def is_occupied(path: str, entry: FileEntry) -> bool:
        place = f"{repository.prefix}{path}"
        return stored_entries(repository, {place: (entry,)})[place] not in {None, entry}

    changes = fast_forward_changes(inputs, ours)
    if changes is not None:
        return fast_forward(changes, ours, is_occupied)
    # Attributes name merge drivers, and those above the project hold for it too.
    folder, prefix = repository.folder, ""
    if has_attributes(repository, ours):
        folder, prefix = attributes_tree(scratch, repository, ours), repository.prefix
    result, files = merge(scratch, inputs, ours, label=label, folder=folder, prefix=prefix)
    return classify_conflicts(result, files, ours, is_occupied)
