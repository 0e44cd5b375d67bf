"""Configuration: `config/*.toml` for what a review should see, the environment for the rest."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from . import ProjectError

__all__ = ["Environment", "Section", "Settings", "load", "refused"]


class Section(BaseModel):
    """A table of `config/service.toml`; a key that it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Stream(Section):
    """How the worker reads: topics, sizes of a batch, what it refuses, what it remembers."""

    topic: str = Field(min_length=1)
    dead_letters: str = Field(min_length=1)
    group: str = Field(min_length=1)
    batch: int = Field(gt=0, le=100_000)
    wait_seconds: float = Field(gt=0, le=5)
    oldest_days: float = Field(gt=0)
    future_seconds: float = Field(gt=0)
    largest_bytes: int = Field(gt=0)
    states_in_memory: int = Field(gt=0)
    lag_limit_seconds: float = Field(gt=0)
    client: Mapping[str, str | int | bool] = {}


class Trending(Section):
    """How popularity is counted (in buckets of time) and how fast it fades."""

    bucket_seconds: int = Field(gt=0)
    keep_buckets: int = Field(gt=0)
    half_life_hours: float = Field(gt=0)
    size: int = Field(gt=0)


class Training(Section):
    """What a version is trained on, and by which methods; the best of them is registered."""

    events: int = Field(ge=1000)
    seed: int
    methods: tuple[str, ...] = Field(min_length=1)
    compared_users: int = Field(gt=0)


class Gate(Section):
    """What a version must reach before it may answer anybody."""

    metric: str
    lift: float = Field(ge=0)
    margin: float = Field(ge=0)


class Service(Section):
    """Limits of the running service."""

    largest_count: int = Field(gt=0, le=1000)
    poll_seconds: float = Field(gt=0)
    store_timeout_ms: int = Field(gt=0)
    log_queue: int = Field(gt=0)
    click_minutes: float = Field(gt=0)
    log_lines: bool = False


class Drift(Section):
    """When a column counts as drifted."""

    psi_limit: float = Field(gt=0)
    minimum_rows: int = Field(gt=0)


class Privacy(Section):
    """Whether identities are masked where they are kept, and for how long they are kept."""

    mask: bool
    retention_days: int = Field(gt=0)


class Feature(Section):
    """One entry of `config/features.toml`: a kind of event, and how much it counts."""

    name: str
    unit: str
    meaning: str
    weight: float = Field(ge=0)


class Environment(Section):
    """What differs between places, from environment variables.

    Attributes:
        name: Where this runs.
        data: Folder for everything that is written: state, log, embedded registry, masking key.
        model: The registered model's name; empty means the project's own.
        brokers: Kafka's `host:port`, comma separated; empty means the embedded broker.
        broker_user: For SASL; empty means none.
        store: `redis://` or `rediss://` URL; empty means an SQLite file in `data`.
        api_keys: Keys that callers may present; empty means loopback only.
        masking_key: Secret of the keyed hash, where processes do not share `data`; empty means a
            key file there.
    """

    name: Literal["local", "dev", "staging", "prod"] = "local"
    data: Path
    registry: str
    model: str = ""
    brokers: str = ""
    broker_user: str = ""
    broker_password: str = Field(default="", repr=False)
    store: str = Field(default="", repr=False)
    host: str = ""
    port: int = Field(default=8080, ge=0, le=65535)
    worker_port: int = Field(default=9100, ge=0, le=65535)
    api_keys: tuple[str, ...] = Field(default=(), repr=False)
    masking_key: str = Field(default="", repr=False)

    @property
    def strict(self) -> bool:
        """Whether a version must come from a clean commit and have a lock file."""
        return self.name in ("staging", "prod")


class Settings(Section):
    """Everything that the machinery needs to know."""

    root: Path
    environment: Environment
    decision: Mapping[str, Any]
    stream: Stream
    trending: Trending
    training: Training
    gate: Gate
    service: Service
    drift: Drift
    privacy: Privacy
    experiment: Mapping[str, Any] = {}
    feature: tuple[Feature, ...] = Field(min_length=1)

    @property
    def weights(self) -> dict[str, float]:
        """How much each kind of event counts."""
        return {feature.name: feature.weight for feature in self.feature}


def load(
    root: Path | None = None, environ: Mapping[str, str] = os.environ, **changes: Any
) -> Settings:
    """Read the configuration of the project in `root`.

    Args:
        root: The project's folder; `SERVICE_ROOT` or the working directory where not given.
        environ: The environment variables.
        changes: Replaces single keys of one table, as in `load(stream={"batch": 100})`.

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


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ProjectError(
            f"{path} is missing", next_step="run the command in the project's folder"
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise ProjectError(
            f"{path} is not TOML: {error}", next_step="correct that line", code=3
        ) from error


VARIABLES = {
    "name": "ENVIRONMENT",
    "model": "MODEL_NAME",
    "brokers": "BROKERS",
    "broker_user": "BROKER_USER",
    "broker_password": "BROKER_PASSWORD",
    "store": "STORE_URL",
    "host": "HOST",
    "port": "PORT",
    "worker_port": "WORKER_PORT",
    "masking_key": "MASKING_KEY",
}


def _environment(root: Path, environ: Mapping[str, str]) -> Environment:
    data = (root / environ.get("SERVICE_DATA_DIR", "data")).resolve()
    known = {key: environ.get(f"SERVICE_{name}") for key, name in VARIABLES.items()}
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
