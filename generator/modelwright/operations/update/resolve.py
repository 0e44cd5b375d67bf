"""Resolves a merge by the owner of each file, and for untracked files in the way."""

from __future__ import annotations

import os

from modelwright.adapters.git.objects import GitObjects
from modelwright.operations.update.workspace import Workspace
from modelwright.template.project_paths import refuse_links
from modelwright.update.conflict_resolution import (
    MergePlan,
    follow_managed,
    keep_untracked,
    leave_out_equivalents,
    report_untracked,
)
from modelwright.update.conflicts import refuse_names
from modelwright.update.file_entry import LINK
from modelwright.update.merge_inputs import MergeInputs, TemplateFiles


def resolve(
    workspace: Workspace,
    plan: MergePlan,
    inputs: MergeInputs,
    files: TemplateFiles,
    *,
    version: str,
) -> None:
    """Resolve what git cannot know: managed files, files in the way, and hostile paths.

    Raises:
        RefusedError: The version adds a link out of the project, or a name that Windows refuses.
    """
    follow_managed(plan, inputs.managed, files.base)
    leave_out_equivalents(plan)
    keep_untracked(plan, workspace.obstacle)
    report_untracked(plan, files, workspace.obstacle)
    _refuse_links(workspace, plan)
    refuse_names(set(files.theirs) - set(files.base), version)


def _refuse_links(workspace: Workspace, plan: MergePlan) -> None:
    """Check where the links lead that an update writes; the project's own are not judged.

    Raises:
        RefusedError: One leads out of the project.
    """
    links = {path: entry for path, entry in plan.files.items() if entry.mode == LINK}
    own = [(path, entry) for path, entry in plan.ours.items() if entry.mode == LINK]
    # Of two that meet at a path the project's is kept beside it, under a longer name.
    new = [
        path
        for path, entry in links.items()
        if not any(path.startswith(place) and entry == kept for place, kept in own)
    ]
    if new:
        workspace.scratch.tree(links)  # so that every target can be read
        with GitObjects(workspace.scratch.folder) as objects:
            blobs = objects.read([entry.name for entry in links.values()])
        targets = {path: os.fsdecode(b.content) for path, b in zip(links, blobs, strict=True)}
        refuse_links(targets, of=new)
