"""One question of any Copier template, with Copier's own meaning of every field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from copier._types import MISSING as UNSET
from copier._user_data import Question
from copier.errors import InvalidTypeError

from modelwright.errors import ModelwrightError, RefusedError
from modelwright.policy.choices import LONGEST_LIST, nearest
from modelwright.template.answer_collector import Prompt

_BOOLEAN_WORDS: Final = frozenset(
    ("y", "yes", "t", "true", "on", "n", "no", "f", "false", "off", "~", "null", "none", "")
)
_FREE_TYPES: Final = ("json", "yaml")


class BoundQuestion(Question):
    """A question with the answers so far; validates an answer and says what is wrong with it."""

    @property
    def available_choices(self) -> Mapping[str, object]:
        """The value of each enabled choice by its label; empty for free text."""
        return {
            str(choice.title): self.cast_answer(choice.value)
            for choice in self._formatted_choices
            if not choice.disabled
        }

    def parse(self, value: object) -> object:
        """Return an answer in the question's type.

        Raises:
            ValueError: It is not among the choices, has another type, or the validator refuses it.
        """
        self._render_rules()
        try:
            parsed = self.parse_answer(value)
            self._refuse_coercion(value, parsed)
            self.validate_answer(parsed)
        except (ValueError, ModelwrightError):
            raise
        except Exception as error:
            raise ValueError(_one_line(error) or f"it is not of type {self.type}") from error
        return parsed

    def parse_stored(self, value: object) -> object:
        """Return an answer of the answers file, which was parsed when it was given.

        Raises:
            ValueError: As for any answer.
        """
        if isinstance(value, str) and self.get_type_name() in _FREE_TYPES and not self.choices:
            # Copier parses it again, so that the text '1.10' becomes a number.
            self.validate_answer(value)
            return value
        return self.parse(value)

    def parse_leniently(self, value: object) -> object:
        """Return a stored answer without refusing it: the project was made with it."""
        try:
            return self.parse_stored(value)
        except ValueError:
            return value

    def default_value(self) -> object:
        """Return the default in the question's type, UNSET where there is none.

        Raises:
            ValueError: The template's own rules refuse its default.
        """
        self._render_rules()
        try:
            return self.get_default()
        except InvalidTypeError as error:
            raise ValueError(_one_line(error)) from error

    @property
    def is_asked(self) -> bool:
        """Whether the question is put to a person."""
        return bool(self.get_ask())

    def prompt(self) -> Prompt:
        """Return the question as it is shown to a person."""
        several = self.multiselect and self.available_choices
        labels = f"\n  as [a, b], of: {', '.join(map(str, self.available_choices.values()))}"
        return Prompt(
            name=self.var_name,
            message=self.get_message().strip() + (labels if several else ""),
            kind="yaml" if several else self.get_type_name(),
            choices={} if several else self.available_choices,
            default=None,
            refusal=self.refusal,
        )

    def refusal(self, value: object) -> str:
        """Return what is wrong with an answer: nothing when it is valid."""
        try:
            self.parse(value)
        except ValueError as error:
            return refusal_text(error)
        return ""

    def refusal_error(self, value: object, error: ValueError, version: str) -> RefusedError:
        """Return the error for an answer that this version of the template does not take."""
        shown = "" if self.secret else f" {value!r}"
        return RefusedError(
            f"{self.var_name}{shown} is refused by {version}: {refusal_text(error)}",
            where=f"answer {self.var_name}",
            next_step=f"give another with --data {self.var_name}=...{self.advice(value)}",
        )

    def advice(self, value: object) -> str:
        """Return the choices for a sentence, the nearest ones where there are many."""
        known = [str(choice) for choice in self.available_choices.values()]
        if not known:
            return ""
        shown = known if len(known) <= LONGEST_LIST else nearest(str(value), known)
        shown = shown or known[:LONGEST_LIST]
        rest = f", or another of the {len(known)}" if len(shown) < len(known) else ""
        return f", of {', '.join(shown)}{rest}"

    def _render_rules(self) -> None:
        """Render type and choices first: a failure there is not the fault of an answer."""
        self.get_type_name()
        _ = self._formatted_choices

    def _refuse_coercion(self, value: object, parsed: object) -> None:
        """Refuse what Copier would silently turn into something else."""
        kind = self.get_type_name()
        if kind == "bool" and not self.multiselect and not _is_boolean(value):
            raise ValueError(f"{value!r} is neither true nor false")
        if kind == "int" and isinstance(value, float) and value != parsed:
            raise ValueError(f"{value!r} is not a whole number")


def refusal_text(error: ValueError) -> str:
    """Return Copier's reason without the name of the question, which the caller adds."""
    text = " ".join(str(error).split())
    for start in ("Validation error for question '", "Invalid choice for '"):
        if text.startswith(start):
            return text.partition("': ")[2] or text
    return text or "it has another type"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _is_boolean(value: Any) -> bool:  # noqa: ANN401 -- whatever YAML holds
    if isinstance(value, str) and value.strip().lower() in _BOOLEAN_WORDS:
        return True
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


__all__ = ["UNSET", "BoundQuestion", "refusal_text"]
