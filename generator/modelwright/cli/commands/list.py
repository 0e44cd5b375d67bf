"""`modelwright list`: the archetypes and the options."""

from __future__ import annotations

from typing import Annotated

import typer

from modelwright.cli.session import JsonOption, PlatformOption, QuietOption, open_platform_for
from modelwright.cli.terminal import Terminal


def show(
    options: Annotated[bool, typer.Option("--options", help="Show what --data can set.")] = False,
    platform_name: PlatformOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """List the archetypes: what each makes, and how it scales out."""
    terminal = Terminal(as_json=as_json, quiet=quiet)
    platform = open_platform_for(platform_name, terminal)
    archetypes = platform.archetypes
    unasked = (
        [
            {
                "name": question.name,
                "default": platform.policy["options"].get(
                    question.name, question.default if question.type == "bool" else ""
                ),
                "meaning": question.help,
            }
            for question in platform.template.questionnaire.questions
            if question.ask is False
        ]
        if options or as_json
        else []
    )
    terminal.document(
        {
            "archetypes": [
                {"id": entry.id, "makes": entry.makes, "scale_out": entry.scale_out}
                for entry in archetypes
            ],
            "options": unasked,
        }
    )
    width = max(len(entry.id) for entry in archetypes)
    for entry in archetypes:
        terminal.say(f"{entry.id:<{width}}  {entry.makes}; scales out by {entry.scale_out}")
    if options:
        terminal.say("\nSet with --data NAME=VALUE:")
    for option in unasked:
        default = str(option["default"]).lower() or "empty"
        terminal.say(f"  {option['name']:<15} {default:<6} {option['meaning']}")
