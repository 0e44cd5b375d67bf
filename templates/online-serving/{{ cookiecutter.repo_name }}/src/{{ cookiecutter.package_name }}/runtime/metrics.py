"""What Prometheus scrapes. Labels never hold anybody's identity."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from typing import Any

import numpy as np
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from . import FloatArray, drift
from .model import Model
from .settings import Settings

__all__ = ["Metrics"]

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Metrics:
    """The service's counters and gauges, and the newest requests that the drift gauge reads."""

    def __init__(self, settings: Settings) -> None:
        self.registry = registry = CollectorRegistry()
        self._drift = settings.drift
        self.requests = Counter(
            "service_requests",
            "Answers by route and status code.",
            ["route", "status"],
            registry=registry,
        )
        self.seconds = Histogram(
            "service_request_seconds",
            "Time to answer.",
            ["route"],
            buckets=SECONDS,
            registry=registry,
        )
        self.score = Histogram(
            "service_score",
            "Scores given.",
            ["alias"],
            buckets=settings.service.score_buckets,
            registry=registry,
        )
        self.outside = Counter(
            "service_outside_training_range",
            "Requests with a feature outside the range of training.",
            ["feature"],
            registry=registry,
        )
        self.info = Gauge(
            "service_model_info",
            "1 for each version in use.",
            ["alias", "version"],
            registry=registry,
        )
        self.age = Gauge(
            "service_model_age_seconds", "Time since training.", ["alias"], registry=registry
        )
        self.ready = Gauge("service_ready", "1 when a champion is loaded.", registry=registry)
        self.reload_failures = Counter(
            "service_model_reload_failures",
            "Polls of the registry, or versions, that failed.",
            registry=registry,
        )
        self.dropped = Counter(
            "service_log_dropped", "Answers that the log could not keep.", registry=registry
        )
        self.log_failures = Counter(
            "service_log_write_failures", "Writes to the log that failed.", registry=registry
        )
        self.waiting = Gauge(
            "service_log_waiting", "Answers that wait for the disk.", registry=registry
        )
        self.psi = Gauge(
            "service_drift_psi",
            "Population stability index of the newest requests against training.",
            ["feature"],
            registry=registry,
        )
        self.window: deque[tuple[FloatArray, float]] = deque(maxlen=settings.drift.window_rows)

    def page(self, models: Mapping[str, Model]) -> bytes:
        """Return the exposition text, with ages and drift as of now."""
        now = time.time()
        for alias, model in models.items():
            self.age.labels(alias).set(now - model.created)
        if "champion" in models and len(self.window) >= self._drift.minimum_rows:
            self._measure_drift(models["champion"])
        return generate_latest(self.registry)

    def use(self, models: Mapping[str, Model]) -> None:
        """Say which versions are in use from now on."""
        self.info.clear()
        self.age.clear()
        for alias, model in models.items():
            self.info.labels(alias, model.version).set(1)
        self.ready.set("champion" in models)

    def _measure_drift(self, model: Model) -> None:
        newest = list(self.window)
        rows = np.concatenate([row for row, _ in newest])
        columns: dict[str, Any] = dict(zip(model.names, rows.T, strict=True))
        columns["score"] = np.array([score for _, score in newest])
        for finding in drift.compare(model.references, columns, limit=self._drift.psi_limit):
            self.psi.labels(finding.column).set(finding.psi)
