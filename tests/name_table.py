"""Reads `tests/names.yml`: one row is one name with the rule that every door must give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.policies import plain


@dataclass(frozen=True)
class Row:
    """A name and its verdict.

    Attributes:
        rule: Id of the rule that refuses it, or nothing.
        why: What the row shows.
        changes: Values of the sample policy that the row changes.
        cookiecutter: Where Cookiecutter itself comes first: the `use_case` that its hook sees, or
            why to `skip` it.
    """

    use_case: str
    rule: str | None
    why: str
    brand: str = "norda"
    team: str = "norda-fraud"
    changes: Mapping[str, Any] = field(default_factory=dict)
    cookiecutter: Mapping[str, str] = field(default_factory=dict)

    @property
    def policy(self) -> dict[str, Any]:
        """The policy that judges it, as plain data."""
        return plain(changes=self.changes)

    @property
    def id(self) -> str:
        """Name of the test of this row."""
        return f"{self.use_case[:30]!a} {self.why}".replace("::", ":")


@cache
def rows() -> tuple[Row, ...]:
    """Return every row."""
    entries = yaml.safe_load((Path(__file__).parent / "names.yml").read_text(encoding="utf-8"))
    return tuple(_row(entry) for entry in entries)


def _row(entry: dict[str, Any]) -> Row:
    letters = entry.pop("letters", None)
    return Row(**(entry if letters is None else {**entry, "use_case": "x" * letters}))
