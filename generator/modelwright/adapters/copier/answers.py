"""Collects the answers of an existing project to the questions of any Copier template.

Copier's own update drops a stored answer that the new version refuses and takes the default. Here
a stored answer stays, is refused with the reason, or is replaced by a given one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from modelwright.adapters.copier.library import Render, questions_phase
from modelwright.adapters.copier.question import UNSET, BoundQuestion, refusal_text
from modelwright.errors import ModelwrightError, RefusedError, UnansweredError
from modelwright.template.answer_collector import Answers, Asker
from modelwright.template.version import refuse_unknown

# What Copier writes into an answers file; a date, say, it does not.
_WRITABLE_TYPES: Final = (dict, list, str, int, float, bool, type(None))


@dataclass(kw_only=True)
class CopierAnswerCollector:
    """Asks the questions of one version about one project.

    Attributes:
        render: Copier's worker.
        version: The version, for errors.
        replay: Whether the project stands at this version: its answers are taken as they are.
        ask: Asks a person; None without a terminal.
    """

    render: Render
    version: str
    replay: bool
    ask: Asker | None
    stored: Mapping[str, object] = field(default_factory=dict)
    given: Mapping[str, object] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)

    def collect(self, stored: Mapping[str, object], given: Mapping[str, object]) -> Answers:
        """Answer every question.

        Args:
            stored: What the answers file holds.
            given: Answers that replace stored ones.

        Raises:
            RefusedError: An answer is refused, is missing, or answers no question.
        """
        questions = self.render.template.questions_data
        names = [name for name, fields in questions.items() if fields.get("when") is not False]
        refuse_unknown(names, given)
        self.given = given
        self.stored = {name: value for name, value in stored.items() if name[:1] != "_"}
        answers = self.render.begin(given, self.stored)
        with questions_phase():
            for name, fields in questions.items():
                with self._naming_the_question(name):
                    self._answer(self._question(name, fields))
        hidden = answers.hidden | self.render.template.secret_questions
        others = {name: value for name, value in self.stored.items() if name not in questions}
        values = {**others, **self.values}
        # Copier writes the answers in the order of the answers file, new ones behind.
        ordered = [name for name in (*self.stored, *self.values) if name in self.values]
        stored_names = [
            name
            for name in dict.fromkeys(ordered)
            if name not in hidden and isinstance(values[name], _WRITABLE_TYPES)
        ]
        return Answers(values=values, stored=stored_names)

    @staticmethod
    @contextmanager
    def _naming_the_question(name: str) -> Iterator[None]:
        try:
            yield
        except ModelwrightError:
            raise
        except Exception as error:
            error.add_note(f"question {name}")
            raise

    def _question(self, name: str, fields: Mapping[str, Any]) -> BoundQuestion:
        render = self.render
        return BoundQuestion(
            answers=render.answers,
            context=render.context(),
            jinja_env=render.jinja_env,
            settings=render.settings,
            var_name=name,
            **fields,
        )

    def _answer(self, question: BoundQuestion) -> None:
        name = question.var_name
        value = (
            self._hidden_value(question)
            if not question.get_when()
            else self._visible_value(question)
        )
        if value is not UNSET:
            self.values[name] = self.render.answers.user[name] = value

    def _hidden_value(self, question: BoundQuestion) -> object:
        """Return the value of a question that is not asked: computed, never stored."""
        name, answers = question.var_name, self.render.answers
        answers.hide(name)
        answers.last.pop(name, None)
        answers.init.pop(name, None)
        if self.replay and name in self.stored:
            return question.parse_leniently(self.stored[name])
        try:
            value = question.default_value()
        except ValueError as error:
            raise self._unanswered(question, refusal_text(error)) from error
        if name in self.given:
            self._refuse_hidden_answer(question, value)
        return value

    def _refuse_hidden_answer(self, question: BoundQuestion, value: object) -> None:
        if self._validated(question, self.given[question.var_name], stored=False) != value:
            raise RefusedError(
                f"{question.var_name} is not asked by {self.version} beside the other answers,"
                " so what is given for it would not be kept",
                where=f"answer {question.var_name}",
                next_step=f"leave --data {question.var_name}=... out,"
                " or change the answer that it depends on",
            )

    def _visible_value(self, question: BoundQuestion) -> object:
        name = question.var_name
        if name in self.given:
            return self._validated(question, self.given[name], stored=False)
        if name in self.stored:
            if self.replay:
                return question.parse_leniently(self.stored[name])
            return self._validated(question, self.stored[name], stored=True)
        return self._new_value(question)

    def _validated(self, question: BoundQuestion, value: object, *, stored: bool) -> object:
        try:
            return question.parse_stored(value) if stored else question.parse(value)
        except ValueError as error:
            raise question.refusal_error(value, error, self.version) from error

    def _new_value(self, question: BoundQuestion) -> object:
        """Return the default of a question that the project has not answered, or ask a person."""
        refused = ""
        try:
            value = question.default_value()
        except ValueError as error:
            value, refused = UNSET, f": its default is refused: {refusal_text(error)}"
        if value is not UNSET or not (refused or question.is_asked):
            return value
        if self.ask is None or self.replay:
            raise self._unanswered(question, refused)
        return self._validated(question, self.ask(question.prompt()), stored=False)

    def _unanswered(self, question: BoundQuestion, refused: str) -> UnansweredError:
        name = question.var_name
        known = self.render.template.questions_data
        obsolete = [other for other in self.stored if other not in known and other != "born"]
        remedy = f"write {name}: ... into it" if self.replay else f"add --data {name}=..."
        advice = f"{remedy}{question.advice('')}"
        if obsolete:
            advice += f" (the answers file has {', '.join(obsolete)}, which it no longer asks)"
        return UnansweredError(
            f"{self.version} asks {name}, which the project does not answer{refused}",
            [name],
            where=self.render.answers_file_name if self.replay else f"answer {name}",
            next_step=advice,
        )
