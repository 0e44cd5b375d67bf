"""What is watched: counters that Prometheus scrapes, and each column's distance from training.

Labels never hold anybody's identity.
"""

from __future__ import annotations

import json
import logging
import math
import sys
import threading
import time
from collections import Counter as Tally
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:  # a model reads its references here, and a worker counts here
    from .folding import Folded
    from .model import Model

__all__ = [
    "Finding",
    "Metrics",
    "Reference",
    "WorkerMetrics",
    "compare",
    "log_as_json",
    "markdown",
    "read_references",
    "write_references",
]

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
NEWEST_ANSWERS = 1000
SILENCE = 60.0
BINS = 10
TOLERANCE = 0.1
SMALLEST_SHARE = 1e-4


class Metrics:
    """The service's counters and gauges."""

    def __init__(self, settings: Settings) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = registry = CollectorRegistry()
        self._limit = settings.drift.psi_limit
        counter, gauge = partial(Counter, registry=registry), partial(Gauge, registry=registry)
        histogram = partial(Histogram, registry=registry)
        self.requests = counter("service_requests", "Answers.", ["route", "status"])
        self.seconds = histogram(
            "service_request_seconds", "Time to answer.", ["route"], buckets=SECONDS
        )
        self.store_seconds = histogram(
            "service_store_seconds", "Time that the store takes.", buckets=SECONDS
        )
        self.fallbacks = counter(
            "service_fallbacks", "Answers without the user's state or a model.", ["reason"]
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
        self.distinct = gauge(
            "service_distinct_items", "Share of the model's items among the newest answers."
        )
        self.psi = gauge("service_drift_psi", "Stability index of the newest.", ["feature"])
        self.arm_users = gauge("service_arm_users", "Users who met an arm.", ["arm"])
        self.imbalance = gauge(
            "service_sample_ratio_deviations", "Deviations of the arms' sizes from their share."
        )
        self.shown: deque[tuple[str, ...]] = deque(maxlen=NEWEST_ANSWERS)

    def page(self, models: Mapping[str, Model]) -> bytes:
        """Return the exposition text, with ages and coverage as of now."""
        now = time.time()
        for alias, model in models.items():
            self.age.labels(alias).set(now - model.created)
        if "champion" in models and self.shown:
            several = {item for items in list(self.shown) for item in items}
            self.distinct.set(len(several) / max(1, models["champion"].items))
        return generate_latest(self.registry)

    def use(self, models: Mapping[str, Model]) -> None:
        """Say which versions are in use from now on."""
        self.info.clear()
        self.age.clear()
        for alias, model in models.items():
            self.info.labels(alias, model.version).set(1)
        self.ready.set("champion" in models)

    def drift(self, findings: Sequence[Finding]) -> None:
        """Show how far the newest events are from those of training."""
        for finding in findings:
            self.psi.labels(finding.column).set(finding.psi)


class WorkerMetrics:
    """The worker's counters and gauges, and whether it lives.

    Attributes:
        turned: When the loop last turned, by the monotonic clock, in seconds.
        ready: Whether partitions are assigned and the store answers.
    """

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = registry = CollectorRegistry()
        counter, gauge = partial(Counter, registry=registry), partial(Gauge, registry=registry)
        histogram = partial(Histogram, registry=registry, buckets=SECONDS)
        self.events = counter("worker_events", "Messages by what became of them.", ["outcome"])
        self.letters = counter("worker_dead_letters", "Messages that are no events.", ["reason"])
        self.lag_events = gauge("worker_lag_events", "Messages that wait.", ["partition"])
        self.lag_seconds = gauge("worker_lag_seconds", "Age of what is folded, if more waits.")
        self.batch_seconds = histogram("worker_batch_seconds", "Time to fold and write a batch.")
        self.latency = histogram(
            "worker_event_to_state_seconds", "From the broker to the state, the oldest of a batch."
        )
        self.store_failures = counter("worker_store_failures", "Batches that were not written.")
        self.fenced = counter("worker_fenced", "Batches that another worker was ahead of.")
        self.rebalances = counter("worker_rebalances", "Times that partitions were assigned.")
        self.states = gauge("worker_states_in_memory", "Users whose state is at hand.")
        self.turned = time.monotonic()
        self.ready = False
        self.counts: Tally[str] = Tally()
        self._newest = 0

    def batch(
        self, folded: Folded, *, seconds: float, stamps: tuple[int, int], states: int
    ) -> None:
        """Count a batch that was written.

        Args:
            folded: What became of its messages.
            seconds: Time to fold and write it.
            stamps: When its first and last message reached the broker, in milliseconds.
            states: How many states are at hand.
        """
        dead = len(folded.dead)
        for outcome, many in (
            ("folded", folded.folded),
            ("unchanged", folded.unchanged),
            ("dead", dead),
        ):
            self.events.labels(outcome).inc(many)
            self.counts[outcome] += many
        self.batch_seconds.observe(seconds)
        self.latency.observe(max(0.0, time.time() - stamps[0] / 1000.0))
        self.states.set(states)
        self._newest = max(self._newest, stamps[1])

    def dead(self, reason: str) -> None:
        """Count a dead letter."""
        self.letters.labels(reason).inc()

    def lag(self, partition: int, behind: int) -> None:
        """Show how many messages of a partition wait."""
        self.lag_events.labels(str(partition)).set(behind)

    def behind(self, messages: int) -> float:
        """Show and return by how many seconds the worker lags, where `messages` wait in all."""
        seconds = max(0.0, time.time() - self._newest / 1000.0) if messages else 0.0
        self.lag_seconds.set(seconds)
        return seconds

    def page(self) -> bytes:
        """Return the exposition text."""
        return generate_latest(self.registry)

    def serve(self, host: str, port: int) -> ThreadingHTTPServer:
        """Answer /healthz, /readyz and /metrics from a thread; `shutdown` ends it."""
        answers: dict[str, Callable[[], tuple[int, bytes]]] = {
            "/healthz": lambda: _said(time.monotonic() - self.turned < SILENCE),
            "/readyz": lambda: _said(self.ready),
            "/metrics": lambda: (200, self.page()),
        }

        class Door(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                code, body = answers.get(self.path, lambda: (404, b"nothing is here"))()
                self.send_response(code)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer((host, port), Door)
        threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
        return server


def log_as_json() -> None:
    """Write each log line as one JSON object, as log collectors want it."""
    logging.raiseExceptions = False
    lines = logging.StreamHandler(sys.stdout)
    lines.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[lines], force=True)


class JsonLines(logging.Formatter):
    """One JSON object per line, as log collectors want it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON."""
        line = {
            "at": self.formatTime(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line)


def _said(good: bool) -> tuple[int, bytes]:
    return (200, b"ok") if good else (503, b"not now")


@dataclass(frozen=True, slots=True)
class Reference:
    """How one column was distributed in training.

    Attributes:
        low: Smallest value seen.
        high: Largest value seen.
        edges: Inner edges of the bins, ascending.
        shares: Share of the rows in each bin and, last, without a value; sums to 1.
        quantiles: 101 percentiles.
    """

    low: float
    high: float
    edges: tuple[float, ...]
    shares: tuple[float, ...]
    quantiles: tuple[float, ...]

    @classmethod
    def of(cls, column: FloatArray) -> Reference:
        """Describe a training column of shape `(n_rows,)`; NaN stands for no value."""
        known = column[~np.isnan(column)]
        known = known if len(known) else np.zeros(1)
        distinct = np.unique(known)
        if len(distinct) <= BINS:
            inner = (distinct[1:] + distinct[:-1]) / 2.0
        else:
            inner = np.unique(np.quantile(known, np.arange(1, BINS) / BINS))
        edges = tuple(inner.tolist())
        return cls(
            low=float(known.min()),
            high=float(known.max()),
            edges=edges,
            shares=_shares(column, edges),
            quantiles=tuple(np.quantile(known, np.linspace(0, 1, 101)).tolist()),
        )

    def knows(self, value: float) -> bool:
        """Say whether training saw such a value: its range and a tenth; NaN, if it had any."""
        if math.isnan(value):
            return self.shares[-1] > 0
        slack = TOLERANCE * (self.high - self.low)
        return self.low - slack <= value <= self.high + slack


@dataclass(frozen=True, slots=True)
class Finding:
    """One column, then and now.

    Attributes:
        psi: Population stability index; 0 for the same distribution.
        ks: Largest distance between the two cumulative distributions, in [0, 1].
        without_value: Share of the rows that have no value.
        unseen: Share of the rows outside the range of training.
        drifted: Whether the index is above the configured limit.
    """

    column: str
    psi: float
    ks: float
    without_value: float
    unseen: float
    drifted: bool


def compare(
    references: Mapping[str, Reference], table: Mapping[str, FloatArray], *, limit: float
) -> list[Finding]:
    """Compare live columns with the ones in training.

    Args:
        references: By column.
        table: Live columns by name, each of shape `(n_rows,)`.
        limit: The index from which a column counts as drifted.
    """
    return [
        _finding(name, references[name], column, limit)
        for name, column in table.items()
        if len(column) and name in references
    ]


def write_references(path: Path, references: Mapping[str, Reference]) -> None:
    """Write references as JSON."""
    path.write_text(json.dumps({n: asdict(r) for n, r in references.items()}), encoding="utf-8")


def read_references(path: Path) -> dict[str, Reference]:
    """Read what `write_references` wrote."""
    stored = json.loads(path.read_text(encoding="utf-8"))
    return {
        name: Reference(
            low=one["low"],
            high=one["high"],
            edges=tuple(one["edges"]),
            shares=tuple(one["shares"]),
            quantiles=tuple(one["quantiles"]),
        )
        for name, one in stored.items()
    }


def markdown(findings: Sequence[Finding], *, rows: int, version: str) -> str:
    """Return the report that a person reads, and that goes into an issue."""
    lines = [
        f"# Drift of {rows} rows against the training data of version {version}",
        "",
        "| column | PSI | KS | without value | unseen | verdict |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {f.column} | {f.psi:.3f} | {f.ks:.3f} | {f.without_value:.1%} | {f.unseen:.1%} "
        f"| {'drifted' if f.drifted else 'stable'} |"
        for f in findings
    ]
    return "\n".join(lines) + "\n"


def _finding(name: str, then: Reference, column: FloatArray, limit: float) -> Finding:
    now = np.array(_shares(column, then.edges))
    index = _psi(np.array(then.shares), now)
    known = np.sort(column[~np.isnan(column)])
    unseen = float(np.mean((known < then.low) | (known > then.high))) if len(known) else 0.0
    return Finding(
        column=name,
        psi=index,
        ks=_ks(np.array(then.quantiles), known),
        without_value=float(now[-1]),
        unseen=unseen,
        drifted=index > limit,
    )


def _shares(column: FloatArray, edges: Sequence[float]) -> tuple[float, ...]:
    empty = np.isnan(column)
    bins = np.searchsorted(np.array(edges), column[~empty], side="left")
    counts = np.append(np.bincount(bins, minlength=len(edges) + 1), empty.sum())
    return tuple((counts / max(len(column), 1)).tolist())


def _psi(then: FloatArray, now: FloatArray) -> float:
    then, now = np.maximum(then, SMALLEST_SHARE), np.maximum(now, SMALLEST_SHARE)
    return float(np.sum((now - then) * np.log(now / then)))


def _ks(quantiles: FloatArray, known: FloatArray) -> float:
    if not len(known):
        return 1.0
    then = np.searchsorted(quantiles, quantiles, side="right") / len(quantiles)
    now = np.searchsorted(known, quantiles, side="right") / len(known)
    return float(np.max(np.abs(then - now)))
