"""Cost tags follow from policy and answers, and fit every target in its own form."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelwright.policy.tags import TARGETS, cost_tags, limit_problem, tags_for_target
from tests.policies import big_policy, plain

BIG = plain(big_policy())
ANSWERS = {
    "archetype": "online-serving",
    "team": "norda-fraud",
    "brand": "norda",
    "use_case": "fraud-scoring",
}
TAGS = {
    "brand": "norda",
    "team": "norda-fraud",
    "cost-centre": "CC-4100",
    "project": "norda-fraud-scoring-serve",
    "archetype": "online-serving",
    "environment": "prod",
    "managed-by": "modelwright",
}
PREFIX = "cost.halden-retail.example"


def test_the_tags_of_a_project():
    assert cost_tags(plain(), ANSWERS, "prod") == TAGS


def test_what_runs_nowhere_has_no_environment():
    assert cost_tags(plain(), ANSWERS) == {
        key: value for key, value in TAGS.items() if key != "environment"
    }


def test_a_cost_centre_of_its_own_replaces_the_teams():
    assert cost_tags(plain(), {**ANSWERS, "cost_centre": "CC-5200"})["cost-centre"] == "CC-5200"
    assert cost_tags(plain(), {**ANSWERS, "cost_centre": ""})["cost-centre"] == "CC-4100"


def test_a_moved_team_changes_one_tag():
    moved = plain(changes={"teams.norda-fraud.cost_centre": "CC-9999"})

    assert cost_tags(moved, ANSWERS, "prod") == {**TAGS, "cost-centre": "CC-9999"}


def test_further_tags():
    policy = plain(changes={"tags.data-class": "data_class", "tags.split": "allocation_key"})

    tags = cost_tags(policy, {**ANSWERS, "personal_data": "none", "allocation_key": "by-requests"})

    assert (tags["data-class"], tags["split"]) == ("none", "by-requests")


@pytest.mark.parametrize(
    ("target", "key", "value"),
    [
        ("kubernetes", f"{PREFIX}/cost-centre", "CC-4100"),
        ("oci", f"{PREFIX}/cost-centre", "CC-4100"),
        ("databricks-aws", "cost-centre", "CC-4100"),
        ("databricks-azure", "cost-centre", "CC-4100"),
        ("databricks-gcp", "cost-centre", "CC-4100"),
        ("mlflow", "cost-centre", "CC-4100"),
        ("github", "cost-centre", "CC-4100"),
        ("gcp", "cost-centre", "cc-4100"),
    ],
)
def test_each_target_has_its_form_and_only_gcp_lowers_the_case(target, key, value):
    assert tags_for_target(TAGS, target, prefix=PREFIX)[key] == value
    assert set(TARGETS) == {
        "kubernetes",
        "oci",
        "databricks-aws",
        "databricks-azure",
        "databricks-gcp",
        "mlflow",
        "github",
        "gcp",
    }


@settings(deadline=None)
@given(
    brand=st.sampled_from(list(BIG["brands"])),
    environment=st.sampled_from(["", "dev", "staging", "prod"]),
    use_case=st.from_regex(r"[a-z][a-z0-9-]{1,18}[a-z0-9]", fullmatch=True),
)
def test_every_tag_of_the_big_policy_fits_every_target(brand, environment, use_case):
    answers = {**ANSWERS, "brand": brand, "team": f"{brand}-fraud", "use_case": use_case}

    tags = cost_tags(BIG, answers, environment)

    for target in TARGETS.values():
        assert [limit_problem(target, key, value) for key, value in tags.items() if value] == [
            "" for _ in tags
        ]
        assert len(tags) <= target.tags


@pytest.mark.parametrize(
    ("target", "key", "value", "problem"),
    [
        ("kubernetes", "team", "x" * 63, ""),
        ("kubernetes", "team", "x" * 64, "a Kubernetes label takes at most 63 characters"),
        ("kubernetes", "team", "a.b_c-D", ""),
        ("kubernetes", "team", "-a", "a Kubernetes label does not take a value of this form"),
        ("kubernetes", "team", "a\n", "a Kubernetes label does not take a value of this form"),
        ("kubernetes", "x" * 64, "a", "a Kubernetes label takes keys of at most 63 characters"),
        ("kubernetes", "a/b", "a", "a Kubernetes label does not take a key of this form"),
        ("gcp", "team", "Norda", ""),
        ("gcp", "team", "a.b", "a GCP label does not take a value of this form"),
        ("gcp", "Team", "a", "a GCP label does not take a key of this form"),
        ("databricks-aws", "team", "x" * 255, ""),
        ("databricks-aws", "team", "x" * 256, "a Databricks tag on AWS takes at most 255"),
        ("databricks-aws", "team", "a&b", "a Databricks tag on AWS does not take a value"),
        ("databricks-azure", "a&b", "a", "a Databricks tag on Azure does not take a key"),
        ("databricks-azure", "team", "x" * 257, "a Databricks tag on Azure takes at most 256"),
        ("databricks-gcp", "team", "a-", "a Databricks tag on GCP does not take a value"),
        ("databricks-gcp", "team", "", "a Databricks tag on GCP does not take a value"),
        ("mlflow", "x" * 251, "a", "an MLflow tag takes keys of at most 250 characters"),
        ("mlflow", "team", "x" * 5001, "an MLflow tag takes at most 5000 characters"),
        ("github", "team", 'a"b', "a GitHub custom property does not take a value of this form"),
        ("github", "x" * 76, "a", "a GitHub custom property takes keys of at most 75 characters"),
        ("github", "team", "caf\u00e9", "a GitHub custom property does not take a value"),
        ("oci", "Team", "a", "an OCI image label does not take a key of this form"),
    ],
)
def test_both_sides_of_a_targets_limits(target, key, value, problem):
    found = limit_problem(TARGETS[target], key, value)

    assert found.startswith(problem)
    assert bool(found) is bool(problem)


def test_every_row_of_the_limits_names_its_source():
    assert all(len(target.source) > 10 for target in TARGETS.values())
