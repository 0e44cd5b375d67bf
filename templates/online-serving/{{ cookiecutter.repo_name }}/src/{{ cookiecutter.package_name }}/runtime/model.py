"""A version: its model, which proves itself before it scores, and its passport.

`passport.json` says where a version came from: code, environment, data, metrics.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
from pydantic import BaseModel

from . import FloatArray, ProjectError, Scored, UseCase
from .monitoring import read_references

__all__ = [
    "GOLDEN_ROWS",
    "REQUIRED",
    "Model",
    "fingerprint",
    "golden_rows",
    "issue_passport",
    "load",
    "missing",
    "read_passport",
    "table",
]

GOLDEN_ROWS = 20
EXACT = 1e-9
REQUIRED = (
    "model",
    "run_id",
    "created_at",
    "commit",
    "template_version",
    "lock_sha256",
    "data_sha256",
    "data_rows",
    "seed",
    "features",
    "metrics",
    "parameters",
    "infrastructure",
    "packages",
)
PACKAGES = ("lightgbm", "numpy", "pydantic")
UNKNOWN = "unknown"
REVISION = "SERVICE_REVISION"


class Model:
    """One version in memory. It never changes, so any thread may use it.

    Attributes:
        version: As the registry numbers it.
        names: The features, in the order of the columns.
        references: How features and score were distributed in training.
        created: Seconds since the Unix epoch (UTC).
    """

    def __init__(self, version: str, folder: Path) -> None:
        self.version = version
        self.passport: dict[str, Any] = read_passport(folder)
        self.names: tuple[str, ...] = tuple(self.passport["features"])
        self.created = datetime.fromisoformat(self.passport["created_at"]).timestamp()
        self.references = read_references(folder / "reference.json")
        self._booster = lgb.Booster(model_file=folder / "model.lgb")
        self._known = [self.references[name].knows for name in self.names]

    def row(self, features: Mapping[str, float]) -> FloatArray:
        """Return the features as the model wants them, shape `(1, n_features)`."""
        return np.array([[features[name] for name in self.names]])

    def predict(self, rows: FloatArray) -> FloatArray:
        """Return the scores of `(n_rows, n_features)` values, shape `(n_rows,)`."""
        return np.asarray(self._booster.predict(rows, num_threads=1), dtype=np.float64)

    def scored(self, row: FloatArray, score: float) -> Scored:
        """Put beside a score what a decision may ask: limits of knowledge, reasons."""
        values = row[0].tolist()
        outside = [
            name
            for name, value, knows in zip(self.names, values, self._known, strict=True)
            if not knows(value)
        ]
        return Scored(score, outside, partial(self._why, row))

    def _why(self, row: FloatArray) -> dict[str, float]:
        shares = np.asarray(self._booster.predict(row, pred_contrib=True, num_threads=1))
        return dict(zip(self.names, shares[0, :-1].tolist(), strict=True))


def table(
    use_case: UseCase[Any, BaseModel], requests: Sequence[BaseModel], names: Sequence[str]
) -> FloatArray:
    """Return the features of requests, shape `(n_requests, n_features)`.

    Raises:
        ProjectError: The feature function and `config/features.toml` name different features.
    """
    rows = [use_case.features(request) for request in requests]
    if rows and set(rows[0]) != set(names):
        differing = ", ".join(sorted(set(rows[0]) ^ set(names)))
        raise ProjectError(
            f"features.py and config/features.toml differ in {differing}",
            next_step="name the same features in both",
            code=3,
        )
    return np.array([[row[name] for name in names] for row in rows], dtype=np.float64)


def golden_rows(
    requests: Sequence[BaseModel], rows: FloatArray, scores: FloatArray, *, mask: Sequence[str]
) -> str:
    """Return examples with their features and scores, as JSON without anybody's identity."""
    return json.dumps(
        [
            {
                "request": {
                    **request.model_dump(mode="json"),
                    **dict.fromkeys(mask, f"golden-{i}"),
                },
                "features": rows[i].tolist(),
                "score": float(scores[i]),
            }
            for i, request in enumerate(requests)
        ]
    )


def load(version: str, folder: Path, use_case: UseCase[Any, BaseModel]) -> Model:
    """Load a version and let it prove that it still gives the answers of its training.

    Raises:
        ProjectError: A golden row gives other features or another score: the version was trained
            by other code than this.
    """
    model = Model(version, folder)
    for golden in json.loads((folder / "golden.json").read_text(encoding="utf-8")):
        request = use_case.request_type.model_validate(golden["request"])
        row = model.row(use_case.features(request))
        same = np.allclose(row[0], golden["features"], rtol=0, atol=EXACT)
        if not same or abs(model.predict(row)[0] - golden["score"]) > EXACT:
            raise ProjectError(
                f"version {version} no longer gives the answers of its training",
                next_step="train a new version with this code, or run the code of the passport's"
                f" commit {model.passport['commit'][:12]}",
                code=3,
            )
    return model


def fingerprint(table: FloatArray, target: FloatArray, names: Sequence[str]) -> str:
    """Return the SHA-256 of the training data as the model saw it.

    Args:
        table: Shape `(n_examples, n_features)`.
        target: Shape `(n_examples,)`.
        names: The columns' names, in order.
    """
    digest = hashlib.sha256("\0".join(names).encode())
    for array in (table, target):
        digest.update(str(array.shape).encode())
        digest.update(array.astype("<f8").tobytes())
    return digest.hexdigest()


{% include 'templates/_shared/passport.py' -%}
