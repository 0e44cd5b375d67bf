"""Puts questions to a person at a terminal; a refused answer is explained under the question."""

from __future__ import annotations

import questionary

from modelwright.template.answer_collector import Prompt


def ask(prompt: Prompt) -> object:
    """Ask until the answer is valid.

    Raises:
        KeyboardInterrupt: The person leaves.
    """
    if prompt.choices:
        return questionary.select(
            prompt.message,
            choices=[
                questionary.Choice(label, value=value) for label, value in prompt.choices.items()
            ],
            default=None if prompt.default is None else str(prompt.default),
            use_search_filter=True,
            use_jk_keys=False,
        ).unsafe_ask()
    return questionary.text(
        prompt.message,
        default=str(prompt.default or ""),
        validate=lambda text: prompt.refusal(text) or True,
    ).unsafe_ask()
