"""Configuration: `config/*.toml` for what a review should see, the environment for the rest."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from . import ProjectError, Sample

__all__ = ["Feature", "Section", "Settings", "load"]


class Section(BaseModel):
    """A table of `config/batch.toml`; a key that it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Data(Section):
    """Where the panel comes from, and which day is meant when none is given.

    Attributes:
        source: File or folder; empty for the sample, which is then made in the data folder.
        as_of: `newest` for the first day that the panel lets one forecast, `today` for the clock.
        sample: Size and seed of the sample.
    """

    source: str
    as_of: Literal["newest", "today"]
    sample: Sample


class Panel(Section):
    """What the columns are called.

    Attributes:
        keys: Together they name a series.
        time: The day.
        target: What is forecast; null for the days to come.
        untrusted: A column that is true where the target is not what it would have been; or empty.
        segment: Metrics and intervals are taken apart by it.
        peers: A series without a history is forecast from those that share these columns.
        season: Days after which the pattern repeats.
    """

    keys: tuple[str, ...] = Field(min_length=1)
    time: str
    target: str
    untrusted: str
    segment: str
    peers: tuple[str, ...] = Field(min_length=1)
    season: int = Field(gt=0)


class Forecast(Section):
    """What is delivered: `horizon` days from the run date on.

    Attributes:
        horizon: In days.
        gap: Days before the run date whose target is not known yet when the run starts.
        coverage: Share of the truths that the interval is meant to hold.
    """

    horizon: int = Field(gt=0, le=400)
    gap: int = Field(ge=0, le=60)
    coverage: float = Field(gt=0, lt=1)

    @property
    def levels(self) -> tuple[float, float]:
        """The quantiles at both ends of the interval."""
        return (1 - self.coverage) / 2, (1 + self.coverage) / 2


class Training(Section):
    """How a version is trained.

    Attributes:
        seed: Of every fit.
        minimum_days: Of history, below which nothing is trained.
        by_segment: Whether each segment has a model of its own.
    """

    seed: int
    minimum_days: int = Field(gt=0)
    by_segment: bool = False


class Backtest(Section):
    """Rolling origin: how many, and how many days apart."""

    windows: int = Field(ge=2)
    step: int = Field(gt=0)


class Gate(Section):
    """What a version must reach before it may be champion.

    Attributes:
        metric: Of evaluate.py; lower is better.
        margin: By which share it must be better than seasonal-naive and than the champion.
        bias_limit: Largest accepted distance of `bias` from 0, where evaluate.py gives one.
    """

    metric: str
    margin: float = Field(ge=0, lt=1)
    bias_limit: float = Field(gt=0)


class Contract(Section):
    """Largest share of bad rows with which a run goes on."""

    bad_share: float = Field(ge=0, le=1)


class Drift(Section):
    """When a column counts as drifted, and over how many days it is looked at."""

    psi_limit: float = Field(gt=0)
    unseen_limit: float = Field(ge=0, le=1)
    window_days: int = Field(gt=0)


class Freshness(Section):
    """How old the newest partition, and the newest day with a target, may be."""

    output_hours: float = Field(gt=0)
    input_days: int = Field(gt=0)


class Feature(Section):
    """One entry of `config/features.toml`.

    Attributes:
        lag: Days back; None for a column that features.py computes.
        transform: A class of `mlforecast.lag_transforms` over what is known at that lag; or empty.
        options: Its arguments (`with` in the file).
        watched: Whether its distribution is compared with the one in training; a calendar's is not.
    """

    name: str
    unit: str
    meaning: str
    lag: int | None = Field(default=None, gt=0)
    transform: str = ""
    options: Mapping[str, int | float] = Field(default={}, alias="with")
    watched: bool = True

    @model_validator(mode="after")
    def _named_as_it_is_computed(self) -> Feature:
        if self.lag and not self.transform and self.name != f"lag{self.lag}":
            raise ValueError(f"a plain lag of {self.lag} is called lag{self.lag}")
        if self.transform and not self.lag:
            raise ValueError(f"{self.name} has a transform but no lag")
        return self


class Environment(Section):
    """What differs between places, from environment variables.

    Attributes:
        name: Where this runs.
        data: Folder for everything that is written: forecasts, reports, embedded registry.
        model: The registered model's name; empty means the project's own.
        gateway: Prometheus' push gateway; empty where none is used.
    """

    name: Literal["local", "dev", "staging", "prod"] = "local"
    data: Path
    registry: str
    model: str = ""
    gateway: str = ""

    @property
    def strict(self) -> bool:
        """Whether a version must come from a clean commit and have a lock file."""
        return self.name in ("staging", "prod")


class Settings(Section):
    """Everything that the machinery needs to know."""

    root: Path
    environment: Environment
    data: Data
    panel: Panel
    forecast: Forecast
    decision: Mapping[str, float]
    training: Training
    backtest: Backtest
    gate: Gate
    contract: Contract
    drift: Drift
    freshness: Freshness
    feature: tuple[Feature, ...] = Field(min_length=1)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Every feature, in the order of the file."""
        return tuple(feature.name for feature in self.feature)

    @property
    def place(self) -> Path:
        """Where the panel is, or where its sample goes."""
        if not self.data.source:
            return self.environment.data / "sample.parquet"
        return (self.root / self.data.source).resolve()

    @property
    def sample(self) -> Sample | None:
        """What to make where nothing is; None where a source is configured."""
        return None if self.data.source else self.data.sample


def load(
    root: Path | None = None, environ: Mapping[str, str] = os.environ, **changes: Any
) -> Settings:
    """Read the configuration of the project in `root`.

    Args:
        root: The project's folder; `BATCH_ROOT` or the working directory where not given.
        environ: The environment variables.
        changes: Replaces single keys of one table, as in `load(forecast={"horizon": 7})`.

    Raises:
        ProjectError: A file is missing, is not TOML, or holds a key or value out of its bounds.
    """
    root = (root or Path(environ.get("BATCH_ROOT", "."))).resolve()
    tables = {**_read(root / "config/batch.toml"), **_read(root / "config/features.toml")}
    if environ.get("BATCH_SOURCE"):
        changes["data"] = {**changes.get("data", {}), "source": environ["BATCH_SOURCE"]}
    for name, change in changes.items():
        tables[name] = {**tables[name], **change} if isinstance(change, dict) else change
    try:
        return Settings(root=root, environment=_environment(root, environ), **tables)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ProjectError(
            f"configuration {key}: {first['msg'].lower()}",
            next_step="correct config/*.toml, or the BATCH_* variable of that name",
            code=3,
        ) from error


{% include 'templates/_shared/read-toml.py' %}

def _environment(root: Path, environ: Mapping[str, str]) -> Environment:
    data = (root / environ.get("BATCH_DATA_DIR", "data")).resolve()
    known = {
        "name": environ.get("BATCH_ENVIRONMENT"),
        "model": environ.get("BATCH_MODEL_NAME"),
        "gateway": environ.get("BATCH_PUSHGATEWAY"),
    }
    return Environment.model_validate(
        {
            "data": data,
            "registry": environ.get("MLFLOW_TRACKING_URI")
            or f"sqlite:///{(data / 'mlflow.db').as_posix()}",
            **{name: value for name, value in known.items() if value},
        }
    )
