"""What an update would do, as data: the preview before the merge, and the plan after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from modelwright.adapters.git.merge import renames
from modelwright.adapters.git.object_writer import Scratch
from modelwright.adapters.git.objects import GitObjects
from modelwright.adapters.git.repository import ProjectRepository
from modelwright.operations.update.answers import refuse_new_names, refused_today
from modelwright.operations.update.lock_file import follow_lock
from modelwright.operations.update.render import RenderedVersion
from modelwright.operations.update.request import UpdateRequest
from modelwright.operations.update.source import Source
from modelwright.operations.update.workspace import Workspace
from modelwright.paths import CHANGELOG
from modelwright.template.generated.dispatch_workflow import workflow_pin
from modelwright.template.tree import Tree
from modelwright.update.changelog import sections_between
from modelwright.update.conflict_resolution import MergePlan
from modelwright.update.conflicts import python_modules, stale_imports
from modelwright.update.merge_inputs import TemplateFiles
from modelwright.update.outcome import FileChanges, UpdateOutcome, answer_changes

_LARGEST: Final = 1_000_000


def preview(
    old: RenderedVersion,
    new: RenderedVersion,
    stored: Mapping[str, Any],
    source: Source,
    request: UpdateRequest,
) -> UpdateOutcome:
    """Return what is known of an update before anything is merged.

    Raises:
        RefusedError: An answer is refused, or a name would change by itself.
    """
    warnings = list(refused_today(new.tree, {**stored, **request.given}))
    renamed = refuse_new_names(
        old.answers, new.answers, new.version.name, given=request.given, rename=request.rename
    )
    return UpdateOutcome(
        status="planned",
        old=old.version.name,
        new=new.version.name,
        origin=source.history.origin,
        answers=answer_changes(old.answers.stored_values, new.answers.stored_values),
        pins=_pins(old.tree, new.tree),
        changelog=changelog_between(new.tree, old.version.name, new.version.name),
        warnings=warnings,
        notes=[*source.notes, *new.notes, *renamed],
    )


def is_current(
    old: RenderedVersion, new: RenderedVersion, outcome: UpdateOutcome, request: UpdateRequest
) -> bool:
    """Say whether an update has nothing to do, before anything is rendered."""
    # A secret is not stored, so it cannot be compared with the one in the project.
    secret = set(request.given) - set(new.answers.stored_values)
    asked = outcome.answers or request.source or request.from_scratch or secret
    return old.version.name == new.version.name and not asked


def plan_outcome(
    workspace: Workspace,
    plan: MergePlan,
    files: TemplateFiles,
    outcome: UpdateOutcome,
    *,
    offline: bool,
) -> UpdateOutcome:
    """Renew the lock file in a plan, and return what the plan does to each path.

    Raises:
        ExternalSystemError: Git fails.
    """
    repository, scratch = workspace.repository, workspace.scratch
    lock = follow_lock(scratch, repository, plan, offline=offline)
    moved = [
        f"{old} moved to {new}, because the template renamed its folder"
        for old, new in sorted(plan.moved.items())
    ]
    notes = [*outcome.notes, *moved, *_import_notes(repository, plan, files), *lock.notes]
    return replace(
        outcome,
        files=file_changes(scratch, plan, repository.folder),
        conflicts=plan.conflicts,
        notes=notes,
        stale_lock=lock.stale,
    )


def file_changes(scratch: Scratch, plan: MergePlan, folder: Path) -> FileChanges:
    """Return the paths that change, sorted by what happens to them.

    Raises:
        ExternalSystemError: Git fails.
    """
    renamed = renames(scratch, plan.ours, plan.files, folder)
    changes = plan.changes
    sources, targets = set(renamed), set(renamed.values())
    return FileChanges(
        added=[p for p in changes if p not in plan.ours and p not in targets],
        changed=[p for p, entry in changes.items() if p in plan.ours and entry],
        removed=[p for p, entry in changes.items() if entry is None and p not in sources],
        renamed=renamed,
        deleted=sorted(plan.deleted),
        standing=dict(plan.standing),
    )


def changelog_between(tree: Tree, old: str, new: str) -> list[str]:
    """Return what a template's changelog says of the versions between two; nothing without one."""
    try:
        return sections_between(tree.read(CHANGELOG).decode(errors="replace"), old, new)
    except KeyError:
        return []


def _pins(old: Tree, new: Tree) -> list[str]:
    try:
        pins = [str(workflow_pin(tree)["version"]) for tree in (old, new)]
    except (KeyError, ValueError, TypeError):
        return []
    return pins if pins[0] != pins[1] else []


def _import_notes(
    repository: ProjectRepository, plan: MergePlan, files: TemplateFiles
) -> list[str]:
    """Return a sentence for every import in the project's own files of what the template moved."""
    gone = python_modules(files.base) - python_modules(files.theirs) - python_modules(plan.files)
    own = [
        path
        for path, entry in plan.files.items()
        if gone and path.endswith(".py") and files.theirs.get(path) != entry
        if plan.ours.get(path) == entry
    ]
    with GitObjects(repository.common_dir) as objects:
        blobs = objects.read([plan.files[path].name for path in own]) if own else []
    texts = {
        path: blob.content.decode(errors="replace")
        for path, blob in zip(own, blobs, strict=True)
        if len(blob.content) <= _LARGEST
    }
    return list(stale_imports(texts, gone))
