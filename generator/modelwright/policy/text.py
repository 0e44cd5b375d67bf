"""The rule for free text: one line that every format carries unchanged.

Quotes, braces, `$(...)`, backslashes, right-to-left marks and characters of four bytes are welcome:
the templates quote them. What no quoting can carry is refused by name.

Source:
    The length is GitHub's for a repository's description ("Description cannot be more than 350
    characters"); what stands in one line of a README should not be longer anyway.
"""

from __future__ import annotations

from modelwright.policy.characters import first_forbidden
from modelwright.policy.refusal import Refusal

__all__ = ["LONGEST_DESCRIPTION", "text_refusal"]

LONGEST_DESCRIPTION = 350


def text_refusal(value: str, kind: str = "description") -> Refusal | None:
    """Return why a description is refused, or nothing where it is welcome.

    In this order: empty (TXT002), a forbidden character (TXT001), a space at either end that some
    formats drop (TXT004), too long (TXT003).
    """
    forbidden = first_forbidden(value)
    if not value.strip():
        rule, problem, next_step = "TXT002", f"{kind} is empty", "say in one line what it does"
    elif forbidden:
        rule = "TXT001"
        problem = f"{kind} contains {forbidden[1]} at position {forbidden[0]}"
        next_step = "write one line without it"
    elif value != value.strip():
        rule, problem, next_step = "TXT004", f"{kind} begins or ends with a space", "remove it"
    elif len(value) > LONGEST_DESCRIPTION:
        rule = "TXT003"
        problem = f"{kind} has {len(value)} characters"
        next_step = f"use at most {LONGEST_DESCRIPTION}"
    else:
        return None
    return Refusal(rule, kind, value, problem, next_step)
