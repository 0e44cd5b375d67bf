"""Three small versions are trained once; every test that writes gets a copy of them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import hypothesis
import numpy as np
import pytest
from pydantic import BaseModel
from starlette.testclient import TestClient

from {{ cookiecutter.package_name }}.runtime import (
    Examples,
    settings,
    training,
)
from {{ cookiecutter.package_name }}.runtime.cli import USE_CASE
from {{ cookiecutter.package_name }}.runtime.registry import Registry
from {{ cookiecutter.package_name }}.runtime.server import application
from {{ cookiecutter.package_name }}.runtime.settings import Settings
from {{ cookiecutter.package_name }}.runtime.training import promote

ROOT = Path(__file__).parents[1]
ROWS = 1600
KEY = "a-key-of-the-tests"
FIRST, SECOND, WORSE = "1", "2", "3"

# A shared runner is slow at times; speed is the load test's business.
hypothesis.settings.register_profile("project", deadline=None)
hypothesis.settings.load_profile("project")


class Shuffled:
    """The same use case, learning from outcomes that belong to other examples."""

    def __getattr__(self, name: str) -> object:
        return getattr(USE_CASE, name)

    def fit(self, table, target, *, seed):
        return USE_CASE.fit(table, np.random.default_rng(seed).permutation(target), seed=seed)


@dataclass
class Project:
    """A project in a folder of its own: settings, registry, service."""

    data: Path

    def settings(self, **changes: dict[str, object]) -> Settings:
        environ = {"SERVICE_DATA_DIR": str(self.data), "SERVICE_API_KEYS": KEY}
        changes.setdefault("service", {})
        changes["service"] = {"poll_seconds": 0.05, **changes["service"]}
        return settings.load(ROOT, environ, **changes)

    def lenient(self) -> Settings:
        sign = -1.0 if self.settings().gate.higher_is_better else 1.0
        return self.settings(gate={"margin": 1e12, "floor": sign * 1e12})

    @cached_property
    def registry(self) -> Registry:
        return Registry(self.settings())

    def promote(self, version: str, alias: str = "champion") -> None:
        promote(self.lenient(), USE_CASE, self.registry, version, alias=alias)

    def client(self, **changes: dict[str, object]) -> TestClient:
        app = application(self.settings(**changes), USE_CASE, self.registry)
        return TestClient(app, headers={"X-API-Key": KEY})


@pytest.fixture(scope="session")
def _trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = Project(tmp_path_factory.mktemp("trained") / "data")
    own, registry = project.settings(training={"rows": ROWS}), project.registry
    assert training.train(own, USE_CASE, registry, rows=ROWS // 2) == FIRST
    assert training.train(own, USE_CASE, registry) == SECOND
    assert training.train(own, Shuffled(), registry) == WORSE
    project.promote(FIRST)
    return project.data


@pytest.fixture(scope="session")
def shared(_trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project for tests that change nothing but its log."""
    data = tmp_path_factory.mktemp("shared") / "data"
    shutil.copytree(_trained, data)
    return Project(data)


@pytest.fixture(scope="session")
def service(shared: Project) -> Iterator[TestClient]:
    """The running service of `shared`."""
    with shared.client() as client:
        yield client


@pytest.fixture
def project(_trained: Path, tmp_path: Path) -> Project:
    """A project whose registry holds three versions; the first is champion."""
    shutil.copytree(_trained, tmp_path / "data")
    return Project(tmp_path / "data")


@pytest.fixture(scope="session")
def examples() -> Examples[BaseModel]:
    return USE_CASE.examples(11, 400)


@pytest.fixture
def body(examples: Examples[BaseModel]) -> Callable[..., dict[str, object]]:
    """Gives a valid request, with changes."""
    return lambda row=0, **changes: {**examples.requests[row].model_dump(mode="json"), **changes}
