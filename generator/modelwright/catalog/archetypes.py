"""What one archetype makes, who owns its files, and what an option leaves out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

from modelwright.catalog.patterns import covered
from modelwright.catalog.strange import plain_yaml, working_on

Owner = Literal["managed", "shared", "yours"]
FILE: Final = "archetype.yml"
GOVERNING: Final = (
    ".github/CODEOWNERS",
    ".github/pull_request_template.md",
    ".github/workflows/policy.yml",
    "project.yaml",
    "secrets.yaml",
    ".env.example",
)


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """Paths that belong to a project only where a condition holds.

    Attributes:
        unless: A Jinja expression over `cookiecutter`.
        paths: Patterns (see `patterns.matches`).
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
    governs: tuple[str, ...] = GOVERNING

    def owner_of(self, path: str) -> Owner:
        """Return who owns a file of a project; `shared` where the catalogue says nothing."""
        owners: tuple[Owner, ...] = ("managed", "yours")
        for owner in owners:
            if covered(self.owners.get(owner, ()), path):
                return owner
        return "shared"


@lru_cache(maxsize=64)
def archetype_from(identity: str, text: str) -> Archetype:
    """Read an `archetype.yml`.

    Raises:
        RefusedError: It has another form.
    """
    where = f"templates/{identity}/{FILE}"
    (data,) = plain_yaml(text, where) or [None]
    with working_on(where):
        return _archetype(identity, data)


def _archetype(identity: str, data: Mapping[str, Any]) -> Archetype:
    return Archetype(
        id=identity,
        makes=data["makes"],
        scale_out=data["scale_out"],
        sample=data["sample"],
        owners={owner: _texts(patterns) for owner, patterns in data["owners"].items()},
        left_out=tuple(
            LeftOut(unless=entry["unless"], paths=_texts(entry["paths"]))
            for entry in data["left_out"]
        ),
        governs=_texts(data.get("governs", GOVERNING)),
    )


def _texts(values: Sequence[object]) -> tuple[str, ...]:
    return tuple(str(value) for value in values)
