"""What options add: a training job, a compose file, a development container, a dashboard."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.templates.real_tools.scraping import alerts_of
from tests.templates.real_tools.toolbox import library, run, tool
from tests.templates.rendering import CASES, render, sample_of, sample_policy

pytestmark = pytest.mark.tools

OPTIONAL = {
    ("online-serving", "databricks"): [
        *("databricks.yml", "resources/training.job.yml"),
        *("src/fraud_scoring/runtime/databricks.py", "tests/test_databricks.py"),
        *("notebooks/explore.py", "tests/test_notebooks.py"),
    ],
    ("online-serving", "compose"): ["compose.yaml"],
    ("online-serving", "devcontainer"): [".devcontainer/devcontainer.json"],
    ("online-serving", "dashboards"): [
        "monitoring/dashboard.json",
        "monitoring/alerts_test.yml",
        "monitoring/slo.yml",
    ],
    ("streaming-recommendation", "compose"): ["compose.yaml"],
    ("streaming-recommendation", "databricks"): [
        "databricks.yml",
        *(f"resources/{n}.yml" for n in ("data", "refresh.job", "stream.job")),
        *(f"src/recommendations/runtime/{n}.py" for n in ("databricks", "spark")),
        *("notebooks/explore.py", "tests/test_databricks.py", "tests/test_notebooks.py"),
    ],
    ("streaming-recommendation", "devcontainer"): [".devcontainer/devcontainer.json"],
    ("streaming-recommendation", "dashboards"): [
        "monitoring/dashboard.json",
        "monitoring/alerts_test.yml",
        "monitoring/slo.yml",
    ],
    ("batch", "dashboards"): ["monitoring/alerts_test.yml"],
    ("batch", "databricks"): [
        "databricks.yml",
        *(f"resources/{n}.yml" for n in ("data", "monitor")),
        *(f"resources/{n}.job.yml" for n in ("monitoring", "scoring", "training")),
        *(f"src/demand_forecasting/runtime/{n}.py" for n in ("databricks", "spark")),
        *(f"notebooks/{n}.py" for n in ("explain", "explore")),
        *(f"tests/test_{n}.py" for n in ("bundle", "notebooks", "spark")),
    ],
}
# The jobs of a batch project run in one place.
TAKEN_AWAY = {("batch", "databricks"): (".dockerignore", "Dockerfile", "deploy/")}


@pytest.mark.parametrize(("archetype", "option"), OPTIONAL)
def test_an_option_adds_its_files_and_only_these(
    tmp_path: Path, archetype: str, option: str
) -> None:
    without = files(render(archetype, tmp_path / "without"))
    given = files(render(archetype, tmp_path / "given", **{option: True}))

    gone = TAKEN_AWAY.get((archetype, option), ())
    assert given - without == set(OPTIONAL[archetype, option])
    assert all(path.startswith(gone or "-") for path in without - given)
    assert bool(without - given) is bool(gone)


def files(project: Path) -> set[str]:
    return {f.relative_to(project).as_posix() for f in project.rglob("*") if f.is_file()}


@pytest.mark.parametrize(("archetype", "variation"), CASES)
def test_every_yaml_and_json_file_can_be_read(
    tmp_path: Path, archetype: str, variation: str
) -> None:
    project = render(archetype, tmp_path, **sample_of(archetype, variation))

    for file in project.rglob("*"):
        if file.suffix in (".yml", ".yaml"):
            assert list(yaml.safe_load_all(file.read_text())), file
        if file.suffix == ".json":
            assert json.loads(file.read_text()), file


def bundle(project: Path, target: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a bundle's target, and its training job with the target's variables in place."""
    whole = yaml.safe_load((project / "databricks.yml").read_text())
    chosen = whole["targets"][target]
    text = (project / "resources/training.job.yml").read_text()
    text = text.replace("${bundle.target}", target)
    for name, value in chosen["variables"].items():
        text = text.replace(f"${{var.{name}}}", value)
    known = {"${workspace.file_path}", "${bundle.git.commit}"}
    assert set(re.findall(r"\$\{[^}]*\}", text)) == known
    return chosen, yaml.safe_load(text)["resources"]["jobs"]["training"]


