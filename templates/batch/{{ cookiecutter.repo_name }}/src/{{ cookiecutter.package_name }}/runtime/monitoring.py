"""What is watched between runs: drift, freshness, and how good the forecasts turned out to be.

Every verb leaves gauges in `metrics/<verb>.prom` of the data folder, and pushes them where a
gateway is configured.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from . import FloatArray, ProjectError, UseCase, backtest, contracts
from .forecasting import table
from .metrics import Gauges
from .model import Model
from .panel import DAY, SERIES, truths
from .scoring import forecasts, replace_file
from .settings import Settings

__all__ = [
    "Finding",
    "Reference",
    "compare",
    "describe",
    "drift",
    "feedback",
    "freshness",
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
    columns, forecast = table(loaded.fitted, settings, use_case, panel, day, since)
    watched = [feature.name for feature in loaded.fitted.features if feature.watched]
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
    (settings.environment.data / "drift.md").write_text(report, encoding="utf-8")
    return report, bool(strange) or any(finding.drifted for finding in findings)


def freshness(settings: Settings, use_case: UseCase, now: datetime) -> list[str]:
    """Say what is too old: the newest partition, and the newest day with a target.

    Returns:
        One sentence for each; empty where all is fresh.
    """
    limits, gauges = settings.freshness, Gauges(settings, "freshness")
    panel = contracts.read(settings, use_case)
    newest = contracts.newest_run_date(settings, panel) - timedelta(days=1 + settings.forecast.gap)
    input_days = (now.date() - newest).days
    gauges.set("batch_input_age_days", "Age of the newest day with a target.", input_days)
    late = []
    if input_days > limits.input_days:
        late.append(f"the newest day with a target is {newest}, {input_days} days ago")
    try:
        rows = forecasts(settings)
    except ProjectError as error:
        late.append(f"there is no forecast: {error.next_step}")
    else:
        late += _late_output(limits.output_hours, rows, now, gauges)
    gauges.set("batch_stale", "1 where something is too old.", bool(late))
    gauges.write()
    return late


def _late_output(hours: float, rows: pl.DataFrame, now: datetime, gauges: Gauges) -> list[str]:
    newest = rows.sort("run_date", "created_at").tail(1)
    last, made = newest.item(0, "run_date"), newest.item(0, "created_at")
    age = (now - datetime.fromisoformat(made)).total_seconds() / 3600
    day = datetime.combine(last, datetime.min.time(), UTC)
    gauges.set("batch_run_date_timestamp_seconds", "The newest run date.", day.timestamp())
    gauges.set("batch_output_age_hours", "Age of the newest forecast.", age)
    if age <= hours:
        return []
    return [f"the newest forecast is of {last} and was made {age:.0f} hours ago, limit {hours:.0f}"]


def feedback(settings: Settings, use_case: UseCase) -> dict[str, Mapping[str, float]]:
    """Join what turned out to be true to the forecasts, and measure them.

    Returns:
        Metrics by `all`, by segment and by method; also a table `feedback.parquet` by run date,
        and gauges.

    Raises:
        ProjectError: No forecast has its truth yet.
    """
    panel = contracts.checked(settings, use_case, contracts.read(settings, use_case)).panel
    names = settings.panel
    keys = [pl.col(key).cast(pl.String) for key in names.keys]
    rows = forecasts(settings).with_columns(
        pl.concat_str(keys, separator="\x1f").alias(SERIES), pl.col(names.time).alias(DAY)
    )
    joined = rows.join(truths(settings, panel), on=[SERIES, DAY])
    if joined.is_empty():
        raise ProjectError(
            "no forecast has its truth yet",
            next_step="wait for the panel to grow, or backfill days of the past",
            code=3,
        )
    by_day = [
        {"run_date": day, "model_version": version, "rows": part.height}
        | backtest.measure(settings, use_case, part)
        for (day, version), part in joined.group_by("run_date", "model_version")
    ]
    table_of_days = pl.DataFrame(by_day).sort("run_date", "model_version")
    replace_file(settings.environment.data / "feedback.parquet", table_of_days)
    found = backtest.measure_all(settings, use_case, joined)
    gauges = Gauges(settings, "feedback")
    for part, values in found.items():
        for metric, value in values.items():
            gauges.set("batch_kpi", "How good forecasts were.", value, metric=metric, segment=part)
    gauges.write()
    return found


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
