"""A fresh project's pull request is green, and each fault turns its own step red."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from modelwright import __version__
from tests.nightly import nightly
from tests.templates.real_tools import projects
from tests.templates.real_tools.faults import FAULTS, Fault
from tests.templates.real_tools.pipelines import act
from tests.templates.real_tools.toolbox import run
from tests.templates.rendering import render

pytestmark = [pytest.mark.tools, pytest.mark.xdist_group("act")]

ARCHETYPES = ["online-serving", "batch", "streaming-recommendation"]
STEPS = [
    *("Check it", "Lint the Dockerfile", "Build"),
    *("Lock file in sync", "Secret scan", "Install", "Wheel", "Lint", "Format", "Types", "Tests"),
]
# The gate tries one fault of each step; what finds a fault is the same for every archetype.
IN_THE_GATE = {fault.step: fault for fault in reversed(FAULTS)}


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return a locked project of an archetype, made once."""

    @functools.cache
    def of(archetype: str) -> Path:
        # Of the version at hand, so that drift from it is judged.
        project = render(archetype, tmp_path_factory.mktemp("fresh"), f"v{__version__}")
        projects.lock(project)
        address = f"https://github.com/halden-retail/{project.name}"
        run("git", "remote", "add", "origin", address, cwd=project)
        return project

    return of


@pytest.fixture
def project(request: pytest.FixtureRequest, fresh: Callable[[str], Path], tmp_path: Path) -> Path:
    """A copy of one archetype's project, to spoil."""
    made = fresh(request.param)
    return Path(shutil.copytree(made, tmp_path / made.name, symlinks=True))


# In the gate the other archetype's is the pushed project's of tests/github/test_button.py.
@pytest.mark.parametrize(
    "project",
    [pytest.param(one, marks=nightly("minutes of act", unless=one == "batch")) for one in ARCHETYPES],
    indirect=True,
)
def test_the_pull_request_of_a_fresh_project_is_green(project: Path, tmp_path: Path) -> None:
    outcome = act(project, "pull_request", "ci.yml", stubs=tmp_path / "stubs")

    assert outcome.failed == [], outcome.log[-4000:]
    assert outcome.code == 0
    assert {name for name in outcome.steps if name in STEPS} == set(STEPS)


def in_the_gate(archetype: str, fault: Fault) -> bool:
    return archetype == "online-serving" and IN_THE_GATE[fault.step] is fault


@pytest.mark.parametrize(
    ("project", "fault"),
    [
        pytest.param(
            archetype,
            fault,
            id=f"{archetype}: {fault.name}",
            marks=nightly("minutes of act", unless=in_the_gate(archetype, fault)),
        )
        for archetype in ARCHETYPES
        for fault in FAULTS
    ],
    indirect=["project"],
)
def test_a_fault_turns_its_own_step_red(project: Path, tmp_path: Path, fault: Fault) -> None:
    fault.make(project)
    run("git", "add", "--all", cwd=project)

    outcome = act(project, "pull_request", "ci.yml", "--job", fault.job, stubs=tmp_path / "stubs")

    assert outcome.failed == [fault.step], outcome.log[-4000:]
    assert outcome.code != 0
    assert fault.says in outcome.log


def test_every_archetype_has_at_least_fifteen_faults() -> None:
    assert len({fault.make for fault in FAULTS}) == len(FAULTS) >= 15
