"""Renders a template tree into files in memory, byte for byte as Copier does within our dialect."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2.sandbox import SandboxedEnvironment

from modelwright.errors import RefusedError
from modelwright.paths import ANSWERS_FILE, COPIER_QUESTIONS
from modelwright.template.answer_collector import Answers
from modelwright.template.archetypes import is_covered
from modelwright.template.dialect import environment, render_text
from modelwright.template.project_paths import refuse_paths
from modelwright.template.questions import Questionnaire, questionnaire_from
from modelwright.template.tree import RenderedFile, Tree
from modelwright.template.untrusted import untrusted_errors, working_on_untrusted


@dataclass(frozen=True, kw_only=True)
class Template:
    """A template repository, opened: its questions and its environment."""

    tree: Tree
    env: SandboxedEnvironment
    questionnaire: Questionnaire


def open_template(tree: Tree) -> Template:
    """Read the questions of a template repository.

    Raises:
        RefusedError: It has no `copier.yml`, or one that is no questionnaire.
    """

    def text(path: str) -> str | None:
        try:
            return tree.read(path).decode()
        except KeyError:
            return None
        except UnicodeDecodeError as error:
            raise RefusedError(
                "it is not UTF-8", where=path, next_step="tell the platform team"
            ) from error

    questions = text(COPIER_QUESTIONS)
    if questions is None:
        raise RefusedError(
            f"there is no {COPIER_QUESTIONS} in the platform",
            next_step="name a folder or a URL that holds templates with --platform",
        )
    included = {path: text(path) or "" for path in _included_files(questions)}
    return Template(
        tree=tree, env=environment(text), questionnaire=questionnaire_from(questions, included)
    )


def render(
    template: Template,
    answers: Answers,
    provenance: Mapping[str, str],
    only: Container[str] | None = None,
) -> dict[str, RenderedFile]:
    """Return the files of a project by path.

    Args:
        template: The template repository.
        answers: Every answer of its questions.
        provenance: `_src_path` and `_commit` for the answers file; either may be absent.
        only: The paths that are wanted, where not all are.

    Raises:
        RefusedError: A file of the template does not render, or would stand outside the project.
    """
    context = _context(answers, provenance)
    files = {}
    with untrusted_errors("the template"):
        for path, source in _destinations(template, context).items():
            if only is None or path in only:
                content = _content(template, source, context)
                files[path] = RenderedFile(content, template.tree.executable(source))
    return files


def source_paths(template: Template, answers: Answers) -> dict[str, str]:
    """Return the path in the template of every file of a project, by its path there."""
    with untrusted_errors("the template"):
        return _destinations(template, _context(answers, {}))


def setting(template: Template, answers: Answers, name: str) -> list[str]:
    """Return the patterns of a setting such as `_exclude`, rendered; the empty ones left out."""
    with untrusted_errors(f"copier.yml: _{name}"):
        return _patterns(template, name, _context(answers, {}))


def _context(answers: Answers, provenance: Mapping[str, str]) -> dict[str, Any]:
    return {
        **answers.values,
        "_copier_answers": {**provenance, **answers.stored_values},
        "_copier_conf": {"answers_file": ANSWERS_FILE},
    }


def _patterns(template: Template, name: str, context: Mapping[str, Any]) -> list[str]:
    # One text, so that it is compiled once.
    text = "\n".join(template.questionnaire.settings.get(name, ()))
    rendered = render_text(template.env, text, context)
    return [pattern for pattern in rendered.split("\n") if pattern]


def _destinations(template: Template, context: Mapping[str, Any]) -> dict[str, str]:
    settings = template.questionnaire.settings
    folder = render_text(template.env, settings["subdirectory"], context)
    excluded = _patterns(template, "exclude", context)
    found = {}
    for source in template.tree.paths(folder):
        path = _rendered_path(template, source.removeprefix(f"{folder}/"), context)
        if path and not is_covered(excluded, path):
            found[path] = source
    refuse_paths(found, where=folder)
    return found


def _rendered_path(template: Template, path: str, context: Mapping[str, Any]) -> str:
    """Return a path with its names rendered; empty where one of them is."""
    if "{" not in path:
        return path
    with working_on_untrusted(path):
        rendered = [render_text(template.env, part, context) for part in path.split("/")]
    return "/".join(rendered) if all(rendered) else ""


def _content(template: Template, source: str, context: Mapping[str, Any]) -> bytes:
    try:
        content = template.tree.read(source)
    except KeyError as error:
        raise RefusedError(
            "it is a link that leads to no file of the platform",
            where=source,
            next_step="tell the platform team; nothing was written",
        ) from error
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return content
    with working_on_untrusted(source):
        return render_text(template.env, text, context).encode()


def _included_files(questions: str) -> list[str]:
    mark = "!include "
    return [line.removeprefix(mark).strip() for line in questions.splitlines() if line[:9] == mark]
