"""What a run says while it works: log lines for machines, a progress bar for a person."""

from __future__ import annotations

import json
import logging
import sys
import time
from typing import TextIO

__all__ = ["Progress", "set_up"]

WIDTH = 24


class _Json(logging.Formatter):
    """One JSON object a line, which every log collector reads."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line)


def set_up(*, machine: bool) -> None:
    """Send log lines to stderr: JSON where a machine reads them."""
    logging.Formatter.converter = time.gmtime
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(message)s", force=True)
    if machine:
        logging.getLogger().handlers[0].setFormatter(_Json())
    for loud in ("alembic", "mlflow", "matplotlib"):
        logging.getLogger(loud).setLevel(logging.WARNING)


class Progress:
    """Steps of a run: a bar on a terminal, a log line elsewhere.

    Args:
        steps: How many there will be; 0 where nobody knows.
        stream: Where a person looks.
    """

    def __init__(self, steps: int = 0, stream: TextIO = sys.stderr) -> None:
        self._steps = steps
        self._done = 0
        self._stream = stream
        self._terminal = stream.isatty()

    def say(self, what: str) -> None:
        """Begin the next step."""
        if not self._terminal:
            logging.getLogger(__name__).debug(what)
            return
        share = self._done / max(self._steps, self._done, 1)
        bar = ("#" * round(share * WIDTH)).ljust(WIDTH, "-")
        self._stream.write(f"\r\x1b[2K[{bar}] {what}")
        self._stream.flush()
        self._done += 1

    def end(self) -> None:
        """Leave an empty line behind."""
        if self._terminal:
            self._stream.write("\r\x1b[2K")
            self._stream.flush()
