"""The Jinja environment of the template dialect: sandboxed, strict, with Copier's three filters."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Final

import yaml
from jinja2 import FunctionLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

Read = Callable[[str], str | None]
MARKS: Final = ("{{", "{%", "{#")


def environment(read: Read) -> SandboxedEnvironment:
    """Return an environment whose includes and imports come from `read`.

    Args:
        read: Gives the text of a file of the template repository, or None where there is none.
    """
    env = SandboxedEnvironment(
        loader=FunctionLoader(read),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,
        cache_size=-1,
    )
    env.filters["to_json"] = json.dumps
    env.filters["to_nice_yaml"] = _to_nice_yaml
    env.filters["regex_search"] = _regex_search
    return env


def is_template(text: str) -> bool:
    """Say whether rendering could change a text at all."""
    return any(mark in text for mark in MARKS)


def _to_nice_yaml(value: object) -> str:
    return yaml.safe_dump(value, indent=4, allow_unicode=True, default_flow_style=False)


def _regex_search(value: str, pattern: str) -> str | None:
    found = re.search(pattern, value)
    return found.group() if found else None
