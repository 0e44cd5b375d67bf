"""Renders a template tree into files in memory, byte for byte as Copier does within our dialect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import TemplateError
from jinja2.sandbox import SandboxedEnvironment

from modelwright.catalog.answering import Answers
from modelwright.catalog.dialect import environment, rendered_text
from modelwright.catalog.patterns import matches
from modelwright.catalog.questions import Questionnaire, questionnaire_from
from modelwright.catalog.tree import Tree
from modelwright.errors import RefusedError

QUESTIONS = "copier.yml"
ANSWERS_FILE = ".copier-answers.yml"


@dataclass(frozen=True)
class RenderedFile:
    """One file of a project."""

    content: bytes
    executable: bool = False


@dataclass(frozen=True, kw_only=True)
class Template:
    """A template repository, opened: its questions and its environment."""

    tree: Tree
    env: SandboxedEnvironment
    questionnaire: Questionnaire


def open_template(tree: Tree) -> Template:
    """Read the questions of a template repository.

    Raises:
        RefusedError: It has no `copier.yml`.
    """

    def text(path: str) -> str | None:
        try:
            return tree.read(path).decode()
        except KeyError:
            return None

    questions = text(QUESTIONS)
    if questions is None:
        raise RefusedError(
            f"there is no {QUESTIONS} in the platform",
            next_step="name a folder or a URL that holds templates with --platform",
        )
    included = {path: text(path) or "" for path in _included(questions)}
    return Template(
        tree=tree, env=environment(text), questionnaire=questionnaire_from(questions, included)
    )


def render(
    template: Template, answers: Answers, provenance: Mapping[str, str]
) -> dict[str, RenderedFile]:
    """Return the files of a project by path.

    Args:
        template: The template repository.
        answers: Every answer of its questions.
        provenance: `_src_path` and `_commit` for the answers file; either may be absent.

    Raises:
        RefusedError: A file of the template does not render.
    """
    context: dict[str, Any] = {
        **answers.values,
        "_copier_answers": {**provenance, **answers.remembered},
        "_copier_conf": {"answers_file": ANSWERS_FILE},
    }
    env = template.env
    settings = template.questionnaire.settings
    folder = env.from_string(settings["subdirectory"]).render(context)
    # One text, so that it is compiled once.
    patterns = env.from_string("\n".join(settings.get("exclude", ()))).render(context)
    excluded = [pattern for pattern in patterns.split("\n") if pattern]
    files = {}
    for source, path in _destinations(template, folder, context):
        if any(matches(pattern, path) for pattern in excluded):
            continue
        content = _content(template, source, context)
        files[path] = RenderedFile(content, template.tree.executable(source))
    return files


def _destinations(
    template: Template, folder: str, context: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    for source in template.tree.paths(folder):
        parts = source.removeprefix(f"{folder}/").split("/")
        rendered = [rendered_text(template.env, part, context) for part in parts]
        if all(rendered):
            yield source, "/".join(rendered)


def _content(template: Template, source: str, context: Mapping[str, Any]) -> bytes:
    content = template.tree.read(source)
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return content
    try:
        return rendered_text(template.env, text, context).encode()
    except TemplateError as error:
        raise RefusedError(
            f"the template does not render: {error.message}",
            where=source,
            next_step="tell the platform team; nothing was written",
        ) from error


def _included(questions: str) -> list[str]:
    mark = "!include "
    return [line.removeprefix(mark).strip() for line in questions.splitlines() if line[:9] == mark]
