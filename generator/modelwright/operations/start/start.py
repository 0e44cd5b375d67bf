"""Turn a repository made from a starter into its project, in its own workflow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import yaml

from modelwright.adapters.disk.placing import write_files
from modelwright.adapters.git.commands import commit, stage
from modelwright.adapters.github.client import GitHub
from modelwright.adapters.github.push import push
from modelwright.errors import RefusedError, UsageError
from modelwright.operations.create.connection import connect, published_platform
from modelwright.operations.create.project import PreparedProject, prepare_project
from modelwright.operations.create.request import CreateRequest
from modelwright.operations.new.finish import finish, steps
from modelwright.paths import (
    ANSWERS_FILE,
    PLATFORM_BUNDLE,
    README,
    START_WORKFLOW,
    WORKFLOWS_FOLDER,
    is_workflow,
)
from modelwright.provisioning.plan import pending_changes
from modelwright.template.generated.starter import answers_from_repository_name
from modelwright.template.platform import Platform
from modelwright.template.tree import RenderedFile

__all__ = ["StartedProject", "start"]

_NOT_SHOWN: Final = (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)


@dataclass(frozen=True, kw_only=True)
class StartedProject:
    """The result of a start.

    Attributes:
        done: The completed steps, in order; empty where it was a project already.
        left: What only the platform's dispatch workflow may do.
    """

    repository: str
    url: str
    answers: Mapping[str, Any]
    done: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def start(  # noqa: PLR0913 -- what a start follows from
    platform: Platform,
    folder: Path,
    *,
    api: str,
    lock: bool,
    environ: Mapping[str, str],
    tell: Callable[[str], None],
) -> StartedProject:
    """Render the project that a repository's name describes into its work tree, and push it.

    Args:
        platform: The platform in the starter, at its release.
        folder: The work tree.
        api: GitHub's API; empty takes it from the environment.
        lock: Whether to make a lock file.
        environ: A workflow's environment variables: its repository, branch, actor and token.
        tell: Receives each step as a line of text.

    Raises:
        RefusedError: The name does not read, a rule refuses it, or the starter is of another
            brand, pattern or release; nothing was written.
        ExternalSystemError: GitHub, git or uv failed.
        UsageError: It runs in no workflow.
    """
    full_name = _full_name(environ)
    owner = full_name.partition("/")[0]
    with connect(platform, api, environ, owner) as (github, credential):
        repository = github.call("GET", f"/repos/{full_name}").data
        if (folder / ANSWERS_FILE).exists():
            return StartedProject(repository=full_name, url=repository["html_url"], answers={})
        tell("read the name")
        request = _create_request(platform, github, repository)
        project = prepare_project(published_platform(platform), request)
        _refuse_other_workflows(project.files, folder)
        tell("write the project")
        _write(project, folder, lock=lock)
        stage(folder)
        author = environ.get("GITHUB_ACTOR") or "modelwright"
        commit(folder, f"feat: start from {project.answers['archetype']}", author=author)
        tell("push it")
        done = _push_project(github, credential.token, folder, project, repository)
    return StartedProject(
        repository=full_name,
        url=repository["html_url"],
        answers=project.answers,
        done=done,
        left=pending_changes(project.desired, repository),
    )


def _full_name(environ: Mapping[str, str]) -> str:
    full_name = environ.get("GITHUB_REPOSITORY", "")
    if "/" not in full_name:
        raise UsageError(
            "no environment variable names the repository",
            where="GITHUB_REPOSITORY",
            next_step="let the workflow Start of a starter run it",
        )
    return full_name


def _create_request(
    platform: Platform, github: GitHub, repository: Mapping[str, Any]
) -> CreateRequest:
    path = f"/repos/{repository['full_name']}/properties/values"
    rows = github.call("GET", path, accept=_NOT_SHOWN).data
    values = {one["property_name"]: one["value"] for one in rows} if isinstance(rows, list) else {}
    tags = {what: key for key, what in platform.policy["tags"].items()}
    topics = [one for one in repository.get("topics", ()) if one in platform.policy["teams"]]
    answers = answers_from_repository_name(
        platform.policy,
        repository["name"],
        description=(repository.get("description") or "").strip(),
        team=str(values.get(tags["team"]) or next(iter(topics), "")),
    )
    for what in ("team", "brand", "archetype"):
        marked = values.get(tags[what])
        if marked and marked != answers[what]:
            raise RefusedError(
                f"the repository is taken: its property {tags[what]} is {marked!r}, and its name "
                f"says {answers[what]!r}",
                where=repository["full_name"],
                next_step="choose another name",
            )
    return CreateRequest(archetype=answers.pop("archetype"), answers=answers, defaults=True)


def _refuse_other_workflows(files: Mapping[str, RenderedFile], folder: Path) -> None:
    """A workflow's token may not write workflows, so those of the starter must be the project's."""
    rendered = {path: one.content for path, one in files.items() if is_workflow(path)}
    present = {
        f"{WORKFLOWS_FOLDER}/{path.name}": path.read_bytes()
        for path in (folder / WORKFLOWS_FOLDER).glob("*")
        if f"{WORKFLOWS_FOLDER}/{path.name}" != START_WORKFLOW
    }
    differing = sorted(
        path for path in rendered | present if rendered.get(path) != present.get(path)
    )
    if differing:
        raise RefusedError(
            f"this starter is of another brand or pattern than the name, or not as it was "
            f"released: {', '.join(differing)}",
            where="the repository's name",
            next_step="use the starter of that brand and pattern, or rename the repository and "
            "run the workflow Start again",
        )


def _write(project: PreparedProject, folder: Path, *, lock: bool) -> None:
    (folder / PLATFORM_BUNDLE).unlink(missing_ok=True)
    (folder / README).unlink(missing_ok=True)
    workflows = {path for path in project.files if is_workflow(path)}
    write_files({path: one for path, one in project.files.items() if path not in workflows}, folder)
    todo = steps(archetype=project.answers["archetype"], lock=lock, git=False)
    for pending in finish(folder, todo, lambda _: None):
        raise pending


def _push_project(
    github: GitHub,
    token: str,
    folder: Path,
    project: PreparedProject,
    repository: Mapping[str, Any],
) -> list[str]:
    """Make the labels, push, start the first pipeline; return what was done."""
    path, branch = f"/repos/{repository['full_name']}", repository["default_branch"]
    for label in project.desired.labels:
        github.call("POST", f"{path}/labels", label, accept=(HTTPStatus.UNPROCESSABLE_ENTITY,))
    push(folder, repository["clone_url"], token, branch, pause=github.pause)
    # Its push starts no workflow: GitHub leaves those of a workflow's own token out.
    first = _first_pipeline(project.files)
    if first:
        github.call("POST", f"{path}/actions/workflows/{first}/dispatches", {"ref": branch})
    names = ", ".join(label["name"] for label in project.desired.labels)
    started = [f"started its first pipeline ({first})"] if first else []
    return [f"made the labels {names}", "pushed the project", *started]


def _first_pipeline(files: Mapping[str, RenderedFile]) -> str:
    """Return the first workflow by name that can be started by hand and asks nothing."""
    for path in sorted(files):
        if is_workflow(path):
            workflow = yaml.safe_load(files[path].content)
            # YAML 1.1 reads the key `on` as true.
            events = workflow.get("on", workflow.get(True, {}))
            if "workflow_dispatch" in events and not events["workflow_dispatch"]:
                return path.removeprefix(f"{WORKFLOWS_FOLDER}/")
    return ""
