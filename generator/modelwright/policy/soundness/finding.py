"""What a check of a policy's soundness says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from modelwright.policy.choices import nearest
from modelwright.policy.yaml_text import Path

__all__ = ["Disagreement", "Plain", "write_one_of"]

Plain = Mapping[str, Any]


@dataclass(frozen=True)
class Disagreement:
    """A value that does not agree with another part of the policy."""

    path: Path
    problem: str
    next_step: str


def write_one_of(value: str, choices: Iterable[str]) -> str:
    """Return the step that names the choices nearest to a value, or else all of them."""
    choices = list(choices)
    return f"write {' or '.join(nearest(value, choices) or choices)}"
