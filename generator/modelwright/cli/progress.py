"""Shows how far a command is, on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from modelwright.cli.terminal import Terminal

_WIDTH = 20


@contextmanager
def following(total: int, terminal: Terminal) -> Iterator[Callable[[str], None]]:
    """Yield what tells the next of `total` steps: a bar on a terminal, lines with `--verbose`."""
    done = 0
    drawn = sys.stderr.isatty() and not (terminal.quiet or terminal.verbose)

    def tell(step: str) -> None:
        nonlocal done
        if drawn:
            bar = "█" * (_WIDTH * done // total)
            sys.stderr.write(f"\r\033[K[{bar:<{_WIDTH}}] {step}")
            sys.stderr.flush()
        terminal.detail(step)
        done += 1

    try:
        yield tell
    finally:
        if drawn:
            sys.stderr.write("\r\033[K")
