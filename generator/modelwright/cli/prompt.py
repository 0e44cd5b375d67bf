"""Asks a person at a terminal; a refused answer is explained under the question."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from modelwright.adapters.disk.placing import refuse_occupied
from modelwright.errors import UsageError
from modelwright.policy.names import project_name
from modelwright.template.platform import Platform

if TYPE_CHECKING:
    from modelwright.template.answer_collector import Asker, Prompt


def terminal_prompt() -> Asker | None:
    """Return the function that asks a person; None without a terminal."""
    return _ask if sys.stdin.isatty() and sys.stderr.isatty() else None


def prompt_with_name(
    platform: Platform, *, defaults: bool, into: Path | None = None
) -> Asker | None:
    """Return a prompt that shows the project's name once it is known; None where nobody is asked.

    Args:
        platform: The platform whose naming rule makes the name.
        defaults: Whether the person asked for no question.
        into: The folder that must not hold a folder of that name; None where there is none.
    """
    ask = None if defaults else terminal_prompt()
    if ask is None:
        return None
    shown: list[str] = []

    def ask_and_show_name(prompt: Prompt) -> object:
        name = _project_name(platform, prompt)
        if name and not shown:
            if into is not None:
                refuse_occupied(into / name)
            sys.stderr.write(f"  It will be called {name}\n")
            shown.append(name)
        return ask(prompt)

    return ask_and_show_name


def choose_archetype(platform: Platform, name: str, ask: Asker | None) -> str:
    """Return the archetype that is named, or else that a person chooses by what each makes.

    Raises:
        UsageError: None is named, and nobody can be asked.
    """
    if name:
        return name
    archetypes = {entry.id: entry.makes for entry in platform.archetypes}
    if ask is None:
        raise UsageError(
            "no pattern is named, and nobody can be asked",
            where="ARCHETYPE",
            next_step=f"name {' or '.join(archetypes)}; modelwright list says what each makes",
        )
    from modelwright.template.answer_collector import Prompt  # noqa: PLC0415 -- the template engine

    width = max(map(len, archetypes))
    labels = {f"{identity:<{width}}  {makes}": identity for identity, makes in archetypes.items()}
    prompt = Prompt(
        name="archetype",
        message="Which pattern?",
        kind="str",
        choices=labels,
        default=None,
        refusal=lambda _: "",
    )
    return str(ask(prompt))


def _ask(prompt: Prompt) -> object:
    """Ask until the answer is valid.

    Raises:
        KeyboardInterrupt: The person leaves.
    """
    import questionary  # noqa: PLC0415 -- 180 ms, for a person only

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


def _project_name(platform: Platform, prompt: Prompt) -> str:
    """Return the project's name; empty as long as its parts are not all answered."""
    if not {"archetype", "brand", "use_case"} <= set(prompt.answers):
        return ""
    return project_name(platform.policy, prompt.answers)
