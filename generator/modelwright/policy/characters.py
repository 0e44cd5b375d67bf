"""Characters that no line of text may hold, because a format that it is written to cannot.

Control characters and lone surrogates: TOML and YAML refuse them. Line and paragraph separators:
Python, YAML and editors end a line at them. Byte order mark and noncharacters: dropped on the way.

Source:
    Unicode Character Database, `NameAliases.txt` for the names of control characters;
    TOML 1.0 "String"; YAML 1.2.2, 5.1 "Character Set".
"""

from __future__ import annotations

import re

__all__ = ["CHARACTER_NAMES", "FORBIDDEN_CLASS", "character_name", "first_forbidden"]

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
