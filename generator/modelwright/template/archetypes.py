"""Archetypes: what `archetype.yml` says of a template, and which patterns cover a file's path.

A governed repository, which has its own source, gets only the files that the archetype governs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final, Literal

from modelwright.paths import (
    CODEOWNERS,
    ENV_EXAMPLE,
    PROJECT_RECORD,
    SECRETS_MANIFEST,
    archetype_file,
)
from modelwright.template.untrusted import plain_yaml, working_on_untrusted

Owner = Literal["managed", "shared", "yours"]
GOVERNED_FILES: Final = (
    CODEOWNERS,
    ".github/pull_request_template.md",
    ".github/workflows/policy.yml",
    PROJECT_RECORD,
    SECRETS_MANIFEST,
    ENV_EXAMPLE,
)
MANAGED_ONLY: Final = "managed_only"
_VALUE: Final = re.compile(r"\{\{.*?\}\}")


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """Paths that belong to a project only where a condition holds.

    Attributes:
        unless: A Jinja expression over `cookiecutter`.
        paths: Patterns (see `pattern_matches`).
    """

    unless: str
    paths: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Archetype:
    """One folder of `templates/`.

    Attributes:
        governs: Patterns of the files that a repository with its own source gets too.
    """

    id: str
    makes: str
    scale_out: str
    sample: Mapping[str, str]
    owners: Mapping[str, tuple[str, ...]]
    left_out: tuple[LeftOut, ...]
    governs: tuple[str, ...] = GOVERNED_FILES

    def owner_of(self, path: str) -> Owner:
        """Return who owns a file of a project; `shared` where the catalogue says nothing."""
        owners: tuple[Owner, ...] = ("managed", "yours")
        for owner in owners:
            if is_covered(self.owners.get(owner, ()), path):
                return owner
        return "shared"


@lru_cache(maxsize=64)
def archetype_from(identity: str, text: str) -> Archetype:
    """Read an `archetype.yml`.

    Raises:
        RefusedError: It has another form.
    """
    where = archetype_file(identity)
    (data,) = plain_yaml(text, where) or [None]
    with working_on_untrusted(where):
        return _archetype(identity, data)


def _archetype(identity: str, data: Mapping[str, Any]) -> Archetype:
    return Archetype(
        id=identity,
        makes=data["makes"],
        scale_out=data["scale_out"],
        sample=data["sample"],
        owners={owner: _strings(patterns) for owner, patterns in data["owners"].items()},
        left_out=tuple(
            LeftOut(unless=entry["unless"], paths=_strings(entry["paths"]))
            for entry in data["left_out"]
        ),
        governs=_strings(data.get("governs", GOVERNED_FILES)),
    )


def _strings(values: Sequence[object]) -> tuple[str, ...]:
    return tuple(str(value) for value in values)


def with_own_source(archetype: Archetype, paths: Iterable[str]) -> Archetype:
    """Return an archetype that leaves out what it does not govern, where `managed_only` is on.

    Args:
        archetype: As its `archetype.yml` says it.
        paths: Every file of its project folder, as the template names it.
    """
    left_out = tuple(ungoverned_patterns(paths, archetype.governs))
    own = LeftOut(unless=f"not cookiecutter.{MANAGED_ONLY}", paths=left_out)
    return replace(archetype, left_out=(*archetype.left_out, own))


def ungoverned_patterns(paths: Iterable[str], governs: Sequence[str]) -> list[str]:
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
        inside = [
            path for path in group if any(pattern_matches(pattern, path) for pattern in governs)
        ]
        if not inside:
            yield f"{folder}{name}"
        elif len(inside) < len(group):
            yield from _outside(group, governs, f"{folder}{name}/")


def pattern_matches(pattern: str, path: str) -> bool:
    """Say whether a pattern covers a path.

    Args:
        pattern: Anchored at the project's root; `*` stays within one folder, `**` crosses folders,
            and a folder covers everything below it.
        path: Relative to the project's root, with forward slashes.
    """
    return _compile((pattern,)).fullmatch(path) is not None


def is_covered(patterns: Iterable[str], path: str) -> bool:
    """Say whether any of some patterns covers a path."""
    all_of_them = tuple(patterns)
    return bool(all_of_them) and _compile(all_of_them).fullmatch(path) is not None


@lru_cache(maxsize=512)
def _compile(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(_pattern_regex, patterns)))


def _pattern_regex(pattern: str) -> str:
    body = re.escape(pattern.strip("/"))
    body = body.replace(r"\*\*/", "(?:.*/)?").replace(r"/\*\*", "(?:/.*)?").replace(r"\*", "[^/]*")
    return rf"{body}(?:/.*)?"
