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
