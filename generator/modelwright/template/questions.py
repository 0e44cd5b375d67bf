"""The questions of a template, read from `copier.yml`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from modelwright.paths import COPIER_QUESTIONS
from modelwright.policy.yaml_reader import FastLoader
from modelwright.template.untrusted import plain_yaml, working_on_untrusted

MISSING: Final = object()


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question, with Copier's meaning of every field; texts are Jinja."""

    name: str
    type: str = "str"
    help: str = ""
    placeholder: str = ""
    default: object = MISSING
    choices: str | Sequence[Any] | Mapping[str, Any] = ""
    validator: str = ""
    when: str | bool = True
    ask: str | bool = True

    @property
    def computed(self) -> bool:
        """Whether the value follows from others: never asked, given or stored."""
        return self.when is False

    @property
    def lenient(self) -> Question:
        """The question without its rules: it takes any answer of its type."""
        return replace(self, validator="", choices="")


@dataclass(frozen=True, kw_only=True)
class Questionnaire:
    """The questions of a template repository and its settings that begin with an underscore."""

    questions: tuple[Question, ...]
    settings: Mapping[str, Any]

    @property
    def names(self) -> list[str]:
        """The names that `--data` may give."""
        return [question.name for question in self.questions if not question.computed]


def questionnaire_from(text: str, included: Mapping[str, str]) -> Questionnaire:
    """Read a `copier.yml`.

    Args:
        text: Its text, one or more YAML documents.
        included: The texts of the files that it names by `!include`, by path.

    Raises:
        RefusedError: It is no questionnaire.
    """

    class Loader(FastLoader):
        """Knows Copier's `!include`."""

    Loader.add_constructor(
        "!include",
        lambda _, node: plain_yaml(included[node.value], node.value)[0],
    )
    settings: dict[str, Any] = {}
    questions: dict[str, Question] = {}
    for document in plain_yaml(text, COPIER_QUESTIONS, Loader):
        with working_on_untrusted(COPIER_QUESTIONS):
            for name, value in document.items():
                if name == "_exclude":
                    settings.setdefault("exclude", []).extend(value)
                elif name.startswith("_"):
                    settings[name[1:]] = value
                else:
                    questions[name] = Question(name=name, **value)
    return Questionnaire(questions=tuple(questions.values()), settings=settings)
