"""What the project's workflows do, and when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from modelwright.audit.project import Project, mapping_at, mappings, texts_at
from modelwright.paths import WORKFLOWS_FOLDER
from modelwright.policy.yaml_reader import Document
from modelwright.template.archetypes import pattern_matches

MAIN: Final = "main"
# The platform's reusable workflows, and the commands of a project's tools that each one runs.
RUNS: Final[Mapping[str, tuple[str, ...]]] = {
    "python-ci.yml": ("uv lock --check", "ruff check", "ruff format", "mypy", "pytest"),
    "build-image.yml": (),
    "deploy-kubernetes.yml": (),
}


@dataclass(frozen=True)
class Job:
    """One job of a workflow.

    Attributes:
        path: The workflow's file.
        name: The job's id.
        line: Where it begins.
        body: The job itself.
    """

    path: str
    name: str
    line: int
    body: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"

    @property
    def inputs(self) -> Mapping[str, Any]:
        """What it hands to the workflow that it calls."""
        given = self.body.get("with")
        return given if isinstance(given, Mapping) else {}

    @property
    def needs(self) -> tuple[str, ...]:
        """The jobs that must end well before it."""
        return tuple(texts_at(self.body, "needs"))

    def uses(self, name: str) -> bool:
        """Say whether it calls a reusable workflow, or one of its steps an action, of a name."""
        called = [self.body.get("uses"), *(step.get("uses") for step in self._steps())]
        return any(name in str(entry).partition("@")[0].split("/") for entry in called)

    def runs(self, command: str) -> bool:
        """Say whether a step runs a command, or the called workflow is known to."""
        known = (found for name, found in RUNS.items() if self.uses(name))
        commands = [*(str(step.get("run", "")) for step in self._steps()), *sum(known, ())]
        return any(command in entry for entry in commands)

    def _steps(self) -> Iterator[Mapping[str, Any]]:
        return (step for _, step in mappings(self.body, "steps"))


def jobs_on(project: Project, event: str, changed: str = "") -> tuple[Job, ...]:
    """Return the jobs of every workflow that an event on the main branch starts.

    Args:
        project: The repository.
        event: `push`, `pull_request` or `schedule`.
        changed: A path; only workflows that a change of it starts.
    """
    return tuple(
        job
        for path in project.below(f"{WORKFLOWS_FOLDER}/")
        for document in project.documents(path)
        if _starts(document, event, changed)
        for job in _jobs(path, document)
    )


def first(jobs: tuple[Job, ...], *, using: str = "", running: str = "") -> str:
    """Return `file:line` of the first job that uses a workflow or runs a command; else nothing."""
    for job in jobs:
        if (using and job.uses(using)) or (running and job.runs(running)):
            return str(job)
    return ""


def _starts(document: Document, event: str, changed: str) -> bool:
    # YAML 1.1 reads the key `on` as true.
    triggers = document.mapping.get("on", document.mapping.get(True))
    if isinstance(triggers, str | list):
        return event in ([triggers] if isinstance(triggers, str) else triggers)
    if not isinstance(triggers, Mapping) or event not in triggers:
        return False
    limits = triggers[event]
    return not isinstance(limits, Mapping) or _lets_pass(limits, changed)


def _lets_pass(limits: Mapping[str, Any], changed: str) -> bool:
    if limits.get("branches") is not None and MAIN not in texts_at(limits, "branches"):
        return False
    paths, ignored = texts_at(limits, "paths"), texts_at(limits, "paths-ignore")
    if (
        changed
        and limits.get("paths") is not None
        and not any(pattern_matches(p, changed) for p in paths)
    ):
        return False
    return not (changed and any(pattern_matches(pattern, changed) for pattern in ignored))


def _jobs(path: str, document: Document) -> Iterator[Job]:
    for name, body in mapping_at(document.mapping, "jobs").items():
        if isinstance(body, Mapping) and body.get("if") is not False:
            yield Job(path, str(name), document.line("jobs", str(name)), body)
