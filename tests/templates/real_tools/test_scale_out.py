"""Spark gives what one machine gives, bit for bit; the bundle holds only what Databricks knows."""

from __future__ import annotations

import contextlib
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.nightly import nightly
from tests.templates.real_tools import projects
from tests.templates.real_tools.toolbox import java_home, run
from tests.templates.rendering import render

pytestmark = [pytest.mark.tools, pytest.mark.slow, pytest.mark.xdist_group("spark")]

AT_NIGHT = nightly("each starts a Spark of its own")
# One run finds them all: a file of its own for each that would hide another.
FAULTS = [
    ("resources/monitoring.job.yml", "max_concurrent_runs:", "max_concurent_runs:"),
    ("resources/monitoring.job.yml", "- freshness", "- freshnes"),
    ("resources/training.job.yml", "        project: norda", "        project: other-norda"),
    ("resources/scoring.job.yml", "budget_policy_id: ${var.budget_policy_id}", "description: free"),
    ("runtime/databricks.py", "raise SystemExit(code)", "return"),
]
FOUND = {
    "test_every_resource_is_one_that_databricks_knows[jobs: monitoring]",
    "test_every_task_runs_a_verb_that_there_is",
    "test_every_job_says_who_pays_and_what_happens_when_it_fails[training]",
    "test_every_job_says_who_pays_and_what_happens_when_it_fails[rollback]",
    "test_every_job_says_who_pays_and_what_happens_when_it_fails[scoring]",
    "test_every_job_says_who_pays_and_what_happens_when_it_fails[backfill]",
    "test_a_verb_that_fails_fails_its_task",
}


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


def failed(done: subprocess.CompletedProcess[str]) -> set[str]:
    """Return the names of the tests that failed."""
    return set(re.findall(r"^FAILED tests/\w+\.py::(\w+(?:\[[^]]*\])?)", done.stdout, re.MULTILINE))


@contextlib.contextmanager
def mutated(project: Path, *changes: tuple[str, str, str]) -> Iterator[None]:
    """Lend the project with these texts replaced; each must be there."""
    source = project / "src" / projects.package(project)
    before: dict[Path, str] = {}
    try:
        for file, old, new in changes:
            path = (source if file.startswith("runtime/") else project) / file
            text = path.read_text()
            before.setdefault(path, text)
            assert old in text, f"{file} no longer holds {old!r}"
            path.write_text(text.replace(old, new))
        yield
    finally:
        for path, text in before.items():
            path.write_text(text)


def test_the_project_s_own_proof_passes_and_skips_nothing(project: Path) -> None:
    done = own_tests(project, "tests/test_spark.py", "tests/test_bundle.py")

    assert done.returncode == 0, done.stdout[-6000:]
    assert re.search(r"\d+ passed", done.stdout)
    assert "skipped" not in done.stdout


def test_every_fault_in_the_bundle_is_found_by_the_project(project: Path) -> None:
    with mutated(project, *FAULTS):
        done = own_tests(project, "tests/test_bundle.py")

    assert failed(done) == FOUND, done.stdout[-6000:]


@AT_NIGHT
@pytest.mark.parametrize(
    ("old", "new", "test"),
    [
        (
            "frame.repartition(parts, *keys)",
            "frame.repartition(parts)",
            "test_many_workers_forecast_what_one_machine_does",
        ),
        (
            "own, as_of, seed=seed, progress=quiet",
            "own, as_of, seed=seed + 1, progress=quiet",
            "test_workers_learn_what_one_machine_learns_segment_by_segment",
        ),
        (
            "place.unlink(missing_ok=True)",
            "pass",
            "test_what_fails_on_a_worker_is_named_and_leaves_nothing_behind",
        ),
        (
            'writer.overwrite(sql.col("run_date") == sql.lit(run_date))',
            "writer.append()",
            "test_a_run_date_that_is_published_again_takes_its_own_place",
        ),
        (
            'writer.overwrite(sql.col("run_date") == sql.lit(run_date))',
            "writer.overwrite(sql.lit(True))",
            "test_a_run_date_that_is_published_again_takes_its_own_place",
        ),
    ],
)
def test_a_mutation_of_the_scale_out_turns_its_test_red(
    project: Path, old: str, new: str, test: str
) -> None:
    with mutated(project, ("runtime/spark.py", old, new)):
        done = own_tests(project, f"tests/test_spark.py::{test}")

    assert failed(done) == {test}, done.stdout[-3000:]
