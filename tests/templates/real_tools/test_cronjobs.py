"""A batch project on a cluster: one job for each verb, and a repeated run does no harm."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.templates.real_tools import manifests
from tests.templates.rendering import render, sample_policy

pytestmark = pytest.mark.tools

LONGEST_NAME = 52  # Kubernetes appends eleven characters to a CronJob's name for its jobs
VERBS = ["drift", "feedback", "freshness", "score", "train"]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render("batch", tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def jobs(project: Path) -> list[manifests.Manifest]:
    objects = manifests.build(project / "deploy/k8s/overlays/prod")
    return [each for each in objects if each["kind"] == "CronJob"]


def test_there_is_one_job_for_each_verb(project: Path, jobs: list[manifests.Manifest]) -> None:
    started = [container["args"][0] for container in manifests.containers(jobs)]

    assert started == VERBS
    assert [job["metadata"]["name"] for job in jobs] == [f"{project.name}-{v}" for v in VERBS]
    command_line = next(project.glob("src/*/runtime/cli.py")).read_text()
    assert all(re.search(rf'verb\(\s*"{verb}",', command_line) for verb in started)


def test_a_run_is_alone_ends_and_is_not_repeated_for_nothing(
    jobs: list[manifests.Manifest],
) -> None:
    for job in jobs:
        run = job["spec"]["jobTemplate"]["spec"]
        ignored, refused = run["podFailurePolicy"]["rules"]
        assert job["spec"]["concurrencyPolicy"] == "Forbid"
        assert job["spec"]["timeZone"] == "Etc/UTC"
        assert job["spec"]["startingDeadlineSeconds"] >= run["activeDeadlineSeconds"] > 0
        assert ignored["action"] == "Ignore"
        assert refused["onExitCodes"]["values"] == [1, 2, 3]
        assert run["template"]["spec"]["restartPolicy"] == "Never"


def test_what_is_written_outlives_the_pod(jobs: list[manifests.Manifest], project: Path) -> None:
    for pod in manifests.pods(jobs):
        (data,) = [v for v in pod["spec"]["volumes"] if v["name"] == "data"]
        assert data["persistentVolumeClaim"]["claimName"] == project.name
        (container,) = pod["spec"]["containers"]
        assert {"name": "data", "mountPath": "/data"} in container["volumeMounts"]


@pytest.mark.parametrize(
    ("brand", "team"), [("norda", "norda-forecasting"), ("kitto", "kitto-marketing")]
)
def test_numbers_are_pushed_where_somebody_collects_them(
    tmp_path: Path, brand: str, team: str
) -> None:
    objects = manifests.build(
        render("batch", tmp_path, brand=brand, team=team) / "deploy/k8s/overlays/prod"
    )
    gateway = manifests.of_kind(objects, "ConfigMap")["data"].get("BATCH_PUSHGATEWAY")
    ports = {
        port["port"]
        for rule in manifests.of_kind(objects, "NetworkPolicy")["spec"]["egress"]
        for port in rule["ports"]
    }

    assert bool(gateway) is (brand == "norda")
    assert (9091 in ports) is (brand == "norda")


def test_nothing_is_scheduled_where_jobs_are_started_by_hand(project: Path) -> None:
    suspended = {
        environment: {
            each["spec"]["suspend"]
            for each in manifests.build(project / "deploy/k8s/overlays" / environment)
            if each["kind"] == "CronJob"
        }
        for environment in ("dev", "staging", "prod")
    }

    assert suspended == {"dev": {True}, "staging": {False}, "prod": {False}}


def test_the_longest_name_that_the_policy_allows_makes_a_legal_job(tmp_path: Path) -> None:
    naming = sample_policy()["naming"]
    longest = naming["repository"]["max_length"] - len("norda--batch")

    project = render("batch", tmp_path, use_case="d" * longest)

    assert len(project.name) == naming["repository"]["max_length"]
    names = [
        each["metadata"]["name"]
        for each in manifests.build(project / "deploy/k8s/overlays/prod")
        if each["kind"] == "CronJob"
    ]
    assert max(map(len, names)) <= LONGEST_NAME
    (rule,) = [each for each in naming["derived"] if each["id"] == "NAM104"]
    assert max(map(len, names)) == len(rule["value"].replace("{repository}", project.name))
    assert rule["max_length"] == LONGEST_NAME


def test_the_alerts_watch_the_names_of_these_jobs(
    jobs: list[manifests.Manifest], project: Path
) -> None:
    rules = yaml.safe_load((project / "monitoring/alerts.yml").read_text())["groups"][0]["rules"]
    (watched,) = [rule["expr"] for rule in rules if rule["alert"] == "RunFails"]
    pattern = re.search(r'job_name=~"([^"]+)"', watched)

    assert pattern
    for job in jobs:
        assert re.fullmatch(pattern[1], f"{job['metadata']['name']}-29000000")
