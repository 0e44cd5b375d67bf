"""A project needs the secrets that its brand, archetype and way of authenticating ask for."""

import re

import pytest

from modelwright.policy.secrets import NAME_PATTERN, needed_secrets
from tests.policies import big_policy, plain


def entry(name, *, level, owner="platform", kind="secret", **bounds):
    purpose = "signs in"
    return dict(
        name=name, purpose=purpose, kind=kind, level=level, owner=owner, rotated_by=owner, **bounds
    )


SECRETS = [
    entry("{BRAND}_{ENVIRONMENT}_CLIENT_ID", level="organisation", kind="variable"),
    entry("{BRAND}_{ENVIRONMENT}_CLIENT_SECRET", level="organisation", auth=["client-secret"]),
    entry("{BRAND}_REGISTRY_TOKEN", level="organisation", auth=["client-secret"]),
    entry("SERVICE_API_KEYS", level="repository", owner="team", archetypes=["online-serving"]),
]
SAMPLE = plain(changes={"secrets": SECRETS})


def names(brand, **options):
    found = needed_secrets(SAMPLE, archetype="online-serving", brand=brand, **options)
    return [secret.name for secret in found]


def test_a_brand_with_federated_identity_needs_no_client_secret():
    assert names("norda") == [
        "NORDA_DEV_CLIENT_ID",
        "NORDA_STAGING_CLIENT_ID",
        "NORDA_PROD_CLIENT_ID",
        "SERVICE_API_KEYS",
    ]


def test_a_brand_with_client_secrets_needs_one_for_each_environment():
    assert names("kitto") == [
        "KITTO_DEV_CLIENT_ID",
        "KITTO_STAGING_CLIENT_ID",
        "KITTO_PROD_CLIENT_ID",
        "KITTO_DEV_CLIENT_SECRET",
        "KITTO_STAGING_CLIENT_SECRET",
        "KITTO_PROD_CLIENT_SECRET",
        "KITTO_REGISTRY_TOKEN",
        "SERVICE_API_KEYS",
    ]


def test_the_way_of_authenticating_and_the_environments_can_be_said():
    assert names("norda", auth="client-secret", environments=["prod"]) == [
        "NORDA_PROD_CLIENT_ID",
        "NORDA_PROD_CLIENT_SECRET",
        "NORDA_REGISTRY_TOKEN",
        "SERVICE_API_KEYS",
    ]


def test_a_secret_of_another_archetype_is_not_needed():
    policy = plain(changes={"secrets": SECRETS, "archetypes.batch": {"suffix": "batch"}})

    found = needed_secrets(policy, archetype="batch", brand="norda")

    assert "SERVICE_API_KEYS" not in [secret.name for secret in found]


def test_a_secret_says_what_a_person_must_know():
    secret = needed_secrets(SAMPLE, archetype="online-serving", brand="norda")[0]

    assert (secret.kind, secret.level, secret.owner, secret.rotated_by, secret.environment) == (
        "variable",
        "organisation",
        "platform",
        "platform",
        "dev",
    )
    assert secret.purpose == "signs in"


@pytest.mark.parametrize("brand", plain(big_policy())["brands"])
def test_every_name_is_one_that_github_takes(brand):
    found = needed_secrets(
        plain(big_policy()), archetype="online-serving", brand=brand, auth="client-secret"
    )

    assert len({secret.name for secret in found}) == len(found) >= 8
    assert all(re.fullmatch(NAME_PATTERN, secret.name) for secret in found)
