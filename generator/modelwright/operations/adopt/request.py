"""What the command line of `adopt` says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path

from modelwright.errors import MissingAnswerError
from modelwright.template.answer_collector import Asker, Prompt
from modelwright.template.archetypes import MANAGED_ONLY
from modelwright.template.inference.evidence import InferredAnswer


def unambiguous_answers(guesses: Mapping[str, InferredAnswer]) -> dict[str, object]:
    """Return the answers that are sure."""
    return {name: guess.values[0] for name, guess in guesses.items() if guess.unambiguous}


def ask_with_evidence(ask: Asker, guesses: Mapping[str, InferredAnswer]) -> Asker:
    """Return how a question is put together with what speaks for its answers."""

    def ask_one(prompt: Prompt) -> object:
        guess = guesses.get(prompt.name)
        if guess is None:
            return ask(prompt)
        proposed = guess.values[0]
        on_offer = {str(value) for value in prompt.choices.values()}
        default = None if on_offer and str(proposed) not in on_offer else proposed
        message = f"{prompt.message} ({guess.explanation})"
        return ask(replace(prompt, message=message, default=default))

    return ask_one


def refuse_ambiguous(
    names: Sequence[str], guesses: Mapping[str, InferredAnswer]
) -> MissingAnswerError:
    """Return the refusal to go on without a person; every answer that is missing is named."""
    told = [f"{name} ({guesses[name].explanation if name in guesses else 'nothing says it'})"
            for name in names]  # fmt: skip
    return MissingAnswerError(
        f"there is no terminal to ask for what is not sure: {'; '.join(told)}", names
    )


Follow = Callable[[int], AbstractContextManager[Callable[[str], None]]]


@dataclass(frozen=True, kw_only=True)
class AdoptRequest:
    """What the command line of `adopt` says; what is empty is found out.

    Attributes:
        path: The repository's folder.
        given: Answers by name.
        source: The template's URL or folder.
        platform: The platform, where no source is named.
        to: The version to start from.
        governed: Whether only its governing files become the platform's.
        apply: Whether it is brought to the newest version at once.
        offline: Whether no host is contacted.
        trust: Whether a template is accepted that asks to run code.
    """

    path: Path
    archetype: str = ""
    given: Mapping[str, object] = field(default_factory=dict)
    source: str = ""
    platform: str = ""
    to: str = ""
    governed: bool = False
    apply: bool = False
    offline: bool = False
    trust: bool = False

    @property
    def answers(self) -> dict[str, object]:
        """The answers that the command line gives."""
        return {**self.given, **({MANAGED_ONLY: True} if self.governed else {})}


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who is there: how to ask, and how to show that something takes its time.

    Attributes:
        ask: Puts a question; None where nobody can be asked.
        follow: Takes the number of steps and gives what names each.
    """

    ask: Asker | None
    follow: Follow
