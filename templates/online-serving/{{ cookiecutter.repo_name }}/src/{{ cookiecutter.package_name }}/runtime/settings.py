"""Configuration: `config/*.toml` for what a review should see, the environment for the rest."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from . import ProjectError

__all__ = ["Section", "Settings", "load", "refused"]


class Section(BaseModel):
    """A table of `config/service.toml`; a key that it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Training(Section):
    """How many examples, from which seed, and which share is held out (the newest)."""

    rows: int = Field(ge=100)
    seed: int
    holdout: float = Field(gt=0, lt=1)


class Gate(Section):
    """What a version must reach before it may answer anybody."""

    metric: str
    higher_is_better: bool
    floor: float
    margin: float = Field(ge=0)


class Service(Section):
    """Limits of the running service; `poll_seconds` in seconds."""

    batch_limit: int = Field(gt=0, le=4096)
    poll_seconds: float = Field(gt=0)
    log_queue: int = Field(gt=0)
    score_buckets: tuple[float, ...] = Field(min_length=1)


class Drift(Section):
    """When a feature counts as drifted."""

    psi_limit: float = Field(gt=0)
    minimum_rows: int = Field(gt=0)
    window_rows: int = Field(gt=0)


class Privacy(Section):
    """Whose data it is, what is masked in the log, and for how long it is kept."""

    entity: str
    mask: tuple[str, ...]
    retention_days: int = Field(gt=0)


class Feature(Section):
    """One entry of `config/features.toml`."""

    name: str
    unit: str
    meaning: str


class Environment(Section):
    """What differs between places, from environment variables.

    Attributes:
        name: Where this runs.
        data: Folder for everything that is written: log, embedded registry, masking key.
        model: The registered model's name; empty means the project's own.
        api_keys: Keys that callers may present; empty means loopback only.
        masking_key: Secret of the keyed hash in the log, where replicas share one; empty means a
            key file in `data`.
    """

    name: Literal["local", "dev", "staging", "prod"] = "local"
    data: Path
    registry: str
    model: str = ""
    host: str = ""
    port: int = Field(default=8080, ge=0, le=65535)
    api_keys: tuple[str, ...] = ()
    masking_key: str = ""

    @property
    def strict(self) -> bool:
        """Whether a version must come from a clean commit and have a lock file."""
        return self.name in ("staging", "prod")


class Settings(Section):
    """Everything that the machinery needs to know."""

    root: Path
    environment: Environment
    decision: Mapping[str, float]
    training: Training
    gate: Gate
    service: Service
    drift: Drift
    privacy: Privacy
    experiment: Mapping[str, Any] = {}
    feature: tuple[Feature, ...] = Field(min_length=1)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The features in the order in which the model sees them."""
        return tuple(feature.name for feature in self.feature)


def load(
    root: Path | None = None, environ: Mapping[str, str] = os.environ, **changes: Any
) -> Settings:
    """Read the configuration of the project in `root`.

    Args:
        root: The project's folder; `SERVICE_ROOT` or the working directory where not given.
        environ: The environment variables.
        changes: Replaces single keys of one table, as in `load(service={"poll_seconds": 0.1})`.

    Raises:
        ProjectError: A file is missing, is not TOML, or holds a key or value out of its bounds.
    """
    root = (root or Path(environ.get("SERVICE_ROOT", "."))).resolve()
    tables = {**_read(root / "config/service.toml"), **_read(root / "config/features.toml")}
    for name, change in changes.items():
        tables[name] = {**tables[name], **change}
    if "SERVICE_POLL_SECONDS" in environ:
        tables["service"]["poll_seconds"] = environ["SERVICE_POLL_SECONDS"]
    try:
        return Settings(root=root, environment=_environment(root, environ), **tables)
    except ValidationError as error:
        raise refused(error) from error


def refused(error: ValidationError, table: str = "") -> ProjectError:
    """Return the error that names the first key which is not as it should be."""
    first = error.errors()[0]
    key = ".".join(str(part) for part in (table, *first["loc"]) if part != "")
    return ProjectError(
        f"configuration {key}: {first['msg'].lower()}",
        next_step="correct config/*.toml, or the SERVICE_* variable of that name",
        code=3,
    )


{% include 'templates/_shared/read-toml.py' %}

def _environment(root: Path, environ: Mapping[str, str]) -> Environment:
    data = (root / environ.get("SERVICE_DATA_DIR", "data")).resolve()
    known = {
        "name": environ.get("SERVICE_ENVIRONMENT"),
        "model": environ.get("SERVICE_MODEL_NAME"),
        "host": environ.get("SERVICE_HOST"),
        "port": environ.get("SERVICE_PORT"),
        "masking_key": environ.get("SERVICE_MASKING_KEY"),
    }
    keys = environ.get("SERVICE_API_KEYS", "").split(",")
    return Environment.model_validate(
        {
            "data": data,
            "registry": environ.get("MLFLOW_TRACKING_URI")
            or f"sqlite:///{(data / 'mlflow.db').as_posix()}",
            "api_keys": tuple(key.strip() for key in keys if key.strip()),
            **{name: value for name, value in known.items() if value},
        }
    )
