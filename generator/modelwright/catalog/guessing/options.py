"""Which options a repository was made with, by the files that are there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from modelwright.catalog.archetypes import Archetype
from modelwright.catalog.guessing.evidence import Evidence
from modelwright.catalog.patterns import matches


def optional(
    archetype: Archetype, options: Iterable[str], paths: Sequence[str]
) -> Iterator[Evidence]:
    """Yield every option that alone decides over some files: on where one of them is there.

    Args:
        archetype: Says which files an option leaves out.
        options: The names of the options.
        paths: Every path of the repository.
    """
    for option in options:
        patterns = [
            pattern
            for left_out in archetype.left_out
            if left_out.unless == f"cookiecutter.{option}"
            for pattern in left_out.paths
        ]
        if not patterns:
            continue
        there = (path for path in paths if any(matches(pattern, path) for pattern in patterns))
        found = next(there, "")
        yield Evidence(option, bool(found), found or f"no {patterns[0].rstrip('/')}")
