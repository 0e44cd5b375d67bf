from pathlib import Path

import pytest

from tests.templates.real_tools import projects
from tests.templates.rendering import render


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A locked project whose first version answers; tests leave it as it is."""
    project = render("online-serving", tmp_path_factory.mktemp("trained"))
    projects.lock(project)
    projects.train(project)
    return project


@pytest.fixture(scope="session")
def forecasting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A locked batch project with a champion and a forecast; tests leave it as it is."""
    project = render("batch", tmp_path_factory.mktemp("forecasting"))
    projects.lock(project)
    projects.install(project)
    projects.verb(project, "train", "--promote")
    projects.verb(project, "score")
    return project
