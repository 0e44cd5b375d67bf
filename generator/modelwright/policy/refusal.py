"""What a rule says when it refuses a value: one sentence, the same at every door."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Refusal", "show"]

LONGEST_SHOWN = 60


@dataclass(frozen=True)
class Refusal:
    """A value that a rule refuses.

    Attributes:
        rule: Stable id of the rule, such as `NAM002`.
        kind: What the value is, such as `use case`.
        value: The value as it was given.
        problem: What is wrong with it, without a full stop.
        next_step: What to do instead.
        since: Platform version from which the rule holds; empty where it always did.
    """

    rule: str
    kind: str
    value: str
    problem: str
    next_step: str
    since: str = ""

    @property
    def sentence(self) -> str:
        """Rule, problem and next step in one line: what every door prints."""
        return f"{self.rule}: {self.problem}; {self.next_step}"


def show(value: str) -> str:
    r"""Return a value in quotes and in ASCII, so that look-alikes and control characters show.

    The Jinja macros print the same through `"%a" | format(value)`.
    """
    if len(value) > LONGEST_SHOWN:
        return f"{value[:LONGEST_SHOWN]!a}..."
    return ascii(value)
