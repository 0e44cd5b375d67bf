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
    """A question that is put to a project; it says what is wrong with an answer."""

    @property
    def offered(self) -> Mapping[str, object]:
        """The value of each choice that may be taken, by its label; empty for free text."""
        return {
            str(choice.title): self.cast_answer(choice.value)
            for choice in self._formatted_choices
            if not choice.disabled
        }

    def accepted(self, value: object) -> object:
        """Return an answer in the question's type.

        Raises:
            ValueError: It is not on offer, has another type, or the validator refuses it.
        """
        self._sound()
        try:
            parsed = self.parse_answer(value)
            self._keep(value, parsed)
            self.validate_answer(parsed)
        except (ValueError, ModelwrightError):
            raise
        except Exception as error:
            raise ValueError(_one_line(error) or f"it is not of type {self.type}") from error
        return parsed

    def kept(self, value: object) -> object:
        """Return an answer that the answers file holds, which was parsed when it was given.

        Raises:
            ValueError: As for any answer.
        """
        if isinstance(value, str) and self.get_type_name() in _FREE_TYPES and not self.choices:
            # Copier parses it again, so that the text '1.10' becomes a number.
            self.validate_answer(value)
            return value
        return self.accepted(value)

    def as_it_stands(self, value: object) -> object:
        """Return an answer of the version that a project was made with, never refusing it."""
        try:
            return self.kept(value)
        except ValueError:
            return value

    def preset(self) -> object:
        """Return the default in the question's type, UNSET where there is none.

        Raises:
            ValueError: The template's own rules refuse its default.
        """
        self._sound()
        try:
            return self.get_default()
        except InvalidTypeError as error:
            raise ValueError(_one_line(error)) from error

    @property
    def asked(self) -> bool:
        """Whether the question is put to a person."""
        return bool(self.get_ask())

    def prompt(self) -> Prompt:
        """Return the question as a person meets it."""
        several = self.multiselect and self.offered
        labels = f"\n  as [a, b], of: {', '.join(map(str, self.offered.values()))}"
        return Prompt(
            name=self.var_name,
            message=self.get_message().strip() + (labels if several else ""),
            kind="yaml" if several else self.get_type_name(),
            choices={} if several else self.offered,
            default=None,
            refusal=self.refusal,
        )

    def refusal(self, value: object) -> str:
        """Return what is wrong with an answer: nothing when it is valid."""
        try:
            self.accepted(value)
        except ValueError as error:
            return refusal_text(error)
        return ""

    def refused(self, value: object, error: ValueError, version: str) -> RefusedError:
        """Return the error for an answer that this version of the template does not take."""
        shown = "" if self.secret else f" {value!r}"
        return RefusedError(
            f"{self.var_name}{shown} is refused by {version}: {refusal_text(error)}",
            where=f"answer {self.var_name}",
            next_step=f"give another with --data {self.var_name}=...{self.advice(value)}",
        )

    def advice(self, value: object) -> str:
        """Return the choices for a sentence, the nearest ones where there are many."""
        known = [str(choice) for choice in self.offered.values()]
        if not known:
            return ""
        shown = known if len(known) <= LONGEST_LIST else nearest(str(value), known)
        shown = shown or known[:LONGEST_LIST]
        rest = f", or another of the {len(known)}" if len(shown) < len(known) else ""
        return f", of {', '.join(shown)}{rest}"

    def _sound(self) -> None:
        """Render type and choices first: what fails there is no fault of an answer."""
        self.get_type_name()
        _ = self._formatted_choices

    def _keep(self, value: object, parsed: object) -> None:
        """Refuse what Copier would silently turn into something else."""
        kind = self.get_type_name()
        if kind == "bool" and not self.multiselect and not _is_boolean(value):
            raise ValueError(f"{value!r} is neither true nor false")
        if kind == "int" and isinstance(value, float) and value != parsed:
            raise ValueError(f"{value!r} is not a whole number")


def refusal_text(error: ValueError) -> str:
    """Return Copier's sentence without the name of the question, which we put in front."""
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
