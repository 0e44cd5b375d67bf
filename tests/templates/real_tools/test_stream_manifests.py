"""What a stream asks of its cluster beside what every service asks: brokers, workers, who selects whom."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.templates.real_tools import manifests
from tests.templates.rendering import render, render_under, sample_policy

pytestmark = pytest.mark.tools

ARCHETYPE = "streaming-recommendation"
NAME = "norda-recommendations-stream"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render(ARCHETYPE, tmp_path_factory.mktemp("stream"))


@pytest.fixture(scope="module")
def prod(project: Path) -> list[manifests.Manifest]:
    return manifests.build(project / "deploy/k8s/overlays/prod")


def named(objects: list[manifests.Manifest], kind: str, name: str) -> dict[str, Any]:
    (found,) = [o for o in objects if (o["kind"], o["metadata"]["name"]) == (kind, name)]
    return dict(found["spec"])


def selected(objects: list[manifests.Manifest], labels: dict[str, str]) -> list[str]:
    """Return the containers of the pods that a selector finds."""
    pods = manifests.pods(objects)
    chosen = [pod for pod in pods if labels.items() <= pod["metadata"]["labels"].items()]
    return [pod["spec"]["containers"][0]["name"] for pod in chosen]


def test_each_selector_finds_its_own_pods_and_no_other(prod: list[manifests.Manifest]) -> None:
    for kind, at in (("Deployment", "selector"), ("PodDisruptionBudget", "selector")):
        for name, process in ((NAME, "api"), (f"{NAME}-worker", "worker")):
            found = selected(prod, named(prod, kind, name)[at]["matchLabels"])
            assert found == [process], f"{kind} {name}"
    assert selected(prod, named(prod, "Service", NAME)["selector"]) == ["api"]
    worker = named(prod, "PodMonitor", f"{NAME}-worker")["selector"]["matchLabels"]
    assert selected(prod, worker) == ["worker"]
    api = named(prod, "ServiceMonitor", NAME)["selector"]["matchLabels"]
    (service,) = [o["metadata"] for o in prod if o["kind"] == "Service"]
    assert api.items() <= service["labels"].items()


def test_workers_follow_the_lag_of_the_topic_that_the_project_reads(
    project: Path, prod: list[manifests.Manifest]
) -> None:
    settings = (project / "config/service.toml").read_text()
    scaled = named(prod, "ScaledObject", f"{NAME}-worker")
    asked = scaled["triggers"][0]["metadata"]

    assert f'topic = "{asked["topic"]}"' in settings
    assert f'group = "{asked["consumerGroup"]}"' in settings
    assert (scaled["minReplicaCount"], scaled["maxReplicaCount"]) == (2, 8)
    assert "replicas" not in named(prod, "Deployment", f"{NAME}-worker")
    proof = named(prod, "TriggerAuthentication", f"{NAME}-worker")
    assert [ref["key"] for ref in proof["secretTargetRef"]] == ["SERVICE_PROD_BROKER_PASSWORD"]


def test_without_an_autoscaler_each_environment_has_a_fixed_number_of_workers(
    tmp_path: Path,
) -> None:
    project = render(ARCHETYPE, tmp_path, brand="kitto", team="kitto-marketing")

    counts = [
        next(
            o["spec"]["replicas"]
            for o in manifests.build(overlay)
            if o["metadata"]["name"] == f"{project.name}-worker" and o["kind"] == "Deployment"
        )
        for overlay in manifests.overlays(project)
    ]

    assert dict(zip(("dev", "prod", "staging"), counts, strict=True)) == {
        "dev": 1, "prod": 8, "staging": 2,
    }  # fmt: skip


def test_the_policy_says_where_the_brokers_of_an_environment_are(tmp_path: Path) -> None:
    policy = sample_policy()
    brokers = "b-1.kafka.example:9096,b-2.kafka.example:9096"
    policy["brands"]["norda"]["variables"]["prod"] |= {
        "SERVICE_BROKERS": brokers, "SERVICE_BROKER_USER": "ml-reader",
    }  # fmt: skip
    project = render_under(policy, ARCHETYPE, tmp_path)

    def settings(environment: str) -> dict[str, str]:
        objects = manifests.build(project / "deploy/k8s/overlays" / environment)
        return dict(manifests.of_kind(objects, "ConfigMap")["data"])

    prod, dev = settings("prod"), settings("dev")
    assert (prod["SERVICE_BROKERS"], prod["SERVICE_BROKER_USER"]) == (brokers, "ml-reader")
    # The names that the usual operator gives, where the policy says nothing.
    assert dev["SERVICE_BROKERS"] == "kafka-kafka-bootstrap.kafka:9093"
    assert dev["SERVICE_BROKER_USER"] == NAME


def test_a_broker_without_passwords_is_asked_without_one(tmp_path: Path) -> None:
    policy = sample_policy()
    policy["secrets"] = [s for s in policy["secrets"] if "BROKER" not in s["name"]]
    project = render_under(policy, ARCHETYPE, tmp_path)

    objects = manifests.build(project / "deploy/k8s/overlays/prod")
    asked = named(objects, "ScaledObject", f"{NAME}-worker")["triggers"][0]

    assert not {"sasl", "tls"} & asked["metadata"].keys()
    assert "authenticationRef" not in asked
    assert "TriggerAuthentication" not in {o["kind"] for o in objects}
    assert "SERVICE_BROKER_USER" not in manifests.of_kind(objects, "ConfigMap")["data"]


def test_the_nightly_refresh_trains_and_then_promotes(prod: list[manifests.Manifest]) -> None:
    spec = named(prod, "CronJob", f"{NAME}-refresh")
    (container,) = spec["jobTemplate"]["spec"]["template"]["spec"]["containers"]

    assert len(f"{NAME}-refresh") <= 52
    assert container["command"] == ["sh", "-ec"]
    verbs = [line.split(".cli ")[1] for line in container["args"][0].splitlines()]
    assert verbs == ["train", "promote latest"]


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_each_environment_has_a_store_and_a_password_of_its_own(
    project: Path, environment: str
) -> None:
    objects = manifests.build(project / "deploy/k8s/overlays" / environment)
    workflow = yaml.safe_load((project / ".github/workflows/deploy.yml").read_text())
    given = workflow["jobs"][f"deploy-{environment}"]["secrets"]["service-secrets"]
    keys = {
        variable: f"SERVICE_{environment.upper()}_{variable.removeprefix('SERVICE_')}"
        for variable in ("SERVICE_STORE_URL", "SERVICE_BROKER_PASSWORD")
    }

    for container in manifests.containers(objects):
        asked = {e["name"]: e["valueFrom"]["secretKeyRef"]["key"] for e in container["env"][1:]}
        assert keys.items() <= asked.items()
        assert all(f"{key}=" in given for key in asked.values())
    others = {"dev": "PROD", "prod": "DEV"}[environment]
    assert f"SERVICE_{others}" not in given
