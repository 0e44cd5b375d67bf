"""What to do where guesses are not enough: ask with a proposal, or name what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from modelwright.catalog.answering import Asker, Prompt
from modelwright.catalog.guessing.evidence import Guess
from modelwright.errors import UsageError


def values(guesses: Mapping[str, Guess]) -> dict[str, object]:
    """Return the answers that are sure."""
    return {name: guess.values[0] for name, guess in guesses.items() if guess.sure}


def asking(ask: Asker, guesses: Mapping[str, Guess]) -> Asker:
    """Return how a question is put together with what speaks for its answers."""

    def put(prompt: Prompt) -> object:
        guess = guesses.get(prompt.name)
        if guess is None:
            return ask(prompt)
        proposed = guess.values[0]
        on_offer = {str(value) for value in prompt.choices.values()}
        default = None if on_offer and str(proposed) not in on_offer else proposed
        message = f"{prompt.message} ({guess.story})"
        return ask(replace(prompt, message=message, default=default))

    return put


def refuse_unsure(names: Sequence[str], guesses: Mapping[str, Guess]) -> UsageError:
    """Return the refusal to go on without a person; every answer that is missing is named."""
    told = [f"{name} ({guesses[name].story if name in guesses else 'nothing says it'})"
            for name in names]  # fmt: skip
    return UsageError(
        f"there is no terminal to ask for what is not sure: {'; '.join(told)}",
        next_step=f"add {' '.join(f'--data {name}=...' for name in names)}",
    )
