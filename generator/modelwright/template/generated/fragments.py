"""The Jinja fragments that hold the rules' data, for engines that cannot import Python.

`modelwright platform sync` writes them; a test compares.
"""

from __future__ import annotations

import textwrap

from modelwright.policy.reserved_names import LIBRARY_NAMES, PYTHON_NAMES, TOOL_NAMES
from modelwright.policy.text import (
    CHARACTER_NAMES,
    FORBIDDEN_CLASS,
    LONGEST_DESCRIPTION,
    character_name,
)

WIDTH = 100


def fragments() -> dict[str, str]:
    """Return every generated fragment by its path in the repository."""
    return {
        "templates/_shared/python_names.jinja": _python_names(),
        "templates/_shared/characters.jinja": _characters(),
    }


def _python_names() -> str:
    lists = {"PYTHON_NAMES": PYTHON_NAMES, "LIBRARY_NAMES": LIBRARY_NAMES | TOOL_NAMES}
    return "".join(
        f"{{% set {name} = '\n{textwrap.fill(' '.join(sorted(words)), WIDTH)}\n'.split() %}}\n"
        for name, words in lists.items()
    )


def _characters() -> str:
    names = "\n".join(
        f"  '\\u{ord(character):04x}': '{character_name(character)}',"
        for character in CHARACTER_NAMES
    )
    forbidden = FORBIDDEN_CLASS.replace("\\", "\\\\")
    return (
        f"{{% set FORBIDDEN = '{forbidden}' %}}\n"
        f"{{% set LONGEST_DESCRIPTION = {LONGEST_DESCRIPTION} %}}\n"
        f"{{% set CHARACTER_NAMES = {{\n{names}\n}} %}}\n"
    )
