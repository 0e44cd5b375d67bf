"""What a governed repository, which has its own source, does not get of an archetype's files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from modelwright.catalog.archetypes import Archetype, LeftOut
from modelwright.catalog.patterns import matches

QUESTION: Final = "managed_only"
_VALUE: Final = re.compile(r"\{\{.*?\}\}")


def with_own_source(archetype: Archetype, paths: Iterable[str]) -> Archetype:
    """Return an archetype that leaves out what it does not govern, where `managed_only` is on.

    Args:
        archetype: As its `archetype.yml` says it.
        paths: Every file of its project folder, as the template names it.
    """
    left_out = tuple(ungoverned(paths, archetype.governs))
    own = LeftOut(unless=f"not cookiecutter.{QUESTION}", paths=left_out)
    return replace(archetype, left_out=(*archetype.left_out, own))


def ungoverned(paths: Iterable[str], governs: Sequence[str]) -> list[str]:
    """Return the fewest patterns that cover every file that no pattern of `governs` covers.

    A value in a name becomes `*`; a name that is a condition, as the answers file's, is governed.
    """
    plain = [_VALUE.sub("*", path) for path in paths if "{%" not in path]
    return list(dict.fromkeys(_outside(plain, governs, "")))


def _outside(paths: Sequence[str], governs: Sequence[str], folder: str) -> Iterable[str]:
    groups: dict[str, list[str]] = {}
    for path in paths:
        groups.setdefault(path[len(folder) :].partition("/")[0], []).append(path)
    for name, group in sorted(groups.items()):
        inside = [path for path in group if any(matches(pattern, path) for pattern in governs)]
        if not inside:
            yield f"{folder}{name}"
        elif len(inside) < len(group):
            yield from _outside(group, governs, f"{folder}{name}/")
