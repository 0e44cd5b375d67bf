"""What a run says: log lines and gauges for machines, a progress bar for a person."""

from __future__ import annotations

import json
import logging
import sys
import time
from typing import TextIO
from urllib.error import URLError

from prometheus_client import CollectorRegistry, Gauge, push_to_gateway, write_to_textfile

from . import ProjectError
from .settings import Settings

__all__ = ["JOB", "Gauges", "Progress", "set_up"]

JOB = "{{ cookiecutter.repo_name }}"
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


class Gauges:
    """What one verb leaves behind: a file that a collector picks up, and a push to a gateway.

    Args:
        settings: The project's configuration.
        verb: Names the file.
    """

    def __init__(self, settings: Settings, verb: str) -> None:
        self._environment = settings.environment
        self._verb = verb
        self._registry = CollectorRegistry()
        self._gauges: dict[str, Gauge] = {}
        self._began = time.time()

    def set(self, name: str, says: str, value: float, **labels: str) -> None:
        """Set one gauge."""
        if name not in self._gauges:
            self._gauges[name] = Gauge(name, says, list(labels), registry=self._registry)
        gauge = self._gauges[name]
        (gauge.labels(**labels) if labels else gauge).set(value)

    def write(self) -> None:
        """Write the file, in one move, and push.

        Raises:
            ProjectError: The disk or the gateway refuses.
        """
        now = time.time()
        verb = self._verb
        self.set("batch_success_timestamp_seconds", "When it last ended well.", now, verb=verb)
        self.set("batch_duration_seconds", "How long it took.", now - self._began, verb=verb)
        folder = self._environment.data / "metrics"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_to_textfile(str(folder / f"{self._verb}.prom"), self._registry)
            if self._environment.gateway:
                where = {"verb": self._verb}
                push_to_gateway(self._environment.gateway, JOB, self._registry, where)
        except (OSError, URLError) as error:
            raise ProjectError(
                f"the gauges of {self._verb} cannot be kept: {error}",
                next_step="see the disk, or BATCH_PUSHGATEWAY; the run itself is done",
            ) from error
