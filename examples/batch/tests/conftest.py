"""Three small versions are trained once; every test that writes gets a copy of them."""

from __future__ import annotations

import resource
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import polars as pl
import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from demand_forecasting.runtime import contracts, settings, training
from demand_forecasting.runtime.cli import USE_CASE
from demand_forecasting.runtime.registry import Registry
from demand_forecasting.runtime.settings import Settings

ROOT = Path(__file__).parents[1]
# Every day of it costs each of some hundred forecasts its own time.
HORIZON = 7
SMALL = {
    "data": {"source": "", "as_of": "newest", "sample": {"seed": 6, "series": 24, "days": 260}},
    "forecast": {"horizon": HORIZON},
    "backtest": {"windows": 2, "step": HORIZON},
    "training": {"minimum_days": 60},
}
FIRST, SECOND, WORSE = "1", "2", "3"

# A shared runner is slow at times; speed is the benchmark's business.
hypothesis.settings.register_profile("project", deadline=None)
hypothesis.settings.load_profile("project")


@event.listens_for(Engine, "connect")
def _trust_the_power(connection: Any, _: object) -> None:
    """Let no commit wait for the disk: what a failing power takes is not what is tested here."""
    connection.execute("PRAGMA synchronous=OFF")


class Like:
    """The same use case, but for what a test changes."""

    def __init__(self, **changes: object) -> None:
        self._changes = changes

    def __getattr__(self, name: str) -> object:
        return self._changes.get(name) or getattr(USE_CASE, name)


def shuffled(table, target, *, names, seed):
    """Learn from values that belong to other rows."""
    wrong = np.random.default_rng(seed).permutation(target)
    return USE_CASE.fit(table, wrong, names=names, seed=seed)


@dataclass
class Project:
    """A project in a folder of its own: settings, panel, registry."""

    data: Path

    def settings(self, **changes: dict[str, object]) -> Settings:
        tables = {name: {**SMALL.get(name, {}), **changes.get(name, {})} for name in SMALL}
        return settings.load(ROOT, self.environ, **{**changes, **tables})

    @cached_property
    def environ(self) -> dict[str, str]:
        return {"BATCH_DATA_DIR": str(self.data)}

    @cached_property
    def registry(self) -> Registry:
        return Registry(self.settings())

    @cached_property
    def panel(self) -> pl.DataFrame:
        return contracts.read(self.settings(), USE_CASE)

    def doubted(self, rows: pl.Expr) -> pl.DataFrame:
        """Return the panel with rows whose target cannot be trusted."""
        names = self.settings().panel
        if names.untrusted:
            flag = pl.when(rows).then(statement=True).otherwise(names.untrusted)
            return self.panel.with_columns(flag.alias(names.untrusted))
        none = pl.when(rows).then(None).otherwise(names.target)
        return self.panel.with_columns(none.alias(names.target))

    @property
    def newest(self) -> date:
        return contracts.newest_run_date(self.settings(), self.panel)

    def point(self, version: str) -> None:
        self.registry.point("champion", version)

    def partitions(self) -> dict[str, bytes]:
        folder = self.data / "forecasts"
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }


@pytest.fixture(scope="session")
def _trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = Project(tmp_path_factory.mktemp("trained") / "data")
    own, registry = project.settings(), project.registry
    assert training.train(own, USE_CASE, registry) == FIRST
    assert training.train(own, USE_CASE, registry, seed=8) == SECOND
    assert training.train(own, Like(fit=shuffled), registry) == WORSE
    project.point(FIRST)
    return project.data


@pytest.fixture(scope="session")
def shared(_trained: Path) -> Project:
    """A project for tests that write nothing; version 1 is champion."""
    return Project(_trained)


@pytest.fixture
def project(_trained: Path, tmp_path: Path) -> Project:
    """A project whose registry holds three versions; the first is champion."""
    shutil.copytree(_trained, tmp_path / "data")
    return Project(tmp_path / "data")


@pytest.fixture
def full() -> Iterator[None]:
    """No file may grow beyond a block, which is how a full disk looks to whoever writes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def changed(project: Project) -> Callable[[pl.DataFrame], Settings]:
    """Puts another panel in the place of the project's."""

    def put(panel: pl.DataFrame) -> Settings:
        panel.write_parquet(project.settings().place)
        return project.settings()

    return put
