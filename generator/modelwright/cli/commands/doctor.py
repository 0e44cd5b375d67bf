"""`modelwright doctor`: what a bug report needs."""

from __future__ import annotations

import os
from collections.abc import Mapping

from modelwright.cli.session import JsonOption, PlatformOption
from modelwright.cli.terminal import Terminal, printable


def doctor(platform: PlatformOption = "", as_json: JsonOption = False) -> None:
    """Print what a bug report needs: versions, system, platform and extras, and no secret."""
    from modelwright.operations.doctor import diagnose  # noqa: PLC0415 -- it asks git and uv

    terminal = Terminal(as_json=as_json)
    facts = diagnose(platform, os.environ)
    terminal.document(facts)
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        terminal.say(f"{name:<{width}}  {printable(_line(value))}")


def _line(value: object) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {_line(inner)}" for name, inner in value.items())
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return "not installed" if value is None else str(value)
