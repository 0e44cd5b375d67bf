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


def issue_passport(root: Path, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the passport of a version trained now, from the working tree in `root`.

    Args:
        root: The project's folder.
        facts: What only training knows: model, run_id, data, seed, features, metrics, parameters.
    """
    return {
        **facts,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(root),
        "dirty": bool(_git(root, "status", "--porcelain")),
        "template_version": _template_version(root),
        "lock_sha256": _lock(root),
        "infrastructure": {
            "host": os.environ.get("HOSTNAME") or platform.node(),
            "system": platform.platform(),
            "processors": os.cpu_count(),
            "image": os.environ.get("IMAGE_DIGEST", "none"),
            "job": _first("DATABRICKS_JOB_ID", "GITHUB_WORKFLOW"),
            "run": _first("DATABRICKS_RUN_ID", "GITHUB_RUN_ID"),
            "cluster": _first("DATABRICKS_CLUSTER_ID", "DB_CLUSTER_ID"),
        },
        "packages": {"python": platform.python_version()} | {n: installed(n) for n in PACKAGES},
    }


def missing(passport: Mapping[str, Any], *, strict: bool) -> list[str]:
    """Return what a passport lacks.

    Args:
        passport: As read from the version's files.
        strict: Also ask for a clean commit and a lock file, as a strict environment does.
    """
    lacking = [name for name in REQUIRED if passport.get(name) in (None, "", {}, [])]
    if strict:
        lacking += [n for n in ("commit", "lock_sha256") if passport.get(n) == UNKNOWN]
        lacking += ["a clean working tree"] if passport.get("dirty", True) else []
    return lacking


def read_passport(folder: Path) -> dict[str, Any]:
    """Return the passport among a version's files."""
    return dict(json.loads((folder / "passport.json").read_text(encoding="utf-8")))


def _first(*names: str) -> str:
    """Return the first of these variables that has a value."""
    return next((os.environ[name] for name in names if os.environ.get(name)), "none")


def commit(root: Path) -> str:
    """Return the commit that runs, or `unknown`."""
    return os.environ.get("GIT_COMMIT") or _revision() or _git(root, "rev-parse", "HEAD") or UNKNOWN


def _revision() -> str:
    """Return the commit that the image was built from, where this is an image."""
    told = os.environ.get(REVISION, "")
    return "" if told == UNKNOWN else told


def _git(root: Path, *arguments: str) -> str:
    try:
        ran = subprocess.run(
            ("git", "-C", str(root), *arguments), capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return ran.stdout.strip() if ran.returncode == 0 else ""


def _template_version(root: Path) -> str:
    try:
        answers = (root / ".copier-answers.yml").read_text(encoding="utf-8")
    except OSError:
        return UNKNOWN
    found = re.search(r"^_commit:\s*['\"]?([^'\"\s]+)", answers, re.MULTILINE)
    return found[1] if found else UNKNOWN


def _lock(root: Path) -> str:
    try:
        return hashlib.sha256((root / "uv.lock").read_bytes()).hexdigest()
    except OSError:
        return UNKNOWN
