"""The project of `create`: rendered in memory, and as a folder with its first commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelwright.adapters.disk.placing import place
from modelwright.adapters.git.commands import commit, make_repository, stage
from modelwright.operations.create.request import CreateRequest
from modelwright.operations.new.finish import finish, steps
from modelwright.operations.new.new import known_answers, refuse_answers, render_project
from modelwright.paths import PYPROJECT, is_workflow
from modelwright.provisioning.actual_state import run_trailer
from modelwright.provisioning.desired_state import DesiredState, desired_state
from modelwright.provisioning.status_checks import published_checks
from modelwright.template.platform import Platform
from modelwright.template.tree import RenderedFile

__all__ = ["PreparedProject", "prepare_project", "write_project"]


@dataclass(frozen=True, kw_only=True)
class PreparedProject:
    """A project in memory, and the repository that it needs."""

    answers: Mapping[str, Any]
    files: Mapping[str, RenderedFile]
    desired: DesiredState


def prepare_project(platform: Platform, request: CreateRequest) -> PreparedProject:
    """Render the project of a request, with the desired state of its repository.

    Raises:
        RefusedError: An answer or a name is refused.
        UsageError: An answer is missing.
    """
    known = known_answers(platform, request.archetype, request.answers, defaults=request.defaults)
    answers, files = render_project(
        platform, request.archetype, known, defaults=request.defaults, ask=request.ask
    )
    stored = {**answers.stored_values, "archetype": request.archetype}
    refuse_answers(
        platform, request.archetype, {k: v for k, v in stored.items() if k != "archetype"}
    )
    texts = {
        path: file.content.decode()
        for path, file in files.items()
        if path.startswith(".github/") and not file.link
    }
    checks = published_checks(
        {path: text for path, text in texts.items() if is_workflow(path)},
        lambda path: platform.tree.read(path).decode(),
        platform.policy["platform"]["repository"],
    )
    desired = desired_state(platform.policy, stored, texts, checks)
    return PreparedProject(answers=stored, files=files, desired=desired)


def write_project(
    project: PreparedProject, folder: Path, *, run_id: str, author: str, lock: bool
) -> None:
    """Write the project into a folder that does not exist, with its lock file and first commit.

    Raises:
        ExternalSystemError: It cannot be written, or uv or git failed.
    """
    archetype = project.answers["archetype"]
    place(project.files, folder)
    todo = steps(archetype=archetype, lock=lock and PYPROJECT in project.files, git=False)
    for pending in finish(folder, todo, lambda _: None):
        raise pending
    make_repository(folder)
    stage(folder)
    commit(folder, f"feat: start from {archetype}\n\n{run_trailer(run_id)}", author=author)
