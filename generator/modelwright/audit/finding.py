"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Finding:
    """One departure from policy.

    Attributes:
        where: `file:line`, from the project's root.
        rule: Stable id, such as `SEC001`.
        problem: What is wrong, without a full stop; never the value of a secret.
        next_step: How to mend it.
        warning: Whether it is only told: what was legal at birth, or could not be judged.
        waived: Reason and end of the waiver that covers it; empty where none does.
    """

    where: str
    rule: str
    problem: str
    next_step: str
    warning: bool = False
    waived: str = ""

    @property
    def failing(self) -> bool:
        """Whether a person must look."""
        return not (self.warning or self.waived)
