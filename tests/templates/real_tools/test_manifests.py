"""What the clusters get, in every variation and environment: valid, tagged, and shut."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.templates.real_tools import manifests
from tests.templates.real_tools.toolbox import run, tool
from tests.templates.rendering import VARIATIONS, policy_for, render, render_under, sample_policy

pytestmark = pytest.mark.tools

CUSTOM = yaml.safe_load(Path(__file__).with_name("custom_kinds.yaml").read_text())


@pytest.fixture(scope="module", params=VARIATIONS)
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render("online-serving", tmp_path_factory.mktemp("project"), **VARIATIONS[request.param])


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
    deployment = manifests.of_kind(next(iter(built.values())), "Deployment")
    deployment = {**deployment, "spec": {**deployment["spec"], "replica": 3}}
    file = tmp_path / "deployment.yaml"
    file.write_text(yaml.safe_dump(deployment))

    assert run(tool("kubernetes-validate"), "--strict", file, check=False).returncode != 0


def test_every_environment_of_the_policy_has_an_overlay_and_no_other(project: Path) -> None:
    names = [overlay.name for overlay in manifests.overlays(project)]

    assert names == sorted(sample_policy()["environments"])


def test_a_policy_with_fewer_environments_gets_fewer_overlays(tmp_path: Path) -> None:
    project = render_under(policy_for("dev", "prod"), "online-serving", tmp_path)

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


def test_the_cost_centre_stands_in_finance_s_own_spelling_everywhere(tmp_path: Path) -> None:
    policy = sample_policy()
    policy["teams"]["norda-fraud"]["cost_centre"] = "CC-9999"

    project = render_under(policy, "online-serving", tmp_path, dashboards=True, databricks=True)

    old = [f for f in project.rglob("*") if f.is_file() and "CC-4100" in f.read_text()]
    assert old == []
    assert all(
        labels["cost.halden-retail.example/cost-centre"] == "CC-9999"
        for overlay in manifests.overlays(project)
        for manifest in manifests.build(overlay)
        for _, labels in manifests.labels_in(manifest)
    )


def test_pods_run_restricted(built: dict[str, list[manifests.Manifest]]) -> None:
    for objects in built.values():
        pod = manifests.of_kind(objects, "Deployment")["spec"]["template"]["spec"]
        (container,) = pod["containers"]

        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert (
            container["resources"]["limits"]["memory"]
            == container["resources"]["requests"]["memory"]
        )
        assert {"startupProbe", "readinessProbe", "livenessProbe", "lifecycle"} <= container.keys()


def test_only_listed_traffic_passes(built: dict[str, list[manifests.Manifest]]) -> None:
    for objects in built.values():
        policy = manifests.of_kind(objects, "NetworkPolicy")["spec"]
        selected = manifests.of_kind(objects, "Deployment")["spec"]["selector"]

        assert policy["podSelector"] == selected
        assert policy["policyTypes"] == ["Ingress", "Egress"]
        assert all(rule["ports"] for rule in policy["ingress"] + policy["egress"])
        assert all(rule.get("from") for rule in policy["ingress"])
        assert all(rule.get("to") for rule in policy["egress"])


def test_secrets_are_named_as_the_manifest_names_them_and_hold_no_value(
    project: Path, built: dict[str, list[manifests.Manifest]]
) -> None:
    listed = {s["name"] for s in yaml.safe_load((project / "secrets.yaml").read_text())["secrets"]}
    for objects in built.values():
        secret = manifests.of_kind(objects, "Secret")
        (container,) = manifests.of_kind(objects, "Deployment")["spec"]["template"]["spec"][
            "containers"
        ]
        references = [e["valueFrom"]["secretKeyRef"] for e in container["env"] if "valueFrom" in e]

        assert not {"data", "stringData"} & secret.keys()
        assert {reference["name"] for reference in references} == {secret["metadata"]["name"]}
        assert {reference["key"] for reference in references} <= listed
        assert "SERVICE_API_KEYS" in {reference["key"] for reference in references}


@pytest.mark.parametrize(
    ("brand", "team", "kinds"),
    [
        ("norda", "norda-fraud", {"ServiceMonitor", "PrometheusRule", "HTTPRoute"}),
        ("velora", "velora-search", {"ServiceMonitor", "PrometheusRule"}),
        ("kitto", "kitto-marketing", set()),
    ],
)
def test_a_cluster_gets_only_kinds_that_it_has(
    tmp_path: Path, brand: str, team: str, kinds: set[str]
) -> None:
    project = render("online-serving", tmp_path, brand=brand, team=team)

    objects = manifests.build(project / "deploy/k8s/overlays/prod")

    assert {o["kind"] for o in objects} & set(CUSTOM["$defs"]) == kinds


def test_alerts_wake_nobody_for_an_environment_without_callers(tmp_path: Path) -> None:
    project = render("online-serving", tmp_path)

    def kinds(environment: str) -> set[Any]:
        overlay = project / "deploy/k8s/overlays" / environment
        return {o["kind"] for o in manifests.build(overlay)}

    assert "PrometheusRule" in kinds("prod")
    assert "PrometheusRule" not in kinds("dev") | kinds("staging")


@pytest.mark.parametrize(
    ("brand", "team"), [("norda", "norda-fraud"), ("kitto", "kitto-marketing")]
)
def test_a_secret_is_mounted_only_where_nothing_better_is_to_be_had(
    tmp_path: Path, brand: str, team: str
) -> None:
    project = render("online-serving", tmp_path, brand=brand, team=team)
    objects = manifests.build(project / "deploy/k8s/overlays/prod")
    settings = manifests.of_kind(objects, "ConfigMap")["data"]
    (container,) = manifests.of_kind(objects, "Deployment")["spec"]["template"]["spec"][
        "containers"
    ]
    names = {entry["name"] for entry in container["env"]}

    federated = brand == "norda"
    assert settings["DATABRICKS_AUTH_TYPE"] == ("file-oidc" if federated else "oauth-m2m")
    assert ("DATABRICKS_CLIENT_SECRET" in names) is not federated
    assert ("DATABRICKS_OIDC_TOKEN_FILEPATH" in settings) is federated
