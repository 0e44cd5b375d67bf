"""What the clusters get, in every variation and environment: valid, tagged, and shut."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.templates.real_tools import manifests
from tests.templates.real_tools.toolbox import run, tool
from tests.templates.rendering import (
    CASES,
    SAMPLES,
    policy_for,
    render,
    render_under,
    sample_of,
    sample_policy,
)

pytestmark = pytest.mark.tools

CUSTOM = yaml.safe_load(Path(__file__).with_name("custom_kinds.yaml").read_text())
# Where Databricks runs the jobs, no cluster does.
ON_A_CLUSTER = [
    case for case in CASES if case[0] != "batch" or not sample_of(*case).get("databricks")
]
ARCHETYPES = pytest.mark.parametrize("archetype", SAMPLES)


@pytest.fixture(scope="module", params=ON_A_CLUSTER, ids=": ".join)
def case(request: pytest.FixtureRequest) -> tuple[str, str]:
    found: tuple[str, str] = request.param
    return found


@pytest.fixture(scope="module")
def project(case: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render(case[0], tmp_path_factory.mktemp("project"), **sample_of(*case))


@pytest.fixture(scope="module")
def built(project: Path) -> dict[str, list[manifests.Manifest]]:
    return {overlay.name: manifests.build(overlay) for overlay in manifests.overlays(project)}


def custom_fault(manifest: manifests.Manifest) -> str:
    schema = {
        "$defs": CUSTOM["$defs"],
        "type": "object",
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "additionalProperties": False,
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"$ref": "#/$defs/metadata"},
            "spec": {"$ref": f"#/$defs/{manifest['kind']}"},
        },
    }
    error = jsonschema.Draft202012Validator(schema).iter_errors(manifest)
    return "; ".join(f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in error)


def test_every_object_has_a_strictly_valid_form(
    built: dict[str, list[manifests.Manifest]], tmp_path: Path
) -> None:
    for environment, objects in built.items():
        standard = [o for o in objects if o["kind"] not in CUSTOM["$defs"]]
        custom = [o for o in objects if o["kind"] in CUSTOM["$defs"]]
        file = tmp_path / f"{environment}.yaml"
        file.write_text(yaml.safe_dump_all(standard))

        result = run(tool("kubernetes-validate"), "--strict", file)

        printed = result.stdout + result.stderr
        assert printed.count(" passed for resource ") == len(standard), printed
        assert [fault for fault in map(custom_fault, custom) if fault] == []


def test_a_field_that_no_cluster_knows_is_refused(
    built: dict[str, list[manifests.Manifest]], tmp_path: Path
) -> None:
    objects = next(iter(built.values()))
    workload = next(each for each in objects if each["kind"] in ("Deployment", "CronJob"))
    file = tmp_path / "workload.yaml"
    file.write_text(yaml.safe_dump({**workload, "spec": {**workload["spec"], "replica": 3}}))

    assert run(tool("kubernetes-validate"), "--strict", file, check=False).returncode != 0


def test_every_environment_of_the_policy_has_an_overlay_and_no_other(project: Path) -> None:
    names = [overlay.name for overlay in manifests.overlays(project)]

    assert names == sorted(sample_policy()["environments"])


@ARCHETYPES
def test_a_policy_with_fewer_environments_gets_fewer_overlays(
    tmp_path: Path, archetype: str
) -> None:
    project = render_under(policy_for("dev", "prod"), archetype, tmp_path)

    assert [overlay.name for overlay in manifests.overlays(project)] == ["dev", "prod"]
    assert "staging" not in (project / ".github/workflows/deploy.yml").read_text()
    prod = manifests.build(project / "deploy/k8s/overlays/prod")
    assert manifests.of_kind(prod, "PrometheusRule")


def test_every_object_and_every_pod_carries_the_cost_tags(
    project: Path, built: dict[str, list[manifests.Manifest]]
) -> None:
    policy = sample_policy()
    prefix = policy["organisation"]["cost_tag_prefix"]
    wanted = {f"{prefix}/{key}" for key in policy["tags"]}
    for environment, objects in built.items():
        for manifest in objects:
            for where, labels in manifests.labels_in(manifest):
                assert wanted <= labels.keys(), f"{environment}: {where}"
                assert labels[f"{prefix}/environment"] == environment, where
                assert labels[f"{prefix}/project"] == project.name, where
                assert all(len(str(value)) <= 63 for value in labels.values()), where


@pytest.mark.parametrize(
    ("archetype", "options"),
    [
        ("online-serving", {"dashboards": True, "databricks": True}),
        ("batch", {"dashboards": True}),
        ("batch", {"databricks": True}),
        ("streaming-recommendation", {"dashboards": True, "databricks": True}),
    ],
)
def test_the_cost_centre_stands_in_finance_s_own_spelling_everywhere(
    tmp_path: Path, archetype: str, options: dict[str, bool]
) -> None:
    policy = sample_policy()
    team = str(SAMPLES[archetype]["team"])
    before = policy["teams"][team]["cost_centre"]
    policy["teams"][team]["cost_centre"] = "CC-9999"

    project = render_under(policy, archetype, tmp_path, **options)

    files = [f for f in project.rglob("*") if f.is_file()]
    assert [f for f in files if before in f.read_text()] == []
    assert [f for f in files if "CC-9999" in f.read_text()]
    assert all(
        labels["cost.halden-retail.example/cost-centre"] == "CC-9999"
        for overlay in manifests.overlays(project)
        for manifest in manifests.build(overlay)
        for _, labels in manifests.labels_in(manifest)
    )


def test_pods_run_restricted(built: dict[str, list[manifests.Manifest]]) -> None:
    for objects in built.values():
        for template in manifests.pods(objects):
            pod = template["spec"]
            assert pod["securityContext"]["runAsNonRoot"] is True
            assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
            assert pod["automountServiceAccountToken"] is False
        for container in manifests.containers(objects):
            resources = container["resources"]
            assert resources["limits"]["memory"] == resources["requests"]["memory"]
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


def test_what_runs_on_says_when_it_is_ready_and_a_job_does_not(
    built: dict[str, list[manifests.Manifest]],
) -> None:
    probes = {"startupProbe", "readinessProbe", "livenessProbe"}
    for objects in built.values():
        for workload in objects:
            for container in manifests.containers([workload]):
                assert (probes <= container.keys()) is (workload["kind"] == "Deployment")


def test_only_listed_traffic_passes(built: dict[str, list[manifests.Manifest]]) -> None:
    for objects in built.values():
        policy = manifests.of_kind(objects, "NetworkPolicy")["spec"]
        selected = policy["podSelector"]["matchLabels"]
        entries = policy.get("ingress", [])

        for pod in manifests.pods(objects):
            assert selected.items() <= pod["metadata"]["labels"].items()
        assert policy["policyTypes"] == ["Ingress", "Egress"]
        assert all(rule["ports"] for rule in entries + policy["egress"])
        assert all(rule.get("from") for rule in entries)
        assert all(rule.get("to") for rule in policy["egress"])


def test_secrets_are_named_as_the_manifest_names_them_and_hold_no_value(
    project: Path, built: dict[str, list[manifests.Manifest]]
) -> None:
    listed = {s["name"] for s in yaml.safe_load((project / "secrets.yaml").read_text())["secrets"]}
    for objects in built.values():
        secret = manifests.of_kind(objects, "Secret")
        assert not {"data", "stringData"} & secret.keys()
        for container in manifests.containers(objects):
            sources = [e["valueFrom"] for e in container["env"] if "valueFrom" in e]
            references = [source["secretKeyRef"] for source in sources]
            keys = {reference["key"] for reference in references}
            assert {reference["name"] for reference in references} == {secret["metadata"]["name"]}
            assert keys <= listed
            # Who answers nobody needs no caller's key.
            answers = any(port["name"] == "http" for port in container.get("ports", []))
            assert ("SERVICE_API_KEYS" in keys) is answers


@pytest.mark.parametrize(
    ("archetype", "brand", "team", "kinds"),
    [
        (
            "online-serving", "norda", "norda-fraud",
            {"ServiceMonitor", "PrometheusRule", "HTTPRoute"},
        ),
        ("online-serving", "velora", "velora-search", {"ServiceMonitor", "PrometheusRule"}),
        ("online-serving", "kitto", "kitto-marketing", set()),
        ("batch", "norda", "norda-forecasting", {"PrometheusRule"}),
        ("batch", "kitto", "kitto-marketing", set()),
        (
            "streaming-recommendation", "norda", "norda-fraud",
            {"ServiceMonitor", "PodMonitor", "PrometheusRule", "HTTPRoute", "ScaledObject",
             "TriggerAuthentication"},
        ),
        (
            "streaming-recommendation", "velora", "velora-search",
            {"ServiceMonitor", "PodMonitor", "PrometheusRule"},
        ),
        ("streaming-recommendation", "kitto", "kitto-marketing", set()),
    ],
)  # fmt: skip
def test_a_cluster_gets_only_kinds_that_it_has(
    tmp_path: Path, archetype: str, brand: str, team: str, kinds: set[str]
) -> None:
    project = render(archetype, tmp_path, brand=brand, team=team)

    objects = manifests.build(project / "deploy/k8s/overlays/prod")

    assert {o["kind"] for o in objects} & set(CUSTOM["$defs"]) == kinds


@ARCHETYPES
def test_alerts_wake_nobody_for_an_environment_without_callers(
    tmp_path: Path, archetype: str
) -> None:
    project = render(archetype, tmp_path)

    def kinds(environment: str) -> set[Any]:
        overlay = project / "deploy/k8s/overlays" / environment
        return {o["kind"] for o in manifests.build(overlay)}

    assert "PrometheusRule" in kinds("prod")
    assert "PrometheusRule" not in kinds("dev") | kinds("staging")


@ARCHETYPES
@pytest.mark.parametrize(
    ("brand", "team"), [("norda", "norda-fraud"), ("kitto", "kitto-marketing")]
)
def test_a_secret_is_mounted_only_where_nothing_better_is_to_be_had(
    tmp_path: Path, archetype: str, brand: str, team: str
) -> None:
    project = render(archetype, tmp_path, brand=brand, team=team)
    objects = manifests.build(project / "deploy/k8s/overlays/prod")
    settings = manifests.of_kind(objects, "ConfigMap")["data"]
    federated = brand == "norda"
    assert settings["DATABRICKS_AUTH_TYPE"] == ("file-oidc" if federated else "oauth-m2m")
    for container in manifests.containers(objects):
        names = {entry["name"] for entry in container["env"]}
        # The worker of a stream asks no registry.
        asks = container["name"] != "worker"
        assert ("DATABRICKS_CLIENT_SECRET" in names) is (asks and not federated)
    assert ("DATABRICKS_OIDC_TOKEN_FILEPATH" in settings) is federated
