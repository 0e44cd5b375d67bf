"""What a first deployment would fail for is known from the policy, with the place where it goes."""

import copy

import pytest
import yaml

from modelwright.policy.model.first_deployment import Deployment, brand_gaps, project_gaps
from tests.platforms import ROOT

POLICY = yaml.safe_load((ROOT / "platform.yml").read_text())
ALL = Deployment(kubernetes=True, databricks=True, image=True)


def edited(brand, **changes):
    policy = copy.deepcopy(POLICY)
    policy["brands"][brand].update(changes)
    return policy


def places(points, *, blocks=True):
    return [point.where for point in points if point.blocks is blocks]


@pytest.mark.parametrize("brand", POLICY["brands"])
def test_the_sample_lacks_nothing(brand):
    assert places(project_gaps(POLICY, brand, ALL)) == []


@pytest.mark.parametrize("brand", POLICY["brands"])
def test_a_brand_without_its_cluster_is_told_in_each_environment(brand):
    found = project_gaps(edited(brand, variables={}), brand, ALL)

    assert f"brands.{brand}.variables.{{dev, staging, prod}}.KUBERNETES_CLUSTER" in places(found)


def test_one_environment_alone_is_told():
    policy = copy.deepcopy(POLICY)
    del policy["brands"]["kitto"]["variables"]["prod"]

    assert places(project_gaps(policy, "kitto", ALL)) == [
        "brands.kitto.variables.prod.KUBERNETES_CLUSTER"
    ]


@pytest.mark.parametrize(
    ("cloud", "auth", "needs", "asked"),
    [
        ("azure", "oidc", Deployment(kubernetes=True), True),
        ("azure", "client-secret", Deployment(kubernetes=True), True),
        ("gcp", "oidc", Deployment(kubernetes=True), True),
        ("gcp", "client-secret", Deployment(kubernetes=True), False),
        ("aws", "oidc", Deployment(kubernetes=True), False),
        ("gcp", "oidc", Deployment(image=True), True),
        ("azure", "client-secret", Deployment(image=True), False),
        ("azure", "client-secret", Deployment(databricks=True), True),
        ("azure", "oidc", Deployment(databricks=True), False),
        ("aws", "client-secret", Deployment(databricks=True), False),
        ("azure", "oidc", Deployment(), False),
    ],
)
def test_the_tenant_is_asked_for_where_a_workflow_refuses_without(cloud, auth, needs, asked):
    policy = edited("norda", cloud=cloud, auth=auth, variables={})

    found = places(project_gaps(policy, "norda", needs))

    assert any("IDENTITY_TENANT" in where for where in found) is asked


def test_a_variable_that_the_policy_lists_for_the_organisation_is_there():
    policy = edited("kitto", variables={})
    entry = {**POLICY["secrets"][0], "name": "KUBERNETES_CLUSTER"}
    policy["secrets"] = [*policy["secrets"], entry]

    assert places(project_gaps(policy, "kitto", ALL)) == []


@pytest.mark.parametrize(
    ("brand", "registry", "blocks"),
    [
        ("kitto", "100000000021.dkr.ecr.eu-west-1.amazonaws.com/ml", True),
        ("velora", "us-central1-docker.pkg.dev/velora-ml/ml", False),
    ],
)
def test_a_registry_in_another_region_is_told(brand, registry, blocks):
    found = project_gaps(edited(brand, registry=registry), brand, ALL)

    assert places(found, blocks=blocks) == [f"brands.{brand}.registry"]


def test_a_registry_of_several_regions_is_none_of_another():
    policy = edited("velora", registry="europe-docker.pkg.dev/velora-ml/ml")

    assert project_gaps(policy, "velora", ALL) == []


def test_a_brand_on_databricks_needs_its_workspaces():
    found = brand_gaps(edited("norda", runtime="databricks", databricks={}), "norda")

    assert places(found) == ["brands.norda.databricks.{dev, staging, prod}.host"]


def test_what_only_needs_knowing_blocks_nothing():
    found = brand_gaps(edited("velora", monitoring="none"), "velora")

    assert places(found) == []
    assert places(found, blocks=False)[0] == "brands.velora.monitoring"
    assert "VELORA_PROD_CLIENT_ID" in found[-1].problem


def test_an_index_of_one_s_own_asks_how_it_is_signed_in_to():
    policy = copy.deepcopy(POLICY)
    policy["available"]["package_index"] = "https://pypi.halden-retail.example/simple"
    policy["secrets"] = [one for one in policy["secrets"] if "PACKAGE_INDEX" not in one["name"]]

    assert "PACKAGE_INDEX_PASSWORD" in str(brand_gaps(policy, "norda"))
    login = {**policy["secrets"][1], "name": "PACKAGE_INDEX_PASSWORD", "auth": ["oidc"]}
    policy["secrets"].append(login)
    assert "asks for a login" not in str(brand_gaps(policy, "norda"))
