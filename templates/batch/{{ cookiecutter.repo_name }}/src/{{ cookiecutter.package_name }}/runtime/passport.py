"""Where a version came from: code, environment, data, metrics; `passport.json` among its files."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import subprocess
import tomllib
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

__all__ = [
    "REQUIRED",
    "commit",
    "issue_passport",
    "missing",
    "project_version",
    "read_passport",
    "run_id",
]

REQUIRED = (
    "model",
    "run_id",
    "created_at",
    "as_of",
    "commit",
    "project_version",
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
PACKAGES = ("lightgbm", "mlforecast", "numpy", "polars", "pydantic")
UNKNOWN = "unknown"
REVISION = "BATCH_REVISION"
OWN_RUN = uuid.uuid4().hex[:12]


def run_id() -> str:
    """Return the id of this run: the job's where a scheduler gave one, else this process's."""
    told = _first("DATABRICKS_RUN_ID", "GITHUB_RUN_ID", "BATCH_RUN_ID")
    return f"local-{OWN_RUN}" if told == "none" else told


def project_version(root: Path) -> str:
    """Return the version of the wheel that runs, or of the project where none is installed."""
    try:
        told = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    except OSError:
        return UNKNOWN
    try:
        return installed(str(told["name"]))
    except PackageNotFoundError:
        return str(told["version"])


{% include 'templates/_shared/passport.py' -%}
