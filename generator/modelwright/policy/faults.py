"""Faults of a policy file: each with its line, what is wrong, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from modelwright.errors import RefusedError


@dataclass(frozen=True, order=True)
class Fault:
    """One fault of a policy file; `line` counts from 1."""

    line: int
    problem: str
    next_step: str

    def at(self, where: str) -> str:
        """Return the fault as one line of text, with the file and line in front."""
        return f"{where}:{self.line}: {self.problem}; {self.next_step}"


class PolicyError(RefusedError):
    """A policy file is unsound; every fault of it is named.

    Attributes:
        faults: The faults, by line.
    """

    def __init__(self, faults: Iterable[Fault], where: str) -> None:
        self.faults = tuple(sorted(set(faults)))
        self.file = where
        first = self.faults[0]
        if len(self.faults) == 1:
            place = f"{where}:{first.line}"
            super().__init__(first.problem, where=place, next_step=first.next_step, rule="POL001")
            return
        listed = "".join(f"\n  {fault.at(where)}" for fault in self.faults)
        super().__init__(
            f"the policy has {len(self.faults)} faults{listed}",
            where=where,
            next_step="fix each, then run `modelwright platform check`",
            rule="POL001",
        )

    def __reduce__(self) -> tuple[type[PolicyError], tuple[tuple[Fault, ...], str]]:
        return type(self), (self.faults, self.file)
