"""`deploy-databricks.yml` as a batch project calls it, run by act, the workspace written down."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.templates.real_tools import projects, workflows
from tests.templates.real_tools.pipelines import Outcome, act
from tests.templates.real_tools.toolbox import path_with_this_environment, tool
from tests.templates.rendering import render

pytestmark = [pytest.mark.tools, pytest.mark.xdist_group("act")]

SECRET = "whisper $(it) 'quoted'"
TEAMS = {"norda": "norda-forecasting", "velora": "velora-pricing", "kitto": "kitto-marketing"}
JOBS = {"training.job.yml", "scoring.job.yml", "monitoring.job.yml", "data.yml"}


@dataclass(frozen=True)
class Deployment:
    """One run: how it ended, and what it asked of the workspace."""

    outcome: Outcome
    recorded: Path

    def lines(self, name: str) -> list[str]:
        file = self.recorded / name
        return file.read_text().splitlines() if file.exists() else []

    @property
    def environment(self) -> dict[str, str]:
        return dict(line.split("=", 1) for line in self.lines("environment"))


def deploy(
    folder: Path, brand: str, *options: str, ends: int = 0, table: str = "true", **changed: str
) -> Deployment:
    """Deploy a project of a brand to dev, as its own deploy.yml does; `changed` are inputs."""
    project = render("batch", folder, brand=brand, team=TEAMS[brand], databricks=True)
    job = workflows.read(project / ".github/workflows/deploy.yml")["jobs"]["deploy-dev"]
    del job["needs"]
    job["with"] |= changed
    probe = {"name": "Probe", "on": "workflow_dispatch", "jobs": {"deploy": job}}
    (project / ".github/workflows/probe.yml").write_text(yaml.safe_dump(probe))
    projects.commit(project)
    commands, recorded = folder / "bin", folder / "recorded"
    for place in (commands, recorded):
        place.mkdir()
    shutil.copy(Path(__file__).with_name("recorded_command.sh"), commands / "databricks")
    tool("jq")
    env = {
        "PATH": os.pathsep.join([str(commands), path_with_this_environment()]),
        "RECORDED": str(recorded),
        "ROLLOUT": str(ends),
        "TABLE_EXISTS": table,
    }
    known = [
        f"--var={brand.upper()}_DEV_CLIENT_ID=client-1",
        "--var=IDENTITY_TENANT=tenant-1",
        f"--secret={brand.upper()}_DEV_CLIENT_SECRET={SECRET}",
    ]
    outcome = act(
        project, "workflow_dispatch", "probe.yml", *known, *options,
        stubs=folder / "stubs", env=env,
    )  # fmt: skip
    return Deployment(outcome, recorded)


@pytest.mark.parametrize(
    ("brand", "changed", "identity"),
    [
        ("norda", {}, {"DATABRICKS_AUTH_TYPE": "github-oidc", "DATABRICKS_CLIENT_ID": "client-1"}),
        ("velora", {}, {"DATABRICKS_AUTH_TYPE": "github-oidc", "DATABRICKS_CLIENT_ID": "client-1"}),
        (
            "kitto",
            {},
            {
                "DATABRICKS_AUTH_TYPE": "oauth-m2m",
                "DATABRICKS_CLIENT_ID": "client-1",
                "DATABRICKS_CLIENT_SECRET": SECRET,
            },
        ),
        (
            "kitto",
            {"cloud": "azure"},
            {
                "DATABRICKS_AUTH_TYPE": "azure-client-secret",
                "ARM_CLIENT_ID": "client-1",
                "ARM_CLIENT_SECRET": SECRET,
                "ARM_TENANT_ID": "tenant-1",
            },
        ),
    ],
)
def test_both_ways_to_prove_who_deploys_lead_to_the_workspace(
    tmp_path: Path, brand: str, changed: dict[str, str], identity: dict[str, str]
) -> None:
    deployment = deploy(tmp_path, brand, **changed)

    assert deployment.outcome.code == 0, deployment.outcome.log[-3000:]
    found = deployment.environment
    assert found["BUNDLE_VAR_service_principal"] == "client-1"
    assert found["DATABRICKS_HOST"].startswith("https://")
    assert {name: found.get(name) for name in identity} == identity
    assert ("DATABRICKS_CLIENT_SECRET" in found) is ("DATABRICKS_CLIENT_SECRET" in identity)
    everything = "\n".join(deployment.lines("commands")) + deployment.outcome.log
    assert SECRET not in everything


def test_the_bundle_is_judged_and_shown_before_it_is_deployed(tmp_path: Path) -> None:
    deployment = deploy(tmp_path, "norda")

    asked = [line.split(" --target ")[0] for line in deployment.lines("commands")]
    assert asked[1:] == [
        "databricks bundle validate --strict",
        "databricks bundle plan",
        "databricks bundle deploy",
        "databricks bundle summary",
    ]
    assert all("--target dev" in line for line in deployment.lines("commands"))
    assert set(deployment.lines("resources")) == {*JOBS, "monitor.yml"}


def test_the_monitor_waits_for_the_table_that_it_watches(tmp_path: Path) -> None:
    deployment = deploy(tmp_path, "norda", table="false")

    assert deployment.outcome.code == 0, deployment.outcome.log[-3000:]
    assert "tables exists dev.norda_demand_forecasting.forecasts" in deployment.lines("commands")[0]
    assert set(deployment.lines("resources")) == JOBS


def test_a_bundle_that_is_refused_is_red_and_says_what_runs_on(tmp_path: Path) -> None:
    deployment = deploy(tmp_path, "norda", ends=1)

    assert deployment.outcome.failed == ["Deploy"]
    assert "the jobs of the deployment before run on" in deployment.outcome.log


@pytest.mark.parametrize(
    ("brand", "option", "changed", "named"),
    [
        ("norda", "--var=NORDA_DEV_CLIENT_ID=", {}, "the input client-id is missing"),
        ("kitto", "--secret=KITTO_DEV_CLIENT_SECRET=", {}, "the secret client-secret is missing"),
        ("kitto", "--var=IDENTITY_TENANT=", {"cloud": "azure"}, "IDENTITY_TENANT is missing"),
        ("norda", "--var=OTHER=", {"auth": "password"}, "auth 'password' is neither oidc nor"),
        ("norda", "--var=OTHER=", {"host": "http://w.example"}, "is no https address"),
        ("norda", "--var=OTHER=", {"host": "https://w.example/$(id)"}, "is no https address"),
    ],
)
def test_a_missing_setting_is_named_before_anything_happens(
    tmp_path: Path, brand: str, option: str, changed: dict[str, str], named: str
) -> None:
    deployment = deploy(tmp_path, brand, option, **changed)

    assert deployment.outcome.failed == ["The settings that a deployment needs"]
    assert named in deployment.outcome.log
    assert deployment.lines("commands") == []
