"""Collects the answers to a template's questions, in Copier's order and with Copier's meaning."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from jinja2.sandbox import SandboxedEnvironment

from modelwright.errors import MissingAnswerError, RefusedError
from modelwright.policy.choices import choice_refusal
from modelwright.policy.resource_limits import with_resource_limits
from modelwright.template.dialect import compile_template
from modelwright.template.questions import MISSING, Question, Questionnaire
from modelwright.template.untrusted import plain_yaml, untrusted_errors, working_on_untrusted

_FALSE: Final = ("", "0", "n", "no", "false", "off", "none", "null", "~")


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """A question as it is put to a person.

    Attributes:
        choices: The label of each value on offer; empty for free text.
        refusal: Says what is wrong with an answer, or nothing.
        answers: The answers so far, by name.
    """

    name: str
    message: str
    kind: str
    choices: Mapping[str, object]
    default: object
    refusal: Callable[[object], str]
    answers: Mapping[str, Any] = field(default_factory=dict)


class Asker(Protocol):
    """Whatever can put a question to a person."""

    def __call__(self, prompt: Prompt) -> object:
        """Return the answer."""


@dataclass(kw_only=True)
class Answers:
    """Every value by name, and the names among them that are stored in the project."""

    values: dict[str, Any] = field(default_factory=dict)
    stored: list[str] = field(default_factory=list)

    @property
    def stored_values(self) -> dict[str, Any]:
        """The part that the answers file keeps."""
        return {name: self.values[name] for name in self.stored}


def collect_answers(  # noqa: PLR0913 -- what an answer follows from
    questionnaire: Questionnaire,
    env: SandboxedEnvironment,
    *,
    given: Mapping[str, object],
    defaults: bool,
    ask: Asker | None,
    known: Mapping[str, object] | None = None,
) -> Answers:
    """Answer every question, from what is given, by default, or by asking.

    Args:
        questionnaire: The template's questions.
        env: The dialect's environment over the template repository.
        given: Answers by name.
        defaults: Take the default of every question that has one; only the others are asked.
        ask: Puts a question to a person; None where nobody can be asked.
        known: What the answers file of an existing project holds beside answers, such as `born`.

    Raises:
        RefusedError: An answer is not valid.
        MissingAnswerError: One is missing and nobody can be asked; every missing one is named.
    """
    answers = Answers(values=dict(known or {}))
    with with_resource_limits("the questions of the template"):
        for question in questionnaire.questions:
            answer = _BoundQuestion(question, env, answers.values)
            if question.computed:
                answers.values[question.name] = answer.cast(answer.default())
                continue
            value = answer.obtain(given, defaults=defaults, ask=ask)
            if value is MISSING:
                raise _missing_answers(questionnaire, given)
            answers.values[question.name] = value
            answers.stored.append(question.name)
    return answers


class _BoundQuestion:
    """One question against the answers so far."""

    def __init__(
        self, question: Question, env: SandboxedEnvironment, values: Mapping[str, Any]
    ) -> None:
        self.question = question
        self.env = env
        self.values = values

    def obtain(self, given: Mapping[str, object], *, defaults: bool, ask: Asker | None) -> object:
        """Return the valid answer, or MISSING."""
        question = self.question
        if question.name in given:
            return self.validate(given[question.name])
        default = self.default()
        may_ask = _is_true(self.text(question.ask)) and not (defaults and default is not MISSING)
        if may_ask and ask is not None:
            return self.validate(ask(self.prompt(default)))
        return default if default is MISSING else self.validate(default)

    def prompt(self, default: object) -> Prompt:
        """Return the question as it is put to a person."""
        message = self.text(self.question.help) or self.question.name
        return Prompt(
            name=self.question.name,
            message=message,
            kind=self.question.type,
            choices=self.choices(),
            default=None if default is MISSING else default,
            refusal=self.refusal,
            answers=self.values,
        )

    def validate(self, given: object) -> object:
        """Return an answer in its type.

        Raises:
            RefusedError: It has another type, is not on offer, or its validator refuses it.
        """
        name = self.question.name
        value = self.cast(given)
        choices = self.choices()
        if choices:
            refused = choice_refusal(name, str(value), [str(known) for known in choices.values()])
            if refused:
                raise _refusal(name, refused.rule, refused.problem, refused.next_step)
        refusal = self.refusal(value)
        if refusal:
            raise _refused_by_validator(name, refusal)
        return value

    def refusal(self, value: object) -> str:
        """Return what the validator says of a value: nothing when it is valid."""
        validator = self.question.validator
        return self.text(validator, {self.question.name: value}).strip() if validator else ""

    def default(self) -> object:
        """Return the default, rendered; MISSING where there is none."""
        default = self.question.default
        if not isinstance(default, str):
            return default
        marker = _Unset()
        rendered = self.text(default, {"UNSET": marker})
        return MISSING if marker.used else self.cast(rendered)

    def choices(self) -> dict[str, object]:
        """Return what is on offer: the value of each label."""
        choices = self.question.choices
        if isinstance(choices, str):
            where = f"the choices of {self.question.name}"
            choices = (plain_yaml(self.text(choices), where) or [()])[0] if choices else ()
        if isinstance(choices, Mapping):
            return {str(label): self.cast(value) for label, value in choices.items()}
        return {str(choice): self.cast(choice) for choice in choices or ()}

    def cast(self, value: object) -> Any:  # noqa: ANN401 -- any of five types
        """Return a value in the question's type.

        Raises:
            RefusedError: The value has no such form.
        """
        if value is MISSING or self.question.type == "str":
            return value if value is MISSING else str(value)
        if self.question.type == "bool":
            return self._boolean(value)
        if not isinstance(value, str):
            return value
        where = f"answer {self.question.name}"
        if self.question.type == "json":
            with untrusted_errors(where):
                return json.loads(value)
        return (plain_yaml(value, where) or [None])[0]

    def _boolean(self, value: object) -> bool:
        text = str(value).strip().lower()
        if text in _FALSE or text in ("1", "y", "yes", "true", "on"):
            return text not in _FALSE
        raise RefusedError(
            f"{self.question.name} {value!r} is neither true nor false",
            where=f"answer {self.question.name}",
            next_step=f"write {self.question.name}=true or {self.question.name}=false",
        )

    def text(self, template: object, extra: Mapping[str, object] | None = None) -> str:
        """Render a text over the answers so far.

        Raises:
            UnrenderableError: It names what the answers do not give, a newer team say.
        """
        if not isinstance(template, str) or "{" not in template:
            return str(template)
        with working_on_untrusted(f"the question {self.question.name}"):
            return compile_template(self.env, template).render({**self.values, **(extra or {})})


class _Unset:
    """Stands for Copier's UNSET: a default that renders it is no default."""

    used = False

    def __str__(self) -> str:
        self.used = True
        return ""


def _is_true(text: str) -> bool:
    return text.strip().lower() not in _FALSE


def _refusal(name: str, rule: str, problem: str, next_step: str) -> RefusedError:
    return RefusedError(
        f"{rule}: {problem}", where=f"answer {name}", next_step=next_step, rule=rule
    )


def _refused_by_validator(name: str, sentence: str) -> RefusedError:
    """Read the sentence that a validator of the template renders: `RULE: problem; next step`."""
    problem, _, next_step = sentence.rpartition("; ")
    rule = problem.partition(":")[0]
    return RefusedError(problem, where=f"answer {name}", next_step=next_step, rule=rule)


def _missing_answers(
    questionnaire: Questionnaire, given: Mapping[str, object]
) -> MissingAnswerError:
    names = [
        question.name
        for question in questionnaire.questions
        if not question.computed
        and question.ask is True
        and question.default is MISSING
        and question.name not in given
    ]
    return MissingAnswerError(f"there is no terminal to ask for {', '.join(names)}", names)
