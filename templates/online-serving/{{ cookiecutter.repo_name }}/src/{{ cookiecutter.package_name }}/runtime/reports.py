"""What the log says afterwards: drift against training, and quality once outcomes are known."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

from . import ProjectError, UseCase, drift, passport
from .log import Store
from .promotion import CHAMPION
from .registry import Registry
from .settings import Settings

__all__ = ["drift_report", "feedback", "trace"]


def drift_report(settings: Settings, registry: Registry, *, hours: float) -> tuple[str, bool]:
    """Compare what the champion answered lately with what it was trained on.

    Args:
        settings: The project's configuration.
        registry: Where the champion's training data is described.
        hours: How far to look back.

    Returns:
        The report, also written to `drift.md` in the data folder, and whether anything drifted.
    """
    champion = registry.version_of(CHAMPION)
    if champion is None:
        raise ProjectError("there is no champion", next_step="run `uv run poe promote VERSION`")
    folder = registry.files(champion)
    with closing(Store(settings)) as store:
        found = store.scored(since=time.time() - hours * 3600.0, version=champion)
    if len(found) < settings.drift.minimum_rows:
        return f"{len(found)} answers of version {champion}: too few for a verdict\n", False
    columns = {
        name: np.array([features[name] for features, _ in found], dtype=np.float64)
        for name in passport.read(folder)["features"]
    }
    columns["score"] = np.array([score for _, score in found])
    references = drift.read(folder / "reference.json")
    findings = drift.compare(references, columns, limit=settings.drift.psi_limit)
    report = drift.markdown(findings, rows=len(found), version=champion)
    (settings.environment.data / "drift.md").write_text(report, encoding="utf-8")
    return report, any(finding.drifted for finding in findings)


def feedback(settings: Settings, use_case: UseCase[Any, BaseModel], labels: Path) -> Iterator[str]:
    """Join outcomes to the answers in the log and measure each version by them.

    Args:
        settings: The project's configuration.
        use_case: Your five functions.
        labels: CSV file with the columns request_id and label.

    Yields:
        Lines for a person.
    """
    known = _labels(labels)
    with closing(Store(settings)) as store:
        yield f"{store.label(known)} of {len(known)} outcomes joined to answers"
        by_version: dict[str, list[tuple[float, float]]] = {}
        for version, score, label in store.labelled():
            by_version.setdefault(version, []).append((score, label))
    for version, rows in sorted(by_version.items()):
        scores, outcomes = np.array(rows).T
        for name, value in use_case.evaluate(outcomes, scores).items():
            yield f"version {version}, {len(rows)} outcomes: {name} {value:.4f}"


def trace(registry: Registry, version: str) -> str:
    """Return where a version came from, who met it and what the gate said, as JSON."""
    papers = passport.read(registry.files(version))
    bears = [alias for alias, one in registry.aliases().items() if one == version]
    tags = registry.tags_of(version)
    return json.dumps({"version": version, "aliases": bears, **papers, "tags": tags}, indent=2)


def _labels(path: Path) -> list[tuple[str, float]]:
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            return [(row["request_id"], float(row["label"])) for row in csv.DictReader(lines)]
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise ProjectError(
            f"{path} cannot be read as outcomes: {error}",
            next_step="give a CSV file with the columns request_id and label (a number)",
            code=3,
        ) from error
