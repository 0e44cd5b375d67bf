"""Spark folds what one machine folds, byte for byte; the bundle holds only what Databricks knows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.nightly import NIGHTLY, nightly
from tests.templates.real_tools import projects
from tests.templates.real_tools.test_scale_out import failed, mutated, own_tests
from tests.templates.real_tools.toolbox import run
from tests.templates.rendering import render
from tests.templates.swapping import swap

pytestmark = [pytest.mark.tools, pytest.mark.slow, pytest.mark.xdist_group("spark")]

AT_NIGHT = nightly("starts a Spark of its own")
FAULTS = [
    ("resources/refresh.job.yml", "max_concurrent_runs:", "max_concurent_runs:"),
    ("resources/refresh.job.yml", "- promote\n", "- promot\n"),
    ("resources/stream.job.yml", "              project: norda", "              project: other-norda"),
    ("runtime/databricks.py", "raise SystemExit(code)", "return"),
]
FOUND = {
    "test_every_resource_is_one_that_databricks_knows[jobs: refresh]",
    "test_every_task_runs_a_verb_that_there_is_with_what_the_lock_file_holds",
    "test_every_job_says_who_pays_and_what_happens_when_it_fails[stream]",
    "test_a_verb_that_fails_fails_its_task",
}
FOLDS = "test_each_store_holds_the_state_of_a_dict_byte_for_byte[by_spark]"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stream for Databricks, installed with Spark and the second method of training."""
    made = render("streaming-recommendation", tmp_path_factory.mktemp("spark"), databricks=True)
    projects.lock(made)
    groups = ("--group", "spark", "--group", "als")
    run("uv", "sync", "--quiet", *groups, cwd=made, env=projects.ON_THIS_PYTHON)
    return made


def test_the_stream_s_own_proof_passes_and_skips_nothing(project: Path) -> None:
    done = own_tests(project, "tests/test_databricks.py")

    assert done.returncode == 0, done.stdout[-6000:]
    assert re.search(r"\d+ passed", done.stdout)
    assert "skipped" not in done.stdout


def test_both_methods_of_training_are_compared(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUIRE_ALS", "yes")
    done = own_tests(project, "tests/test_use_case.py", "-k", "factorisation or both_methods")

    assert done.returncode == 0, done.stdout[-6000:]
    assert "3 passed" in done.stdout


def test_a_use_case_that_asks_more_of_an_event_is_trained_there_too(project: Path) -> None:
    swap(project, projects.package(project), "streaming-recommendation")
    try:
        chosen = "refresh or byte_for_byte" if NIGHTLY else "refresh"
        done = own_tests(project, "tests/test_databricks.py", "-k", chosen)
    finally:
        run("git", "checkout", "--quiet", "--", ".", cwd=project)

    assert done.returncode == 0, done.stdout[-6000:]
    assert re.search(r"\d passed", done.stdout)


def test_every_fault_in_the_stream_s_bundle_is_found_by_the_project(project: Path) -> None:
    with mutated(project, *FAULTS):
        done = own_tests(project, "tests/test_databricks.py", "-k", "every or fails")

    assert failed(done) == FOUND, done.stdout[-6000:]


@AT_NIGHT
@pytest.mark.parametrize(
    ("old", "new", "tests"),
    [
        ("state.update((after.dump(),))", "state.update((b'',))", {FOLDS}),
        ("folded(use_case, before, ordered)", "folded(use_case, None, ordered)", {FOLDS}),
        (
            "refused.reason, str(refused), key, value",
            "'malformed', str(refused), key, value",
            {"test_what_is_no_event_is_refused_for_the_same_reason"},
        ),
    ],
)
def test_a_mutation_of_the_spark_fold_turns_its_test_red(
    project: Path, old: str, new: str, tests: set[str]
) -> None:
    with mutated(project, ("runtime/spark.py", old, new)):
        done = own_tests(project, "tests/test_databricks.py", "-k", "byte_for_byte or no_event")

    assert tests <= {name for name in failed(done)} | errored(done.stdout), done.stdout[-3000:]


def errored(said: str) -> set[str]:
    """Return the names of the tests whose fixture failed."""
    return set(re.findall(r"^ERROR tests/\w+\.py::(\w+(?:\[[^]]*\])?)", said, re.MULTILINE))
