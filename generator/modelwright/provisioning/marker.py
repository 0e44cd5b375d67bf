"""What says on a repository that modelwright is making it, or has made it."""

from __future__ import annotations

import re
from typing import Final

from modelwright.policy.text import LONGEST_DESCRIPTION

__all__ = ["VARIABLE", "marked", "run_of", "trailer"]

VARIABLE: Final = "MODELWRIGHT_CREATION"
_MARK: Final = re.compile(r"\[modelwright: being created, run ([0-9a-f]{8,32})\] ?")


def marked(description: str, run: str) -> str:
    """Return the description of a repository that a run is making, cut to what GitHub takes."""
    return f"[modelwright: being created, run {run}] {description}"[:LONGEST_DESCRIPTION].rstrip()


def run_of(description: str | None) -> str:
    """Return the run that is making a repository; empty where none is."""
    found = _MARK.match(description or "")
    return found[1] if found else ""


def trailer(run: str) -> str:
    """Return the last line of the first commit's message."""
    return f"Modelwright-Run: {run}"