@pytest.mark.parametrize(
    ("brand", "team"),
    [("norda", "norda-fraud"), ("velora", "velora-search"), ("kitto", "kitto-marketing")],
)
@pytest.mark.parametrize("target", ["dev", "staging", "prod"])
def test_the_training_job_is_valid_and_tagged_where_it_runs(
    tmp_path: Path, brand: str, team: str, target: str
) -> None:
    jobs = library("databricks.bundles.jobs", "databricks-bundles")
    project = render("online-serving", tmp_path, brand=brand, team=team, databricks=True)
    chosen, training = bundle(project, target)
    place = sample_policy()["brands"][brand]["databricks"][target]

    jobs.Job.from_dict(training)

    assert chosen["workspace"]["host"] == place["host"]
    assert training["budget_policy_id"] == place["budget_policy_id"]
    assert training["tags"] == chosen["presets"]["tags"]
    assert training["tags"].keys() == sample_policy()["tags"].keys()
    assert training["tags"]["environment"] == target
    centre = sample_policy()["teams"][team]["cost_centre"]
    assert training["tags"]["cost-centre"] == centre


def test_a_misspelt_field_of_a_job_is_refused(tmp_path: Path) -> None:
    jobs = library("databricks.bundles.jobs", "databricks-bundles")
    project = render("online-serving", tmp_path, databricks=True)
    _, training = bundle(project, "dev")

    with pytest.raises(ValueError, match="max_concurent_runs"):
        jobs.Job.from_dict({**training, "max_concurent_runs": 1})


def test_the_job_runs_what_the_project_has(tmp_path: Path) -> None:
    project = render("online-serving", tmp_path, databricks=True)
    _, training = bundle(project, "dev")
    (task,) = training["tasks"]

    wheel = task["python_wheel_task"]
    declared = tomllib.loads((project / "pyproject.toml").read_text())["project"]

    module, function = declared["scripts"][wheel["entry_point"]].split(":")
    assert wheel["package_name"] == declared["name"]
    assert (project / "src" / f"{module.replace('.', '/')}.py").is_file()
    assert (function, wheel["parameters"][-1]) == ("main", "train")
    assert wheel["parameters"][0] == "--root=${workspace.file_path}"


@pytest.mark.parametrize("archetype", ["online-serving", "streaming-recommendation"])
def test_the_compose_file_is_valid_and_listens_only_here(tmp_path: Path, archetype: str) -> None:
    project = render(archetype, tmp_path, compose=True)
    compose = yaml.safe_load((project / "compose.yaml").read_text())

    run(
        tool("check-jsonschema"),
        "--builtin-schema",
        "vendor.compose-spec",
        project / "compose.yaml",
    )

    ports = [port for service in compose["services"].values() for port in service["ports"]]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


@pytest.mark.parametrize("archetype", ["online-serving", "streaming-recommendation"])
def test_the_dashboard_asks_for_what_the_alerts_ask_for(tmp_path: Path, archetype: str) -> None:
    project = render(archetype, tmp_path, dashboards=True)
    board = json.loads((project / "monitoring/dashboard.json").read_text())
    asked = " ".join(t["expr"] for panel in board["panels"] for t in panel["targets"])

    watched = ("service_requests_total", "service_request_seconds_bucket", "service_drift_psi")
    assert all(metric in asked for metric in watched)
    assert f'job="{project.name}"' in asked
    rules = {"groups": [{"name": "board", "rules": [
        {"record": f"board:{number}", "expr": target["expr"]}
        for number, target in enumerate(t for panel in board["panels"] for t in panel["targets"])
    ]}]}  # fmt: skip
    (tmp_path / "board.yml").write_text(yaml.safe_dump(rules))
    run(tool("promtool"), "check", "rules", tmp_path / "board.yml")


@pytest.mark.parametrize("archetype", ["online-serving", "streaming-recommendation"])
def test_the_objectives_name_every_alert_once(tmp_path: Path, archetype: str) -> None:
    monitoring = render(archetype, tmp_path, dashboards=True) / "monitoring"
    objectives = yaml.safe_load((monitoring / "slo.yml").read_text())["objectives"]

    named = [alert for objective in objectives for alert in objective["alerts"]]

    assert sorted(named) == sorted(alerts_of(monitoring / "alerts.yml"))
