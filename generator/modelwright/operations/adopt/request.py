"""The options of `adopt`, and how a person is asked about ambiguous answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path

from modelwright.errors import MissingAnswerError
from modelwright.template.answer_collector import Asker, Prompt
from modelwright.template.archetypes import MANAGED_ONLY
from modelwright.template.inference.evidence import InferredAnswer


def unambiguous_answers(inferred: Mapping[str, InferredAnswer]) -> dict[str, object]:
    """Return the answers on which all evidence agrees."""
    return {name: answer.values[0] for name, answer in inferred.items() if answer.unambiguous}


def ask_with_evidence(ask: Asker, inferred: Mapping[str, InferredAnswer]) -> Asker:
    """Return an asker that shows the evidence with a question and proposes its likeliest answer."""

    def ask_one(prompt: Prompt) -> object:
        answer = inferred.get(prompt.name)
        if answer is None:
            return ask(prompt)
        proposed = answer.values[0]
        on_offer = {str(value) for value in prompt.choices.values()}
        default = None if on_offer and str(proposed) not in on_offer else proposed
        message = f"{prompt.message} ({answer.explanation})"
        return ask(replace(prompt, message=message, default=default))

    return ask_one


def refuse_ambiguous(
    names: Sequence[str], inferred: Mapping[str, InferredAnswer]
) -> MissingAnswerError:
    """Return the error for answers that only a person can decide, each with its evidence."""
    evidence = [f"{name} ({inferred[name].explanation if name in inferred else 'nothing says it'})"
            for name in names]  # fmt: skip
    return MissingAnswerError(
        f"there is no terminal to ask for what is not sure: {'; '.join(evidence)}", names
    )


Follow = Callable[[int], AbstractContextManager[Callable[[str], None]]]


@dataclass(frozen=True, kw_only=True)
class AdoptRequest:
    """The options of `adopt`; what is empty is inferred.

    Attributes:
        path: The repository's folder.
        given: Answers by name.
        source: The template's URL or folder.
        platform: The platform, where no source is named.
        to: The version to start from.
        governed: Whether the platform manages only its governing files.
        apply: Whether it is updated to the newest version at once.
        offline: Whether no host is contacted.
        trust: Whether to accept a template that runs code.
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
    """How to ask a person, and how to show progress.

    Attributes:
        ask: Puts a question; None where nobody can be asked.
        follow: Takes the number of steps; yields a function that is called with the name of each.
    """

    ask: Asker | None
    follow: Follow
