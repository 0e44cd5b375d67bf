"""Gauges of a run: a file that a collector picks up, and a push where there is a gateway."""

from __future__ import annotations

import time
from urllib.error import URLError

from prometheus_client import CollectorRegistry, Gauge, push_to_gateway, write_to_textfile

from . import ProjectError
from .settings import Settings

__all__ = ["JOB", "Gauges"]

JOB = "{{ cookiecutter.repo_name }}"


class Gauges:
    """What one verb leaves behind.

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
