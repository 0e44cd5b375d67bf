"""A fresh project's pull request is green, and each fault turns its own step red."""

from __future__ import annotations

import functools
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.templates.real_tools import projects
from tests.templates.real_tools.pipelines import act
from tests.templates.real_tools.toolbox import run
from tests.templates.rendering import render

pytestmark = [pytest.mark.tools, pytest.mark.xdist_group("act")]

STEPS = ["Lock file in sync", "Install", "Lint", "Format", "Types", "Tests", "Wheel"]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return a locked project of an archetype, made once."""

    @functools.cache
    def of(archetype: str) -> Path:
        project = render(archetype, tmp_path_factory.mktemp("fresh"))
        projects.lock(project)
        return project

    return of


@pytest.fixture(params=["online-serving"])
def project(request: pytest.FixtureRequest, fresh: Callable[[str], Path], tmp_path: Path) -> Path:
    """A copy to spoil; a test that names other archetypes runs on each of them."""
    made = fresh(request.param)
    return Path(shutil.copytree(made, tmp_path / made.name, symlinks=True))


EACH = pytest.mark.parametrize("project", ["online-serving", "batch"], indirect=True)


@EACH
def test_the_pull_request_of_a_fresh_project_is_green(project: Path, tmp_path: Path) -> None:
    outcome = act(project, "pull_request", "ci.yml", "--job", "python", stubs=tmp_path / "stubs")

    assert outcome.failed == [], outcome.log[-4000:]
    assert outcome.code == 0
    assert [name for name in outcome.steps if name in STEPS] == STEPS


def without_lock(project: Path) -> None:
    (project / "uv.lock").unlink()


def another_dependency(project: Path) -> None:
    pyproject = project / "pyproject.toml"
    text = pyproject.read_text()
    pyproject.write_text(text.replace("dependencies = [\n", 'dependencies = [\n  "idna>=3",\n', 1))


def unused_import(project: Path) -> None:
    module = first_module(project)
    module.write_text(module.read_text() + "\nimport fractions\n")


def bad_format(project: Path) -> None:
    module = first_module(project)
    module.write_text(module.read_text() + "\nspaces  =  1\n")


def wrong_type(project: Path) -> None:
    module = first_module(project)
    module.write_text(module.read_text() + '\n\nnumber: int = "text"\n')


def failing_test(project: Path) -> None:
    broken = "def test_that_fails() -> None:\n    assert sum([1, 1]) == 3\n"
    for file in (project / "tests").glob("test_*.py"):
        file.unlink()
    (project / "tests" / "test_broken.py").write_text(broken)


def missing_tests(project: Path) -> None:
    enough = "def test_that_passes() -> None:\n    assert sum([1, 1]) == 2\n"
    for file in (project / "tests").glob("test_*.py"):
        file.unlink()
    (project / "tests" / "test_little.py").write_text(enough)


def no_threshold_of_its_own(project: Path) -> None:
    missing_tests(project)
    pyproject = project / "pyproject.toml"
    pyproject.write_text(re.sub(r"fail_under = \d+", "fail_under = 0", pyproject.read_text()))


def first_module(project: Path) -> Path:
    return project / "src" / projects.package(project) / "features.py"


FAULTS = [
    (without_lock, "Lock file in sync"),
    (another_dependency, "Lock file in sync"),
    (unused_import, "Lint"),
    (bad_format, "Format"),
    (wrong_type, "Types"),
    (failing_test, "Tests"),
    (missing_tests, "Tests"),
    (no_threshold_of_its_own, "Tests"),
]


@pytest.mark.parametrize(
    ("project", "fault", "step"),
    [
        *(("online-serving", *each) for each in FAULTS),
        *(("batch", *each) for each in FAULTS if each[0] in (wrong_type, failing_test)),
    ],
    indirect=["project"],
)
def test_a_fault_turns_its_own_step_red(
    project: Path, tmp_path: Path, fault: Callable[[Path], None], step: str
) -> None:
    fault(project)
    run("git", "add", "--all", cwd=project)

    outcome = act(project, "pull_request", "ci.yml", "--job", "python", stubs=tmp_path / "stubs")

    assert outcome.failed == [step], outcome.log[-4000:]
    assert outcome.code != 0


def test_a_missing_lock_file_is_explained(project: Path, tmp_path: Path) -> None:
    without_lock(project)

    outcome = act(project, "pull_request", "ci.yml", "--job", "python", stubs=tmp_path / "stubs")

    assert "uv.lock is missing: run 'uv lock' in the project and commit uv.lock" in outcome.log
