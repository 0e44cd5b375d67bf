"""A version: its model with the features inside, and the papers that say where it came from.

A version is a folder of plain files, so any later Python can read it: the booster as LightGBM
writes it, tables as Parquet, the rest as JSON. Loading one executes nothing.
"""

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
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import polars as pl
from polars.exceptions import PolarsError

from . import ProjectError, UseCase
from .forecasting import Fitted
from .panel import BySegment, forecast_parts, parts
from .settings import Feature, Settings

__all__ = [
    "REQUIRED",
    "Model",
    "commit",
    "golden",
    "issue_passport",
    "load",
    "missing",
    "project_version",
    "read",
    "read_passport",
    "run_id",
    "save",
]

GOLDEN_SERIES = 8
SEGMENTS = "segments.json"
EXACT = 1e-6
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


@dataclass(frozen=True, slots=True)
class Model:
    """One version of the registry, in memory.

    Attributes:
        version: As the registry numbers it.
        passport: Where it came from.
        fitted: What forecasts.
        created: Seconds since the Unix epoch (UTC).
    """

    version: str
    passport: dict[str, Any]
    fitted: Fitted | BySegment

    @property
    def created(self) -> float:
        """When it was trained, in seconds since the Unix epoch (UTC)."""
        return datetime.fromisoformat(self.passport["created_at"]).timestamp()

    @property
    def as_of(self) -> date:
        """The run date of its training: it saw nothing of that day or later."""
        return date.fromisoformat(self.passport["as_of"])

    def forecast(
        self, settings: Settings, use_case: UseCase, panel: pl.DataFrame, as_of: date
    ) -> pl.DataFrame:
        """Forecast `as_of` and the days after it; see `Fitted.forecast`."""
        return forecast_parts(self.fitted, settings, use_case, panel, as_of)


def save(
    folder: Path,
    fitted: Fitted | BySegment,
    golden: tuple[pl.DataFrame, pl.DataFrame] | None = None,
) -> None:
    """Write a model's files: everything but its papers.

    Args:
        folder: Is there already.
        fitted: What is written.
        golden: Some rows of the panel, and what the model forecasts from them.
    """
    if isinstance(fitted, Fitted):
        _save(folder, fitted)
    else:
        said = {"widest": fitted.widest, "segments": list(fitted.models)}
        (folder / SEGMENTS).write_text(json.dumps(said), encoding="utf-8")
        for number, one in enumerate(fitted.models.values()):
            (folder / f"segment-{number}").mkdir()
            _save(folder / f"segment-{number}", one)
    for name, frame in zip(("golden", "golden_forecast"), golden or (), strict=False):
        frame.write_parquet(folder / f"{name}.parquet")


def _save(folder: Path, fitted: Fitted) -> None:
    # Not `save_model`: it says nothing of a full disk.
    (folder / "model.lgb").write_text(fitted.booster.model_to_string(), encoding="utf-8")
    fitted.peers.write_parquet(folder / "peers.parquet")
    fitted.widths.write_parquet(folder / "widths.parquet")
    spec = [feature.model_dump(by_alias=True) for feature in fitted.features]
    text = json.dumps({"columns": fitted.names, "features": spec}, indent=2)
    (folder / "features.json").write_text(text, encoding="utf-8")


def read(version: str, folder: Path) -> Model:
    """Read a version as it was saved, without asking whether it still forecasts the same.

    Raises:
        ProjectError: A file is missing or damaged.
    """
    try:
        papers = read_passport(folder)
        fitted = _read_segments(folder) if (folder / SEGMENTS).is_file() else _read(folder)
    except (OSError, ValueError, KeyError, lgb.basic.LightGBMError, PolarsError) as error:
        raise ProjectError(
            f"version {version} in {folder} cannot be read: {str(error).splitlines()[0]}",
            next_step="train a new version, or `uv run poe rollback`",
        ) from error
    return Model(version, papers, fitted)


def _read(folder: Path) -> Fitted:
    spec = json.loads((folder / "features.json").read_text(encoding="utf-8"))
    return Fitted(
        booster=lgb.Booster(model_file=folder / "model.lgb"),
        names=tuple(spec["columns"]),
        features=tuple(Feature.model_validate(one) for one in spec["features"]),
        peers=pl.read_parquet(folder / "peers.parquet"),
        widths=pl.read_parquet(folder / "widths.parquet"),
    )


def _read_segments(folder: Path) -> BySegment:
    said = json.loads((folder / SEGMENTS).read_text(encoding="utf-8"))
    each = enumerate(said["segments"])
    return BySegment({n: _read(folder / f"segment-{i}") for i, n in each}, said["widest"])


def load(version: str, folder: Path, settings: Settings, use_case: UseCase) -> Model:
    """Read a version and let it prove that it still gives the forecasts of its training.

    Raises:
        ProjectError: Another forecast: the version was trained by other code than this.
    """
    model = read(version, folder)
    panel = pl.read_parquet(folder / "golden.parquet")
    told = pl.read_parquet(folder / "golden_forecast.parquet")
    numbers = ["forecast", "lower", "upper"]
    now = model.forecast(settings, use_case, panel, model.as_of)
    same = now.height == told.height and np.allclose(
        now.select(numbers).to_numpy(), told.select(numbers).to_numpy(), rtol=EXACT, atol=EXACT
    )
    if not same:
        raise ProjectError(
            f"version {version} no longer gives the forecasts of its training",
            next_step="train a new version with this code and configuration, or run the code of"
            f" the passport's commit {model.passport['commit'][:12]}",
            code=3,
        )
    return model


def golden(
    settings: Settings,
    use_case: UseCase,
    fitted: Fitted | BySegment,
    panel: pl.DataFrame,
    as_of: date,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows of a few series, and what the model forecasts from them."""
    keys, time = settings.panel.keys, settings.panel.time
    found = []
    for _, own in parts(fitted, settings, panel):
        due = own.filter(pl.col(time) >= as_of).select(keys).unique().sort(keys)
        few = due.gather_every(max(1, due.height // GOLDEN_SERIES)).head(GOLDEN_SERIES)
        found.append(own.join(few, on=keys, how="semi"))
    rows = pl.concat(found)
    return rows, forecast_parts(fitted, settings, use_case, rows, as_of)


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
