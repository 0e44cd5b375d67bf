"""`deploy-kubernetes.yml` as a project calls it, run by act, the clouds written down."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.templates.real_tools import manifests, projects, workflows
from tests.templates.real_tools.pipelines import Outcome, act
from tests.templates.real_tools.toolbox import path_with_this_environment, tool
from tests.templates.rendering import render

pytestmark = [pytest.mark.tools, pytest.mark.xdist_group("act")]

DIGEST = "sha256:" + 64 * "a"
API_KEYS = "sesame-open"
CLUSTERS = {
    "norda": "/subscriptions/s-1/resourceGroups/ml/providers"
    "/Microsoft.ContainerService/managedClusters/aks-1",
    "velora": "projects/velora-ml/locations/europe-west4/clusters/gke-1",
    "kitto": "arn:aws:eks:eu-central-1:100000000021:cluster/eks-1",
}
TEAMS = {"norda": "norda-fraud", "velora": "velora-search", "kitto": "kitto-marketing"}


@dataclass(frozen=True)
class Deployment:
    """One run: how it ended, and what it asked of cloud and cluster."""

    outcome: Outcome
    recorded: Path

    @property
    def commands(self) -> list[str]:
        file = self.recorded / "commands"
        return file.read_text().splitlines() if file.exists() else []

    def asked(self, beginning: str) -> bool:
        return any(command.startswith(beginning) for command in self.commands)


def deploy(
    folder: Path,
    brand: str,
    *options: str,
    archetype: str = "online-serving",
    digest: str = DIGEST,
    rollout: int = 0,
    of: str = "",
) -> Deployment:
    """Deploy a project of a brand to dev, as its own deploy.yml does.

    `rollout` 1 lets it fail, or `of` it the Deployments with this in their names.
    """
    project = render(archetype, folder, brand=brand, team=TEAMS[brand])
    job = workflows.read(project / ".github/workflows/deploy.yml")["jobs"]["deploy-dev"]
    del job["needs"]
    job["with"]["digest"] = digest
    probe = {"name": "Probe", "on": "workflow_dispatch", "jobs": {"deploy": job}}
    (project / ".github/workflows/probe.yml").write_text(yaml.safe_dump(probe))
    projects.commit(project)
    commands, recorded, home = (folder / part for part in ("bin", "recorded", "home"))
    for place in (commands, recorded, home):
        place.mkdir()
    for name in ("az", "gcloud", "aws", "kubectl"):
        shutil.copy(Path(__file__).with_name("recorded_command.sh"), commands / name)
    env = {
        "PATH": os.pathsep.join([str(commands), path_with_this_environment()]),
        "REAL_KUBECTL": tool("kubectl"),
        "RECORDED": str(recorded),
        "ROLLOUT": str(rollout),
        "ROLLOUT_OF": of,
        "HOME": str(home),
    }
    tool("jq")
    run_options = [*known(brand), *options]
    outcome = act(
        project, "workflow_dispatch", "probe.yml", *run_options, stubs=folder / "stubs", env=env
    )
    return Deployment(outcome, recorded)


def known(brand: str) -> list[str]:
    """Return act's options for the variables and secrets that the platform team has set."""
    prefix = brand.upper()
    return [
        f"--var={prefix}_DEV_CLIENT_ID=client-1",
        "--var=IDENTITY_TENANT=tenant-1",
        f"--var=KUBERNETES_CLUSTER={CLUSTERS[brand]}",
        f"--secret={prefix}_DEV_CLIENT_SECRET=whisper-it",
        f"--secret=SERVICE_API_KEYS={API_KEYS}",
    ]


@pytest.mark.parametrize(
    ("brand", "reached", "annotation"),
    [
        (
            "norda",
            "az aks get-credentials --subscription s-1 --resource-group ml --name aks-1",
            "azure.workload.identity/client-id",
        ),
        (
            "velora",
            "gcloud container clusters get-credentials gke-1 --project velora-ml",
            "iam.gke.io/gcp-service-account",
        ),
        (
            "kitto",
            "aws eks update-kubeconfig --region eu-central-1 --name eks-1",
            "eks.amazonaws.com/role-arn",
        ),
    ],
)
def test_a_release_reaches_the_cluster_of_every_cloud(
    tmp_path: Path, brand: str, reached: str, annotation: str
) -> None:
    deployment = deploy(tmp_path, brand)

    assert deployment.outcome.code == 0, deployment.outcome.log[-3000:]
    assert deployment.asked(reached)
    applied = list(yaml.safe_load_all((deployment.recorded / "applied.yaml").read_text()))
    pods = manifests.of_kind(applied, "Deployment")["spec"]["template"]
    assert pods["spec"]["containers"][0]["image"].endswith(f"/{brand}-fraud-scoring-serve@{DIGEST}")
    assert pods["metadata"]["annotations"]["release"]
    account = manifests.of_kind(applied, "ServiceAccount")["metadata"]
    assert account["annotations"] == {annotation: "client-1"}


