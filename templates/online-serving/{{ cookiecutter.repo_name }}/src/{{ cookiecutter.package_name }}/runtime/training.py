"""From examples to the version that answers: training, the gate, promotion, and the way back."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import lightgbm as lgb
import numpy as np
from pydantic import BaseModel

from . import Examples, FloatArray, ProjectError, UseCase, model
from .monitoring import Reference, write_references
from .registry import Registry
from .settings import Settings

__all__ = [
    "CHALLENGER",
    "CHAMPION",
    "PREVIOUS",
    "Split",
    "Verdict",
    "gate",
    "promote",
    "rollback",
    "split",
    "train",
]

CHAMPION = "champion"
CHALLENGER = "challenger"
PREVIOUS = "previous"


@dataclass(frozen=True, slots=True)
class Split:
    """Features and target of the older examples, and of the newest, which training never sees.

    Attributes:
        table: Shape `(n_train, n_features)`.
        target: Shape `(n_train,)`.
        held_table: Shape `(n_held, n_features)`.
        held_target: Shape `(n_held,)`.
    """

    table: FloatArray
    target: FloatArray
    held_table: FloatArray
    held_target: FloatArray
    held: Examples[Any]


def split(settings: Settings, use_case: UseCase[Any, BaseModel], seed: int, rows: int) -> Split:
    """Make the examples of `seed` and split them by time."""
    examples = use_case.examples(seed, rows)
    values = model.table(use_case, examples.requests, settings.feature_names)
    cut = round(len(values) * (1 - settings.training.holdout))
    if not 0 < cut < len(values):
        raise ProjectError(
            f"{len(values)} examples cannot be split", next_step="ask data.py for more rows"
        )
    return Split(
        table=values[:cut],
        target=examples.target[:cut],
        held_table=values[cut:],
        held_target=examples.target[cut:],
        held=Examples(examples.requests[cut:], examples.target[cut:]),
    )


def train(
    settings: Settings,
    use_case: UseCase[Any, BaseModel],
    registry: Registry,
    *,
    seed: int | None = None,
    rows: int | None = None,
) -> str:
    """Train and register one version; nobody meets it until it is promoted.

    Args:
        settings: The project's configuration.
        use_case: Your five functions.
        registry: Where the version goes.
        seed: Of the examples and the fit; the configured one where not given.
        rows: How many examples; the configured number where not given.

    Returns:
        The new version.
    """
    seed = settings.training.seed if seed is None else seed
    rows = settings.training.rows if rows is None else rows
    parts = split(settings, use_case, seed, rows)
    booster = use_case.fit(parts.table, parts.target, seed=seed)
    predicted = np.asarray(booster.predict(parts.held_table, num_threads=1), dtype=np.float64)
    metrics = dict(use_case.evaluate(parts.held_target, predicted))
    parameters = {**booster.params, "trees": booster.num_trees()}
    run_id = registry.open_run({**parameters, "rows": rows, "seed": seed})
    facts = {"run_id": run_id, "seed": seed, "metrics": metrics, "parameters": parameters}
    papers = model.issue_passport(settings.root, {**facts, **_data_facts(settings, parts, rows)})
    papers["model"] = registry.model
    with TemporaryDirectory() as folder:
        _write(Path(folder), booster, papers)
        _describe(Path(folder), settings, parts)
        return registry.register(Path(folder), run_id=run_id, metrics=metrics, tags=_tags(papers))


def _data_facts(settings: Settings, parts: Split, rows: int) -> dict[str, Any]:
    names = settings.feature_names
    return {
        "data_sha256": model.fingerprint(parts.table, parts.target, names),
        "data_rows": rows,
        "features": list(names),
    }


def _write(folder: Path, booster: lgb.Booster, papers: Mapping[str, Any]) -> None:
    booster.save_model(folder / "model.lgb")
    (folder / "passport.json").write_text(json.dumps(papers, indent=2), encoding="utf-8")
    (folder / "MLmodel").write_text(_mlmodel(papers), encoding="utf-8")


def _mlmodel(papers: Mapping[str, Any]) -> str:
    """Return what MLflow itself, and Unity Catalog, want to know of the version: YAML as JSON."""
    columns = [{"type": "double", "name": name, "required": True} for name in papers["features"]]
    score = [{"type": "double", "name": "score", "required": True}]
    return json.dumps(
        {
            "run_id": papers["run_id"],
            "flavors": {
                "lightgbm": {
                    "data": "model.lgb",
                    "lgb_version": papers["packages"]["lightgbm"],
                    "model_class": "lightgbm.basic.Booster",
                }
            },
            "signature": {"inputs": json.dumps(columns), "outputs": json.dumps(score)},
        }
    )


def _describe(folder: Path, settings: Settings, parts: Split) -> None:
    predict = lgb.Booster(model_file=folder / "model.lgb").predict
    columns = dict(zip(settings.feature_names, parts.table.T, strict=True))
    columns["score"] = np.asarray(predict(parts.held_table, num_threads=1))
    write_references(
        folder / "reference.json", {n: Reference.of(column) for n, column in columns.items()}
    )
    newest = slice(-model.GOLDEN_ROWS, None)
    golden = model.golden_rows(
        parts.held.requests[newest],
        parts.held_table[newest],
        columns["score"][newest],
        mask=settings.privacy.mask,
    )
    (folder / "golden.json").write_text(golden, encoding="utf-8")


def _tags(papers: Mapping[str, Any]) -> dict[str, str]:
    wanted = ("commit", "dirty", "template_version", "lock_sha256", "data_sha256")
    return {name: str(papers[name]) for name in wanted}


{% include 'templates/_shared/verdict.py' %}

def gate(
    settings: Settings, use_case: UseCase[Any, BaseModel], registry: Registry, version: str
) -> Verdict:
    """Judge a version by its passport, and against the champion on the same held-out rows."""
    papers = model.read_passport(registry.files(version))
    lacking = model.missing(papers, strict=settings.environment.strict)
    metric = settings.gate.metric
    if metric not in (papers.get("metrics") or {}):
        lacking.append(f"metrics.{metric}")
    if lacking:
        return Verdict(False, f"its passport lacks {', '.join(lacking)}")
    if tuple(papers["features"]) != settings.feature_names:
        return Verdict(False, "it was trained on other features than config/features.toml names")
    held = split(settings, use_case, papers["seed"], papers["data_rows"])
    champion = registry.version_of(CHAMPION)
    candidate = _measure(settings, use_case, registry, version, held)
    if champion in (None, version) or candidate is None:
        return _judge(settings, candidate, champion, None)
    against = _measure(settings, use_case, registry, str(champion), held)
    return _judge(settings, candidate, champion, against)


def promote(
    settings: Settings,
    use_case: UseCase[Any, BaseModel],
    registry: Registry,
    version: str,
    *,
    alias: str = CHAMPION,
) -> Verdict:
    """Let `version` bear `alias`, if the gate lets it pass; the reason is stored either way.

    Raises:
        ProjectError: The gate refuses the version, or there is no such version.
    """
    verdict = gate(settings, use_case, registry, version)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    word = "passed" if verdict.passed else "refused"
    registry.tag(version, {"gate": word, "gate_reason": verdict.reason, "gate_at": now})
    if not verdict.passed:
        raise ProjectError(
            f"version {version} is refused: {verdict.reason}",
            next_step="train a better one; `[gate]` of config/service.toml holds the limits",
            code=3,
        )
    before = registry.aliases()
    if alias == CHAMPION and before.get(CHAMPION) != version:
        registry.point(PREVIOUS, before.get(CHAMPION))
    registry.point(alias, version)
    if alias == CHAMPION and before.get(CHALLENGER) == version:
        registry.point(CHALLENGER, None)
    return verdict


{% include 'templates/_shared/rollback.py' %}

def _measure(
    settings: Settings,
    use_case: UseCase[Any, BaseModel],
    registry: Registry,
    version: str,
    held: Split,
) -> float | None:
    """Return the deciding metric on the held-out rows, or None where it cannot be had.

    A champion with other features cannot see these rows: its own record then stands for it.
    """
    metric = settings.gate.metric
    loaded = model.Model(version, registry.files(version))
    if loaded.names != settings.feature_names:
        recorded: Mapping[str, float] = loaded.passport["metrics"]
        return recorded.get(metric)
    return use_case.evaluate(held.held_target, loaded.predict(held.held_table)).get(metric)


def _judge(
    settings: Settings, candidate: float | None, champion: str | None, against: float | None
) -> Verdict:
    rule = settings.gate
    if candidate is None or math.isnan(candidate):
        return Verdict(False, f"evaluate.py gives no {rule.metric}")
    sign = 1.0 if rule.higher_is_better else -1.0
    said = f"{rule.metric} is {candidate:.4f}"
    if sign * (candidate - rule.floor) < 0:
        return Verdict(False, f"{said}, the limit is {rule.floor}")
    if against is None:
        return Verdict(True, f"{said}, the limit is {rule.floor}; no other champion to compare")
    said += f", champion {champion} has {against:.4f}, margin {rule.margin}"
    return Verdict(sign * (candidate - against) >= -rule.margin, said)
