"""Check a project: read it, find its platform, render what the platform owns, run every check."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from jinja2 import TemplateError

from modelwright.audit.check import CheckReport, check
from modelwright.audit.checks.lock_file import foreign_indexes
from modelwright.audit.project import LockVerdict
from modelwright.errors import ModelwrightError
from modelwright.operations.judge.project import OpenPlatform, project_at
from modelwright.paths import LOCK_FILE, PYPROJECT
from modelwright.template.answer_collector import collect_answers
from modelwright.template.archetypes import Archetype
from modelwright.template.platform import Platform
from modelwright.template.rendering import Template, render
from modelwright.template.tree import Tree

JudgeLock = Callable[..., LockVerdict]


def check_project(
    path: Path, *, open_platform: OpenPlatform, today: date, judge_lock: JudgeLock | None = None
) -> CheckReport:
    """Return whether a repository is within policy.

    Args:
        path: Its folder.
        open_platform: Returns the platform for the answers file's source and version.
        today: The day by which waivers and reviews are judged.
        judge_lock: Says whether the lock file matches; None leaves that open.

    Raises:
        RefusedError: It is no project, or its answers cannot be read.
        ExternalSystemError: A file or the platform cannot be read.
    """
    project, platform = project_at(path, "check", open_platform=open_platform, today=today)
    unjudged, expected = _expected(platform, project.answers)
    verdict = None
    if (
        judge_lock
        and LOCK_FILE in project.files
        and PYPROJECT in project.files
        and not project.governed
    ):
        verdict = judge_lock(path, ask_hosts=not foreign_indexes(project))
    return check(replace(project, expected=expected, unjudged=unjudged, lock_verdict=verdict))


def _expected(platform: Platform, answers: Mapping[str, Any]) -> tuple[str, dict[str, str] | None]:
    """Return why drift cannot be judged, or the text of every managed file."""
    version = str(answers.get("_commit", ""))
    if version != platform.version:
        ours, theirs = (name or "no version" for name in (platform.version, version))
        return f"the project was made with {theirs}, and this platform is {ours}", None
    if answers["archetype"] not in platform.policy["archetypes"]:
        return "the platform does not know the archetype", None
    try:
        return "", _managed_files(platform, answers)
    except (ModelwrightError, TemplateError) as error:
        return f"the answers do not render: {error}", None


def _managed_files(platform: Platform, answers: Mapping[str, Any]) -> dict[str, str]:
    archetype = platform.archetype(answers["archetype"])
    template = _only_managed(platform.template, archetype)
    given = {name: value for name, value in answers.items() if name in template.questionnaire.names}
    completed = collect_answers(
        template.questionnaire, template.env, given=given, defaults=True, ask=None
    )
    if "born" in answers:
        completed.values["born"] = answers["born"]
    files = render(template, completed, {})
    return {
        path: file.content.decode()
        for path, file in files.items()
        if archetype.owner_of(path) == "managed"
    }


def _only_managed(template: Template, archetype: Archetype) -> Template:
    """Return a template of the managed files alone; its questions take what was legal at birth."""
    questions = tuple(question.lenient for question in template.questionnaire.questions)
    return replace(
        template,
        tree=_Managed(template.tree, archetype),
        questionnaire=replace(template.questionnaire, questions=questions),
    )


@dataclass(frozen=True)
class _Managed:
    tree: Tree
    archetype: Archetype

    def paths(self, folder: str) -> Iterator[str]:
        for path in self.tree.paths(folder):
            if self.archetype.owner_of(path.removeprefix(f"{folder}/")) == "managed":
                yield path

    def read(self, path: str) -> bytes:
        return self.tree.read(path)

    def executable(self, path: str) -> bool:
        return self.tree.executable(path)
