"""Training: examples, features, fit, evaluation, passport, and a new version in the registry."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
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

__all__ = ["Split", "split", "train"]


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
