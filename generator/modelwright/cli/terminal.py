"""What a command prints, and where: results on standard output, everything else beside it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, TextIO

from modelwright.cli.status_cache import json_document

_BAR_WIDTH: Final = 20
_COLOURS: Final = {"red": "31", "green": "32", "yellow": "33", "dim": "2", "bold": "1"}


def paint(text: str, colour: str, stream: TextIO) -> str:
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
            sys.stderr.write(paint(f"note: {text}", "dim", sys.stderr) + "\n")

    def detail(self, text: str) -> None:
        """Print a line that only `--verbose` shows."""
        if self.verbose:
            sys.stderr.write(paint(text, "dim", sys.stderr) + "\n")


@contextmanager
def progress(total: int, terminal: Terminal) -> Iterator[Callable[[str], None]]:
    """Yield what tells the next of `total` steps: a bar on a terminal, lines with `--verbose`."""
    done = 0
    drawn = sys.stderr.isatty() and not (terminal.quiet or terminal.verbose)

    def tell(step: str) -> None:
        nonlocal done
        if drawn:
            bar = "█" * (_BAR_WIDTH * done // total)
            sys.stderr.write(f"\r\033[K[{bar:<{_BAR_WIDTH}}] {step}")
            sys.stderr.flush()
        terminal.detail(step)
        done += 1

    try:
        yield tell
    finally:
        if drawn:
            sys.stderr.write("\r\033[K")
