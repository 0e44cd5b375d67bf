"""The training job's task runs a verb of this project, and fails when the verb does."""

import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from {{ cookiecutter.package_name }}.runtime import cli, databricks

ROOT = Path(__file__).parents[1]
JOB = yaml.safe_load((ROOT / "resources/training.job.yml").read_text())["resources"]["jobs"]
FACTS = [f"--root={ROOT}", "--target=dev", "--commit=abc", "--job=1", "--run=2"]


def test_the_task_runs_a_verb_that_there_is():
    (task,) = JOB["training"]["tasks"]
    wheel = task["python_wheel_task"]
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]

    names = [fact.split("=")[0] for fact in FACTS]
    assert [part.split("=")[0] for part in wheel["parameters"][:-1]] == names
    _, verb = databricks.parse([*FACTS, wheel["parameters"][-1]])
    assert cli._parser().parse_args(verb).run
    assert scripts[wheel["entry_point"]] == f"{databricks.__name__}:main"


def test_models_go_to_the_catalogue_and_the_configuration_is_found():
    found = databricks.surroundings(databricks.parse(FACTS)[0])

    assert found["SERVICE_ROOT"] == str(ROOT)
    assert found["SERVICE_MODEL_NAME"] == "dev.{{ cookiecutter.__d.schema }}.{{ cookiecutter.__d.model_name }}"
    assert found["MLFLOW_REGISTRY_URI"] == "databricks-uc"


@pytest.mark.parametrize("code", [0, 3])
def test_a_verb_that_fails_fails_its_task(monkeypatch, code):
    monkeypatch.setattr(databricks, "surroundings", lambda _: {})
    monkeypatch.setattr(databricks.cli, "main", lambda _: code)
    monkeypatch.setattr(sys, "argv", ["task", *FACTS, "train"])

    if not code:
        databricks.main()
        return
    with pytest.raises(SystemExit) as ended:
        databricks.main()
    assert ended.value.code == code
