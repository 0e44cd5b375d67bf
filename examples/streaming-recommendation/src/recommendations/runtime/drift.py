"""How far what happens now is from what the champion was trained on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from . import FloatArray, ProjectError, UseCase
from .model import Model
from .monitoring import Finding, Reference, compare, markdown
from .settings import Settings
from .state import Store

if TYPE_CHECKING:  # MLflow takes a second to import
    from .registry import Registry

__all__ = ["drift", "found_drift", "references"]

SAMPLED_USERS = 2000


def references(
    counts: Mapping[str, float], lengths: Sequence[float], popular: Sequence[str]
) -> dict[str, Reference]:
    """Describe training: how popular what is looked at is, and how long states are.

    Args:
        counts: Weight of each item.
        lengths: Number of events in each user's state.
        popular: Items by weight, most first.
    """
    columns = {"popularity": _ranks(counts, popular), "history": np.array(lengths)}
    return {name: Reference.of(column) for name, column in columns.items()}


def _ranks(counts: Mapping[str, float], popular: Sequence[str]) -> FloatArray:
    """Return the place in training of every item looked at, as often as it counts; NaN if new."""
    rank = {item: float(place) for place, item in enumerate(popular)}
    places = np.array([rank.get(item, math.nan) for item in counts], dtype=np.float64)
    return np.repeat(places, np.rint(list(counts.values())).astype(np.int64))


def drift(
    settings: Settings, registry: Registry, store: Store, use_case: UseCase[Any, Any]
) -> tuple[str, bool]:
    """Compare what the store counted and knows with what the champion was trained on.

    Returns:
        The report, also written to `drift.md` in the data folder, and whether anything drifted.
    """
    champion = registry.version_of("champion")
    if champion is None:
        raise ProjectError("there is no champion", next_step="run `uv run poe promote VERSION`")
    loaded = Model(champion, registry.files(champion))
    findings, rows = found_drift(settings, loaded, store, use_case)
    if not findings:
        return f"{rows} events counted: too few for a verdict\n", False
    report = markdown(findings, rows=rows, version=champion)
    (settings.environment.data / "drift.md").write_text(report, encoding="utf-8")
    return report, any(finding.drifted for finding in findings)


def found_drift(
    settings: Settings, champion: Model, store: Store, use_case: UseCase[Any, Any]
) -> tuple[list[Finding], int]:
    """Return each column's distance from training, and how many events that is from.

    Nothing is found where they are fewer than `[drift] minimum_rows`.
    """
    counts: dict[str, float] = {}
    for bucket in store.counts().values():
        for item, count in bucket.items():
            counts[item] = counts.get(item, 0.0) + count
    ranks = _ranks(counts, champion.popular)
    if len(ranks) < settings.drift.minimum_rows:
        return [], len(ranks)
    keys = list(islice(store.keys(), SAMPLED_USERS))
    load = use_case.state_type.load
    lengths = [float(len(load(kept).recent)) for kept in store.get_many(keys).values()]
    columns = {"popularity": ranks, "history": np.array(lengths, dtype=np.float64)}
    return compare(champion.references, columns, limit=settings.drift.psi_limit), len(ranks)
