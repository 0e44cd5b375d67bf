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


{% include 'templates/_shared/drift.py' -%}
