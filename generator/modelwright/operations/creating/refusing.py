"""Turns what the preflight found into one error."""

from __future__ import annotations

from collections.abc import Sequence

from modelwright.errors import ModelwrightError, RefusedError, SurroundingsError
from modelwright.provisioning.faults import PreflightFault

__all__ = ["refuse"]


def refuse(faults: Sequence[PreflightFault], where: str) -> None:
    """Check that nothing stands against a creation.

    Raises:
        RefusedError: A rule, or what a person may do, stands against it; nothing was made.
        SurroundingsError: Something is lacking; nothing was made.
    """
    if not faults:
        return
    family = RefusedError if any(one.refused for one in faults) else SurroundingsError
    raise _error(family, faults, where)


def _error(
    family: type[ModelwrightError], faults: Sequence[PreflightFault], where: str
) -> ModelwrightError:
    if len(faults) == 1:
        return family(faults[0].problem, where=where, next_step=faults[0].next_step)
    lines = "".join(f"\n  - {one.problem}; {one.next_step}" for one in faults)
    return family(
        f"{len(faults)} things stand against it, nothing was made:{lines}",
        where=where,
        next_step="mend them all, then run the command again",
    )
