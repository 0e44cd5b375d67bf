"""A policy file as blocks of text, one for each top-level key with the comments above it.

So a platform keeps the comments and the layout of the sections that it did not write itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import yaml

# What the organisation says of itself; the rest are defaults that a later version may extend.
ORGANISATION_KEYS: Final = (
    *("sample", "organisation", "platform", "environments", "naming"),
    *("personal_data", "brands", "teams", "tags", "github"),
)
_KEY: Final = re.compile(r"([A-Za-z_][\w-]*):")
_WIDE: Final = 1_000_000


def read_blocks(text: str) -> dict[str, str]:
    """Return the text of every top-level key in order; what stands before the first has no name."""
    found = {"": ""}
    name, waiting = "", ""
    for line in text.splitlines(keepends=True):
        key = _KEY.match(line)
        if key:
            name = key[1]
            found[name] = found.get(name, "") + waiting + line
            waiting = ""
        elif name and (line.isspace() or line.startswith("#")):
            waiting += line
        else:
            found[name] += waiting + line
            waiting = ""
    found[name] += waiting
    return found


def compose_policy(base: str, own: Mapping[str, str]) -> str:
    """Return a policy's text: `base`, with the blocks of `own` in place of its own.

    Args:
        base: A whole policy's text.
        own: Blocks by key; an empty one takes the key out, one that `base` lacks comes last.
    """
    found = read_blocks(base)
    return "".join({**found, **own}.values())


def organisation_blocks(text: str) -> dict[str, str]:
    """Return the blocks of a policy that are the organisation's; empty where it has none."""
    found = read_blocks(text)
    return {name: found.get(name, "") for name in ("", *ORGANISATION_KEYS)}


def write_block(key: str, value: object, *, deep: bool = False) -> str:
    """Return a block; `deep` writes each entry below it as a block of its own."""
    if not isinstance(value, Mapping):
        return f"\n{key}: {_flow(value)}\n"
    lines = [f"\n{key}:\n"]
    for name, entry in value.items():
        if deep and isinstance(entry, Mapping):
            lines.append(f"  {_flow(name)}:\n")
            lines += [f"    {_flow(k)}: {_flow(v)}\n" for k, v in entry.items()]
        else:
            lines.append(f"  {_flow(name)}: {_flow(entry)}\n")
    return "".join(lines)


def _flow(value: Any) -> str:  # noqa: ANN401 -- any value of a policy
    text = yaml.safe_dump(
        value, default_flow_style=True, width=_WIDE, sort_keys=False, allow_unicode=True
    )
    return text.removesuffix("\n").removesuffix("...").rstrip("\n")
