"""`modelwright update`: bring a project to another template version without losing anything."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from modelwright.adapters.sources.histories import HistoryCache
from modelwright.operations.update.answers import read_answers
from modelwright.operations.update.merge import merge_trees, sort_by_owner
from modelwright.operations.update.plan import is_current, plan_outcome, preview
from modelwright.operations.update.render import answered_versions, render_both
from modelwright.operations.update.request import UpdateRequest
from modelwright.operations.update.resolve import resolve
from modelwright.operations.update.source import source_of
from modelwright.operations.update.workspace import open_workspace
from modelwright.update.outcome import UpdateOutcome


def update(
    path: Path, request: UpdateRequest, *, history_cache: HistoryCache | None = None
) -> UpdateOutcome:
    """Bring a project to a version of its template.

    Args:
        path: The project's folder.
        request: What to do.
        history_cache: Keeps histories open for the next project.

    Raises:
        RefusedError: The version, an answer or a name is refused; nothing was changed.
        ExternalSystemError: The repository is dirty, or something outside fails; nothing was lost.
    """
    with open_workspace(path, dry_run=request.dry_run) as workspace:
        if workspace.finished:
            return workspace.finished
        stored = read_answers(workspace, request)
        places, offline = (request.source, request.platform), request.offline
        with source_of(stored, *places, offline=offline, history_cache=history_cache) as source:
            old, new = answered_versions(workspace.folder, stored, source, request)
            outcome = preview(old, new, stored, source, request)
            outcome = replace(outcome, project=str(workspace.folder))
            if is_current(old, new, outcome, request):
                return workspace.unchanged(outcome)
            files = render_both(workspace, old, new, request)
            inputs = sort_by_owner(files, workspace.ours, new, request.answers_file)
        plan = merge_trees(workspace, inputs, label=new.version.name)
        resolve(workspace, plan, inputs, files, version=new.version.name)
        outcome = plan_outcome(workspace, plan, files, outcome, offline=offline)
        return workspace.apply(plan, outcome)
