{% import 'templates/_shared/tags.jinja' as tags with context -%}
"""The bundle holds only what Databricks knows, tagged; its tasks run this project's verbs."""

import importlib
import importlib.metadata
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from {{ cookiecutter.package_name }}.runtime import cli, databricks

ROOT = Path(__file__).parents[1]
KINDS = {
    "jobs": ("jobs", "Job"),
    "quality_monitors": ("quality_monitors", "QualityMonitor"),
    "registered_models": ("registered_models", "RegisteredModel"),
    "schemas": ("schemas", "Schema"),
    "volumes": ("volumes", "Volume"),
}
BUNDLE = yaml.safe_load((ROOT / "databricks.yml").read_text())
PARTS = [yaml.safe_load(file.read_text()) for file in sorted((ROOT / "resources").glob("*.yml"))]
RESOURCES = [
    pytest.param(kind, body, id=f"{kind}: {name}")
    for part in PARTS
    for kind, found in part["resources"].items()
    for name, body in found.items()
]
JOBS = {name: job for part in PARTS for name, job in part["resources"].get("jobs", {}).items()}
{%- raw %}
GIVEN = {
    "--root=${workspace.file_path}": f"--root={ROOT}",
    "--target=${bundle.target}": "--target=dev",
    "--commit=${bundle.git.commit}": "--commit=abc",
    "--job={{job.id}}": "--job=1",
    "--run={{job.run_id}}": "--run=2",
    "--as-of={{input}}": "--as-of=2026-03-01",
}
{%- endraw %}


def tasks():
    for name, job in JOBS.items():
        for task in job["tasks"]:
            yield name, task.get("for_each_task", {}).get("task", task)["python_wheel_task"]


@pytest.mark.parametrize(("kind", "body"), RESOURCES)
def test_every_resource_is_one_that_databricks_knows(kind, body):
    bundles = pytest.importorskip("databricks.bundles", reason="uv run poe scale-out")
    module, of = KINDS[kind]
    known = getattr(importlib.import_module(f"{bundles.__name__}.{module}"), of)

    assert known.from_dict(body).as_dict()
    with pytest.raises(ValueError, match="misspelt"):
        known.from_dict({**body, "misspelt": 1})


@pytest.mark.parametrize("name", JOBS)
def test_every_job_says_who_pays_and_what_happens_when_it_fails(name):
    job = JOBS[name]
    tags = yaml.safe_load((ROOT / "project.yaml").read_text())["tags"]

    assert {**tags, "{{ tags.environment }}": "${bundle.target}"} == job["tags"]
    for target in BUNDLE["targets"].values():
        assert target["presets"]["tags"].keys() == job["tags"].keys()
        assert target["run_as"] == {"service_principal_name": "${var.service_principal}"}
        assert target["variables"]["budget_policy_id"]
    assert job["budget_policy_id"] == "${var.budget_policy_id}"
    assert job["queue"] == {"enabled": True}
    assert job["timeout_seconds"] > job["health"]["rules"][0]["value"] > 0
    assert job["email_notifications"]["on_failure"]
    assert job["permissions"]


def test_every_task_runs_a_verb_that_there_is():
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]

    for job, task in tasks():
        given = [GIVEN.get(part, part) for part in task["parameters"]]
        assert not [part for part in given if "{" in part], job
        facts, verb = databricks.parse(given)
        assert facts.target == "dev"
        assert cli._parser().parse_args(verb).run
        assert scripts[task["entry_point"]] == f"{databricks.__name__}:main"
        assert task["package_name"] == importlib.metadata.metadata(task["package_name"])["Name"]


def test_every_job_installs_the_wheel_and_exactly_what_the_lock_file_holds():
    for job in JOBS.values():
        (environment,) = job["environments"]
        assert environment["spec"]["dependencies"] == ["-r ../requirements.lock", "../dist/*.whl"]
    assert "requirements.lock" in BUNDLE["artifacts"]["wheel"]["build"]
    assert BUNDLE["sync"]["include"] == ["requirements.lock"]


@pytest.fixture
def task(monkeypatch, tmp_path):
    """Run a task's parameters as Databricks would; files go to a folder of the test."""
    facts = [part for part in GIVEN.values() if not part.startswith("--as-of")]
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    given = {
        **databricks.surroundings(databricks.parse(facts)[0]),
        "BATCH_DATA_DIR": str(tmp_path),
        "MLFLOW_TRACKING_URI": uri,
        "MLFLOW_REGISTRY_URI": uri,
    }
    monkeypatch.setattr(databricks, "surroundings", lambda asked: given)
    for name in given:
        monkeypatch.setenv(name, "put back after the test")

    def run(*verb):
        monkeypatch.setattr(sys, "argv", ["task", *facts, *verb])
        databricks.main()

    return run


def test_a_verb_that_fails_fails_its_task(task, capsys):
    with pytest.raises(SystemExit) as ended:
        task("score")

    assert ended.value.code == 3
    assert "has no champion" in capsys.readouterr().err


def test_a_verb_that_ends_well_ends_its_task_well(task, capsys):
    task("ready")

    assert "sound; champion: none yet" in capsys.readouterr().out


def test_files_go_to_the_volume_and_models_to_the_catalogue():
    facts, _ = databricks.parse([*GIVEN.values()])

    found = databricks.surroundings(facts)

    assert found["BATCH_DATA_DIR"] == "/Volumes/dev/{{ cookiecutter.__d.schema }}/data"
    assert found["BATCH_MODEL_NAME"] == "dev.{{ cookiecutter.__d.schema }}.{{ cookiecutter.__d.model_name }}"
    assert found["MLFLOW_REGISTRY_URI"] == "databricks-uc"
    assert found["DATABRICKS_RUN_ID"] == "2"
