"""Validates free text: one line, without control characters, that every format carries.

Quotes, braces, `$(...)`, backslashes, right-to-left marks and characters of four bytes are welcome:
the templates quote them. What no quoting can carry is refused by name.

Source:
    The length is GitHub's for a repository's description ("Description cannot be more than 350
    characters"); what stands in one line of a README should not be longer anyway.
"""

from __future__ import annotations

import re

from modelwright.policy.rules import Refusal

LONGEST_DESCRIPTION = 350
C0 = (
    "NULL|START OF HEADING|START OF TEXT|END OF TEXT|END OF TRANSMISSION|ENQUIRY|ACKNOWLEDGE|ALERT"
    "|BACKSPACE|CHARACTER TABULATION|LINE FEED|LINE TABULATION|FORM FEED|CARRIAGE RETURN|SHIFT OUT"
    "|SHIFT IN|DATA LINK ESCAPE|DEVICE CONTROL ONE|DEVICE CONTROL TWO|DEVICE CONTROL THREE"
    "|DEVICE CONTROL FOUR|NEGATIVE ACKNOWLEDGE|SYNCHRONOUS IDLE|END OF TRANSMISSION BLOCK|CANCEL"
    "|END OF MEDIUM|SUBSTITUTE|ESCAPE|INFORMATION SEPARATOR FOUR|INFORMATION SEPARATOR THREE"
    "|INFORMATION SEPARATOR TWO|INFORMATION SEPARATOR ONE"
)
CHARACTER_NAMES = {
    **{chr(code): name for code, name in enumerate(C0.split("|"))},
    "\x7f": "DELETE",
    "\x85": "NEXT LINE",
    "\u2028": "LINE SEPARATOR",
    "\u2029": "PARAGRAPH SEPARATOR",
    "\ufeff": "ZERO WIDTH NO-BREAK SPACE",
}
LAST_OF_PLANES = "".join(rf"\U{plane:04x}fffe\U{plane:04x}ffff" for plane in range(1, 17))
FORBIDDEN_CLASS = (
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    + LAST_OF_PLANES
    + "]"
)


def character_name(character: str) -> str:
    """Return a forbidden character's name and code point: `LINE SEPARATOR (U+2028)`."""
    code = ord(character)
    name = CHARACTER_NAMES.get(character)
    if name is None:
        name = "CONTROL CHARACTER" if code <= 0x9F else "NONCHARACTER"  # noqa: PLR2004
        if 0xD800 <= code <= 0xDFFF:  # noqa: PLR2004
            name = "SURROGATE"
    return f"{name} (U+{code:04X})"


def first_forbidden(text: str) -> tuple[int, str] | None:
    """Return position (from 1) and name of the first forbidden character, or nothing."""
    match = re.search(FORBIDDEN_CLASS, text)
    if match is None:
        return None
    return match.start() + 1, character_name(match.group())


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
