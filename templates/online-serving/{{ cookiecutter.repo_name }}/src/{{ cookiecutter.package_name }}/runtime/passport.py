"""Where a version came from: code, environment, data, metrics. One `passport.json` per version."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

from . import FloatArray

__all__ = ["REQUIRED", "fingerprint", "issue", "missing", "read"]

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


def issue(root: Path, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the passport of a version trained now, from the working tree in `root`.

    Args:
        root: The project's folder.
        facts: What only training knows: model, run_id, data, seed, features, metrics, parameters.
    """
    return {
        **facts,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(root),
        "dirty": bool(_git(root, "status", "--porcelain")),
        "template_version": _template_version(root),
        "lock_sha256": _lock(root),
        "infrastructure": {
            "host": os.environ.get("HOSTNAME") or platform.node(),
            "system": platform.platform(),
            "processors": os.cpu_count(),
            "image": os.environ.get("IMAGE_DIGEST", "none"),
            "run": os.environ.get("GITHUB_RUN_ID", "none"),
        },
        "packages": {"python": platform.python_version()} | {n: installed(n) for n in PACKAGES},
    }


def missing(passport: Mapping[str, Any], *, strict: bool) -> list[str]:
    """Return what a passport lacks.

    Args:
        passport: As read from the version's files.
        strict: Also ask for a clean commit and a lock file, as staging and prod do.
    """
    lacking = [name for name in REQUIRED if passport.get(name) in (None, "", {}, [])]
    if strict:
        lacking += [n for n in ("commit", "lock_sha256") if passport.get(n) == UNKNOWN]
        lacking += ["a clean working tree"] if passport.get("dirty", True) else []
    return lacking


def read(folder: Path) -> dict[str, Any]:
    """Return the passport among a version's files."""
    return dict(json.loads((folder / "passport.json").read_text(encoding="utf-8")))


def _commit(root: Path) -> str:
    return os.environ.get("GIT_COMMIT") or _revision() or _git(root, "rev-parse", "HEAD") or UNKNOWN


def _revision() -> str:
    """Return the commit that the image was built from, where this is an image."""
    told = os.environ.get("SERVICE_REVISION", "")
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
