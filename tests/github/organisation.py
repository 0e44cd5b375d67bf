"""The sample's organisation, as it stands on the fake before anything is created in it."""

from pathlib import Path

import yaml

from tests.github.fake import FakeGitHub
from tests.github.fake.state import Organisation, Secret

ROOT = Path(__file__).parents[2]
POLICY = yaml.safe_load((ROOT / "platform.yml").read_text())
LOGIN = "halden-retail"
APP_TOKEN = "ghs_canary0APP0installation0token"
PERSON_TOKEN = "ghp_canary0PERSON0classic0token"
WORKFLOW_TOKEN = "ghs_canary0WORKFLOW0github0token"
CANARY = "canary0"
REQUESTER = "ada-scientist"

# What the App of the button is granted; docs/create.md lists the same.
APP_WRITES = (
    "actions",
    "actions_variables",
    "administration",
    "contents",
    "environments",
    "issues",
    "organization_actions_variables",
    "organization_secrets",
    "repository_custom_properties",
    "secrets",
    "workflows",
)
APP_READS = (
    "members",
    "metadata",
    "organization_administration",
    "organization_custom_properties",
    "organization_plan",
    "repository_hooks",
)
APP_PERMISSIONS = dict.fromkeys(APP_WRITES, "write") | dict.fromkeys(APP_READS, "read")


def sample_organisation(fake: FakeGitHub) -> Organisation:
    """The organisation of `platform.yml`: its teams, secrets, variables and properties."""
    found = fake.organisation(LOGIN)
    found.members["olga-owner"] = "admin"
    for team in POLICY["teams"].values():
        fake.team(LOGIN, team["github"], REQUESTER)
    for name in POLICY["tags"]:
        found.properties[name] = {"value_type": "string"}
    for entry in POLICY["secrets"]:
        if entry["level"] == "organisation":
            for name in _names(entry):
                place = secret if entry["kind"] == "secret" else variable
                place(found, name)
    fake.token(APP_TOKEN, LOGIN, permissions=dict(APP_PERMISSIONS))
    # Only an owner may set what marks a repository.
    found.members[REQUESTER] = "admin"
    scopes = ("repo", "workflow", "admin:org", "delete_repo")
    fake.token(PERSON_TOKEN, REQUESTER, kind="classic", scopes=scopes)
    return found


def _names(entry: dict) -> set[str]:
    """An entry's names for every brand that authenticates so, and every environment."""
    return {
        entry["name"].replace("{BRAND}", brand.upper()).replace("{ENVIRONMENT}", place.upper())
        for brand, told in POLICY["brands"].items()
        if told["auth"] in entry.get("auth", [told["auth"]])
        for place in POLICY["environments"]
    }


def secret(organisation: Organisation, name: str, visibility: str = "selected") -> Secret:
    return organisation.secrets.setdefault(name, Secret(name, visibility))


def variable(organisation: Organisation, name: str, visibility: str = "all") -> Secret:
    made = Secret(name, visibility, value=f"value-of-{name.lower()}")
    return organisation.variables.setdefault(name, made)
