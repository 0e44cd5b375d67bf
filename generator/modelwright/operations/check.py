"""Check a project: read it, find its platform, render what the platform owns, run every check."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from jinja2 import TemplateError

from modelwright.adapters.project_files import ProjectFiles, read_project
from modelwright.audit.check import Report, check
from modelwright.audit.project import ANSWERS_FILE, RECORD, Project
from modelwright.audit.yaml_file import Unreadable, read_yaml
from modelwright.catalog.answering import put_questions
from modelwright.catalog.archetypes import Archetype
from modelwright.catalog.platform import Platform
from modelwright.catalog.rendering import Template, render
from modelwright.catalog.tree import Tree
from modelwright.errors import ModelwrightError, RefusedError
from modelwright.operations.other_policy import with_own_team

OpenPlatform = Callable[[str, str], Platform]
PIN: Final = "templates/_shared/workflows.json"
TEXTS: Final = ("archetype", "team", "brand", "use_case", "description")
OPTIONAL_TEXTS: Final = ("personal_data", "cost_centre", "serves", "allocation_key")


def check_project(path: Path, *, open_platform: OpenPlatform, today: date) -> Report:
    """Say whether a repository is within policy.

    Args:
        path: Its folder.
        open_platform: Gives the platform for the answers file's source and version.
        today: The day by which waivers and reviews are judged.

    Raises:
        RefusedError: It is no project, or its answers cannot be read.
        SurroundingsError: A file or the platform cannot be read.
    """
    found = read_project(path)
    answers = _answers(path, found)
    source, version = (str(answers.get(key, "")) for key in ("_src_path", "_commit"))
    platform = open_platform(source, version)
    unjudged, expected = _expected(platform, answers, version)
    return check(
        Project(
            files=found.texts,
            others=found.others,
            answers=answers,
            folder=found.folder,
            remote=found.remote,
            policy=_policy(platform, answers, found),
            pin=_pin(platform),
            expected=expected,
            unjudged=unjudged,
            today=today,
        )
    )


def _answers(path: Path, found: ProjectFiles) -> dict[str, Any]:
    text = found.texts.get(ANSWERS_FILE)
    if text is None:
        raise RefusedError(
            f"it holds no {ANSWERS_FILE}, so it is no project of a template",
            where=str(path),
            next_step=_elsewhere(path),
        )
    documents = read_yaml(text)
    if isinstance(documents, Unreadable):
        raise _broken(documents.line, f"it is not YAML: {documents.problem}")
    answers = dict(documents[0].mapping) if documents else {}
    if not answers:
        raise _broken(1, "it holds no answers by name")
    for name in TEXTS:
        if name not in answers:
            raise _broken(1, f"it holds no answer {name}")
    for name in (*TEXTS, *(name for name in OPTIONAL_TEXTS if name in answers)):
        answers[name] = "" if answers[name] is None else str(answers[name])
    return answers


def _elsewhere(path: Path) -> str:
    for parent in path.resolve().parents:
        if (parent / ANSWERS_FILE).is_file():
            return f"name the project's own folder: modelwright check {parent}"
    return (
        "name the folder of a project that modelwright new or copier copy made, or take this one "
        f"in: modelwright adopt {path}"
    )


def _broken(line: int, problem: str) -> RefusedError:
    return RefusedError(
        problem,
        where=f"{ANSWERS_FILE}:{line}",
        next_step=f"restore it: git checkout HEAD -- {ANSWERS_FILE}",
    )


def _policy(
    platform: Platform, answers: Mapping[str, Any], found: ProjectFiles
) -> Mapping[str, Any]:
    if answers.get("_commit", "") == platform.version:
        return platform.policy
    documents = read_yaml(found.texts.get(RECORD, ""))
    if isinstance(documents, Unreadable) or not documents:
        return platform.policy
    return with_own_team(platform.policy, answers, documents[0].mapping)


def _pin(platform: Platform) -> Mapping[str, str]:
    pin: dict[str, str] = json.loads(platform.tree.read(PIN))
    return pin


def _expected(
    platform: Platform, answers: Mapping[str, Any], version: str
) -> tuple[str, dict[str, str] | None]:
    """Return why drift cannot be judged, or the text of every managed file."""
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
    completed = put_questions(
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
    questions = tuple(
        replace(question, validator="", choices="") for question in template.questionnaire.questions
    )
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
