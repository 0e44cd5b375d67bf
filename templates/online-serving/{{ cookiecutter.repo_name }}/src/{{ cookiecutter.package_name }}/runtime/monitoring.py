"""What is watched: counters that Prometheus scrapes, and each feature's distance from training.

Labels never hold anybody's identity.
"""

from __future__ import annotations

import json
import math
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

from . import FloatArray
from .settings import Settings

if TYPE_CHECKING:  # a model reads its references here
    from .model import Model

__all__ = [
    "Finding",
    "Metrics",
    "Reference",
    "compare",
    "markdown",
    "read_references",
    "write_references",
]

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
BINS = 10
TOLERANCE = 0.1
SMALLEST_SHARE = 1e-4


class Metrics:
    """The service's counters and gauges, and the newest requests that the drift gauge reads."""

    def __init__(self, settings: Settings) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = registry = CollectorRegistry()
        self._drift = settings.drift
        counter, gauge = partial(Counter, registry=registry), partial(Gauge, registry=registry)
        histogram = partial(Histogram, registry=registry)
        buckets = settings.service.score_buckets
        self.requests = counter("service_requests", "Answers.", ["route", "status"])
        self.seconds = histogram(
            "service_request_seconds", "Time to answer.", ["route"], buckets=SECONDS
        )
        self.score = histogram("service_score", "Scores given.", ["alias"], buckets=buckets)
        self.outside = counter(
            "service_outside_training_range", "Values unlike those of training.", ["feature"]
        )
        self.info = gauge("service_model_info", "1 for what is in use.", ["alias", "version"])
        self.age = gauge("service_model_age_seconds", "Time since training.", ["alias"])
        self.ready = gauge("service_ready", "1 when a champion is loaded.")
        self.reload_failures = counter(
            "service_model_reload_failures", "Polls of the registry, or versions, that failed."
        )
        self.dropped = counter("service_log_dropped", "Answers that the log could not keep.")
        self.log_failures = counter("service_log_write_failures", "Failed writes to the log.")
        self.waiting = gauge("service_log_waiting", "Answers that wait for the disk.")
        self.psi = gauge("service_drift_psi", "Stability index of the newest.", ["feature"])
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
        for finding in compare(model.references, columns, limit=self._drift.psi_limit):
            self.psi.labels(finding.column).set(finding.psi)


{% include 'templates/_shared/drift.py' -%}
