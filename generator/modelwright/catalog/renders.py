"""Renders many versions of a template with the same answers: what is the same, only once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from modelwright.catalog.answering import Answers, put_questions
from modelwright.catalog.rendering import ANSWERS_FILE, RenderedFile, sources
from modelwright.catalog.tree import Tree
from modelwright.catalog.version import DialectVersion

SHARED: Final = "templates/_shared/"


class ObjectTree(Tree, Protocol):
    """A tree whose files have ids: two files of one id are the same."""

    def objects(self, folder: str = "") -> dict[str, str]:
        """Return the id of every file below a folder, by path."""


@dataclass
class Renders:
    """Files that were rendered, by what they follow from.

    A file follows from its own source, from `templates/_shared`, and from the values of the
    answers: where none of them differs between two versions, it is read and rendered once.
    """

    rendered: int = 0
    _kept: dict[tuple[str, str, str], RenderedFile] = field(default_factory=dict, repr=False)

    def files(
        self, version: DialectVersion, tree: ObjectTree, given: Mapping[str, object]
    ) -> dict[str, RenderedFile]:
        """Return the files of a project by path, without the answers file.

        Raises:
            ModelwrightError: The version cannot be rendered with these answers.
        """
        answers = lenient_answers(version, given)
        ids = tree.objects("templates")
        around = _digest(answers, {p: name for p, name in ids.items() if p.startswith(SHARED)})
        keys = {
            path: (path, ids[source], around)
            for path, source in sources(version.template, answers).items()
            if path != ANSWERS_FILE
        }
        new = {path for path, key in keys.items() if key not in self._kept}
        for path, file in version.files(answers, new).items() if new else ():
            self._kept[keys[path]] = file
            self.rendered += 1
        return {path: self._kept[key] for path, key in keys.items()}


def lenient_answers(version: DialectVersion, given: Mapping[str, object]) -> Answers:
    """Answer the questions of a version without judging: what it does not ask is left out.

    Raises:
        ModelwrightError: It asks what is not answered.
    """
    questionnaire = version.template.questionnaire
    questions = tuple(replace(q, validator="", choices="") for q in questionnaire.questions)
    return put_questions(
        replace(questionnaire, questions=questions),
        version.template.env,
        given={name: value for name, value in given.items() if name in questionnaire.names},
        defaults=True,
        ask=None,
    )


def _digest(answers: Answers, shared: Mapping[str, str]) -> str:
    text = json.dumps([answers.values, shared], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
