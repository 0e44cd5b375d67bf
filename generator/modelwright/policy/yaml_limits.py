"""How deep and how large YAML from elsewhere may be: its C reader ends the process beyond that."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

__all__ = ["UNREADABLE", "excess", "expansion"]

LARGEST: Final = 5_000_000
DEEPEST: Final = 500
NODES: Final = 1_000_000
# What the YAML library raises, beside its own errors, for a text that its tag does not fit.
UNREADABLE: Final = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError)
# Python refuses to write longer integers in decimal.
_DIGITS: Final = 3500
_NUMBER: Final = re.compile(rf"(?<![0-9A-Fa-fXx_:])[0-9][0-9A-Fa-fXx_:]{{{_DIGITS}}}")
_BRACKETS: Final = re.compile(r"[\[\]{}]")
_INDICATORS: Final = re.compile(rf"(?:[-?:][ \t]+){{{DEEPEST}}}")


def excess(text: str) -> str:
    """Return why a YAML text is not read; nothing where it may be."""
    if len(text) > LARGEST:
        return f"it is larger than {LARGEST // 1_000_000} MB"
    if _depth(text) > DEEPEST or _INDICATORS.search(text):
        return f"it is nested more than {DEEPEST} levels deep"
    return f"it has a number of more than {_DIGITS:,} digits" if _NUMBER.search(text) else ""


def expansion(text: str, data: object) -> str:
    """Return why data is not used that stands for far more than its text; nothing where it may be.

    Args:
        text: The YAML text.
        data: What was read from it; an alias is the very object that its anchor names.
    """
    if "*" not in text or "&" not in text:
        return ""
    return f"its aliases stand for more than {NODES:,} values" if _size(data, {}) > NODES else ""


def _depth(text: str) -> int:
    if text.count("[") + text.count("{") <= DEEPEST:
        return 0
    depth = deepest = 0
    for found in _BRACKETS.finditer(text):
        depth = depth + 1 if found.group() in "[{" else max(depth - 1, 0)
        deepest = max(deepest, depth)
    return deepest


def _size(data: object, known: dict[int, int]) -> int:
    """Return the number of values with every alias written out; a circle counts as too many."""
    if not isinstance(data, Mapping | list | tuple | set):
        return 1
    if id(data) not in known:
        known[id(data)] = NODES + 1
        values = [*data, *data.values()] if isinstance(data, Mapping) else data
        known[id(data)] = min(1 + sum(_size(value, known) for value in values), NODES + 1)
    return known[id(data)]
