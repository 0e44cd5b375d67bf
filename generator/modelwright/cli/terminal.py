"""What a command prints, and where: results on standard output, everything else beside it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TextIO

from modelwright.cli.json_document import json_document

_COLOURS: Final = {"red": "31", "green": "32", "yellow": "33", "dim": "2", "bold": "1"}


def painted(text: str, colour: str, stream: TextIO) -> str:
    """Return a text in colour where the stream is a terminal that wants colour."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not stream.isatty()
    return text if plain else f"\033[{_COLOURS[colour]}m{text}\033[0m"


def printable(text: str) -> str:
    """Return a text in which nothing commands a terminal."""
    return "".join(letter if letter.isprintable() else ascii(letter).strip("'") for letter in text)


@dataclass(frozen=True, kw_only=True)
class Terminal:
    """The streams of one command."""

    as_json: bool = False
    quiet: bool = False
    verbose: bool = False

    def say(self, text: str) -> None:
        """Print a line of the result; with `--json` the document stands alone."""
        if not self.as_json:
            sys.stdout.write(f"{text}\n")

    def document(self, content: Mapping[str, object]) -> None:
        """Print the result as JSON, where it was asked for."""
        if self.as_json:
            sys.stdout.write(json_document(content))

    def note(self, text: str) -> None:
        """Print a line beside the result."""
        if not self.quiet:
            sys.stderr.write(painted(f"note: {text}", "dim", sys.stderr) + "\n")

    def detail(self, text: str) -> None:
        """Print a line that only `--verbose` shows."""
        if self.verbose:
            sys.stderr.write(painted(text, "dim", sys.stderr) + "\n")