@pytest.mark.parametrize(
    ("brand", "expected"),
    [
        ("norda", {"SERVICE_API_KEYS": API_KEYS, "NORDA_DEV_CLIENT_ID": "client-1"}),
        (
            "kitto",
            {
                "SERVICE_API_KEYS": API_KEYS,
                "KITTO_DEV_CLIENT_ID": "client-1",
                "KITTO_DEV_CLIENT_SECRET": "whisper-it",
            },
        ),
    ],
)
def test_the_service_s_secrets_reach_the_cluster_and_nothing_else(
    tmp_path: Path, brand: str, expected: dict[str, str]
) -> None:
    deployment = deploy(tmp_path, brand)

    given = json.loads((deployment.recorded / "secret.json").read_text())["stringData"]
    assert {name: given[name] for name in expected} == expected
    everything = "\n".join(deployment.commands) + deployment.outcome.log
    assert API_KEYS not in everything
    assert "whisper-it" not in everything
    assert API_KEYS not in (deployment.recorded / "applied.yaml").read_text()


def test_a_release_that_does_not_start_is_taken_back(tmp_path: Path) -> None:
    deployment = deploy(tmp_path, "norda", rollout=1)

    assert deployment.outcome.failed == ["Wait, or go back"]
    assert deployment.asked("kubectl rollout undo deployment/norda-fraud-scoring-serve")
    assert "did not start in dev; the release before runs on" in deployment.outcome.log


@pytest.mark.parametrize(
    ("brand", "option", "named"),
    [
        (
            "norda",
            "--var=NORDA_DEV_CLIENT_ID=",
            "the input client-id is missing in environment dev",
        ),
        ("norda", "--var=KUBERNETES_CLUSTER=", "the variable KUBERNETES_CLUSTER is missing"),
        ("norda", "--var=IDENTITY_TENANT=", "the variable IDENTITY_TENANT is missing"),
        ("kitto", "--secret=KITTO_DEV_CLIENT_SECRET=", "the secret client-secret is missing"),
    ],
)
def test_a_missing_setting_is_named_before_anything_happens(
    tmp_path: Path, brand: str, option: str, named: str
) -> None:
    deployment = deploy(tmp_path, brand, option)

    assert deployment.outcome.failed == ["The settings that a deployment needs"]
    assert named in deployment.outcome.log
    assert deployment.commands == []


@pytest.mark.parametrize(
    "digest", ["", "latest", "sha256:abc", f"{DIGEST}; touch owned", "$(touch owned)"]
)
def test_what_is_no_digest_is_not_deployed(tmp_path: Path, digest: str) -> None:
    deployment = deploy(tmp_path, "norda", digest=digest)

    assert deployment.outcome.failed == ["The settings that a deployment needs"]
    assert deployment.commands == []
    assert not list(tmp_path.rglob("owned"))


@pytest.mark.parametrize("brand", TEAMS)
def test_the_jobs_of_a_release_reach_the_cluster_after_one_was_tried(
    tmp_path: Path, brand: str
) -> None:
    deployment = deploy(tmp_path, brand, archetype="batch")

    assert deployment.outcome.code == 0, deployment.outcome.log[-3000:]
    applied = list(yaml.safe_load_all((deployment.recorded / "applied.yaml").read_text()))
    for pod, container in zip(manifests.pods(applied), manifests.containers(applied), strict=True):
        assert container["image"].endswith(f"/{brand}-demand-forecasting-batch@{DIGEST}")
        assert {"name": "IMAGE_DIGEST", "value": DIGEST} in container["env"]
        assert pod["metadata"]["annotations"]["release"]
    tried = json.loads((deployment.recorded / "tried.json").read_text())
    assert tried["spec"]["template"]["spec"]["containers"][0]["args"] == ["ready"]
    assert tried["spec"]["backoffLimit"] == 0
    assert not deployment.asked("kubectl replace")


def test_jobs_that_do_not_start_are_taken_back(tmp_path: Path) -> None:
    deployment = deploy(tmp_path, "norda", archetype="batch", rollout=1)

    assert deployment.outcome.failed == ["Start once, or go back"]
    assert deployment.asked("kubectl replace --filename")
    before = json.loads((deployment.recorded / "replaced.json").read_text())
    assert [item["metadata"].keys() for item in before["items"]] == [
        {"name", "namespace", "labels"}
    ]
    assert "did not start in dev; the jobs of the release before run on" in deployment.outcome.log


def test_a_stream_stays_or_goes_back_as_one_release(tmp_path: Path) -> None:
    deployment = deploy(
        tmp_path, "norda", archetype="streaming-recommendation", rollout=1, of="-worker"
    )

    name = "norda-recommendations-stream"
    assert deployment.outcome.failed == ["Wait, or go back"]
    for part in (name, f"{name}-worker"):
        assert deployment.asked(f"kubectl rollout status deployment/{part} ")
        assert deployment.asked(f"kubectl rollout undo deployment/{part} ")
    assert deployment.asked("kubectl replace --filename")
    assert f"{name}-worker did not start in dev; the release before runs on" in deployment.outcome.log
    applied = list(yaml.safe_load_all((deployment.recorded / "applied.yaml").read_text()))
    assert len(manifests.containers(applied)) == 3
    for pod, container in zip(manifests.pods(applied), manifests.containers(applied), strict=True):
        assert container["image"].endswith(f"/{name}@{DIGEST}")
        assert {"name": "IMAGE_DIGEST", "value": DIGEST} in container["env"]
        assert pod["metadata"]["annotations"]["release"]
