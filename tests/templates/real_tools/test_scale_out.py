"""Spark gives what one machine gives, bit for bit; the bundle holds only what Databricks knows."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.templates.real_tools import projects
from tests.templates.real_tools.toolbox import java_home, run
from tests.templates.rendering import render

pytestmark = [pytest.mark.tools, pytest.mark.slow, pytest.mark.xdist_group("spark")]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A batch project for Databricks, installed with Spark."""
    made = render("batch", tmp_path_factory.mktemp("spark"), databricks=True)
    projects.lock(made)
    run("uv", "sync", "--quiet", "--group", "spark", cwd=made, env=projects.ON_THIS_PYTHON)
    return made


def own_tests(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run tests of the project on its own interpreter, with a Java that Spark is at home on."""
    python = project / ".venv" / "bin" / "python"
    env = {"JAVA_HOME": java_home(), "VIRTUAL_ENV": "", "PYTHONPATH": ""}
    command = (python, "-m", "pytest", "-q", "--no-cov", *arguments)
    return run(*command, cwd=project, env=env, check=False, timeout=1200)


def test_the_project_s_own_proof_passes_and_skips_nothing(project: Path) -> None:
    done = own_tests(project, "tests/test_spark.py", "tests/test_bundle.py")

    assert done.returncode == 0, done.stdout[-6000:]
    assert re.search(r"\d+ passed", done.stdout)
    assert "skipped" not in done.stdout


@pytest.mark.parametrize(
    ("file", "old", "new", "test"),
    [
        (
            "runtime/spark.py",
            "SERIES_OF_A_PART + 2, *keys)",
            "SERIES_OF_A_PART + 2)",
            "tests/test_spark.py::test_many_workers_forecast_what_one_machine_does",
        ),
        (
            "runtime/databricks.py",
            "raise SystemExit(code)",
            "return",
            "tests/test_bundle.py::test_a_verb_that_fails_fails_its_task",
        ),
    ],
)
def test_a_mutation_turns_its_test_red(
    project: Path, file: str, old: str, new: str, test: str
) -> None:
    path = project / "src" / projects.package(project) / file
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))

    try:
        done = own_tests(project, test)
    finally:
        path.write_text(text)

    assert done.returncode == 1, done.stdout[-3000:]
    assert "1 failed" in done.stdout


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("max_concurrent_runs:", "max_concurent_runs:", "max_concurent_runs"),
        ("- freshness", "- freshnes", "freshnes"),
        ("        project: norda", "        project: other-norda", "other-norda"),
        ("budget_policy_id: ${var.budget_policy_id}", "description: free", "budget_policy_id"),
    ],
)
def test_a_fault_in_the_bundle_is_found_by_the_project(
    project: Path, old: str, new: str, named: str
) -> None:
    path = project / "resources" / "monitoring.job.yml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))

    try:
        done = own_tests(project, "tests/test_bundle.py")
    finally:
        path.write_text(text)

    assert done.returncode == 1, done.stdout[-3000:]
    assert named in done.stdout
