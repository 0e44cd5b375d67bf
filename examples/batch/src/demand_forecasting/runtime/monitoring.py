"""Drift: how far the newest days, and what is forecast from them, are from training."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from . import FloatArray, UseCase, contracts
from .forecasting import table
from .log import Gauges
from .model import Model
from .panel import parts
from .scoring import replace_file, writing
from .settings import Settings

__all__ = [
    "Finding",
    "Reference",
    "compare",
    "describe",
    "drift",
    "markdown",
    "read_references",
    "write_references",
]

BINS = 10
TOLERANCE = 0.1
SMALLEST_SHARE = 1e-4
KNOWN = "known.json"


def describe(
    settings: Settings,
    folder: Path,
    columns: pl.DataFrame,
    panel: pl.DataFrame,
    scored: pl.DataFrame,
) -> None:
    """Write beside a version how its features and forecasts are distributed, and its keys."""
    found = {name: Reference.of(_numbers(columns, name)) for name in columns.columns}
    found["forecast"] = Reference.of(_numbers(scored, "forecast"))
    write_references(folder / "reference.json", found)
    names = settings.panel
    seen = {
        name: sorted(panel.get_column(name).cast(pl.String).unique().drop_nulls())
        for name in dict.fromkeys((*names.keys, names.segment))
    }
    (folder / KNOWN).write_text(json.dumps(seen), encoding="utf-8")


def drift(
    settings: Settings, use_case: UseCase, loaded: Model, folder: Path, as_of: date | None
) -> tuple[str, bool]:
    """Compare the newest days with what a version was trained on.

    Args:
        settings: The project's configuration.
        use_case: Your five functions.
        loaded: The version.
        folder: Its files.
        as_of: The run date; the configured one where not given.

    Returns:
        The report, also written to `drift.md`, and whether anything drifted.
    """
    panel, day = contracts.opened(settings, use_case, as_of)
    since = day - timedelta(days=settings.drift.window_days + settings.forecast.gap)
    each = list(parts(loaded.fitted, settings, panel))
    seen = [table(fitted, settings, use_case, own, day, since) for fitted, own in each]
    columns = pl.concat([rows.select(seen[0][0].columns) for rows, _ in seen])
    forecast = np.concatenate([said for _, said in seen])
    watched = [feature.name for feature in each[0][0].features if feature.watched]
    live = {name: _numbers(columns, name) for name in watched}
    live["forecast"] = forecast
    limit = settings.drift.psi_limit
    findings = compare(read_references(folder / "reference.json"), live, limit=limit)
    unseen = _unseen(folder, panel.filter(pl.col(settings.panel.time) >= since))
    _keep(settings, findings, unseen, day)
    report = markdown(findings, rows=columns.height, version=loaded.version)
    strange = {n: s for n, s in unseen.items() if s > settings.drift.unseen_limit}
    report += "".join(
        f"\n{share:.1%} of the rows have a {name} that training never saw"
        f" (limit {settings.drift.unseen_limit:.1%}).\n"
        for name, share in strange.items()
    )
    path = settings.environment.data / "drift.md"
    with writing(path):
        path.write_text(report, encoding="utf-8")
    return report, bool(strange) or any(finding.drifted for finding in findings)


def _unseen(folder: Path, rows: pl.DataFrame) -> dict[str, float]:
    seen = json.loads((folder / KNOWN).read_text(encoding="utf-8"))
    return {
        name: int((~rows.get_column(name).cast(pl.String).is_in(values)).sum()) / rows.height
        for name, values in seen.items()
        if name in rows.columns and rows.height
    }


def _keep(
    settings: Settings, findings: Sequence[Finding], unseen: Mapping[str, float], day: date
) -> None:
    rows = [{"run_date": day, **asdict(finding)} for finding in findings]
    replace_file(
        settings.environment.data / "drift" / f"run_date={day}" / "drift.parquet",
        pl.DataFrame(rows),
    )
    gauges = Gauges(settings, "drift")
    for finding in findings:
        name = finding.column
        gauges.set("batch_drift_psi", "Stability index.", finding.psi, column=name)
        gauges.set("batch_drift_ks", "Distance of distributions.", finding.ks, column=name)
    for name, share in unseen.items():
        gauges.set("batch_unseen_share", "Rows with an unseen key.", share, column=name)
    gauges.set("batch_drifted", "Columns above the limit.", sum(f.drifted for f in findings))
    gauges.write()


def _numbers(frame: pl.DataFrame, name: str) -> FloatArray:
    return frame.get_column(name).cast(pl.Float64).to_numpy()


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
