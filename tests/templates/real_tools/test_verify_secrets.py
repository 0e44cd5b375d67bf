"""A deployment says at its very beginning which secret or variable is missing, and whose it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.templates.real_tools import projects
from tests.templates.real_tools.pipelines import Outcome, act
from tests.templates.real_tools.toolbox import run
from tests.templates.rendering import render

pytestmark = [pytest.mark.tools, pytest.mark.xdist_group("act")]

VALUE = "whisper-it"
KNOWN = [
    *(f"--var=KITTO_{environment}_CLIENT_ID=client-1" for environment in ("DEV", "STAGING", "PROD")),
    *(f"--secret=KITTO_{environment}_CLIENT_SECRET={VALUE}" for environment in ("DEV", "PROD")),
    *(f"--secret={name}={VALUE}" for name in ("KITTO_REGISTRY_TOKEN", "SERVICE_API_KEYS")),
]
REST = ["KITTO_STAGING_CLIENT_SECRET", "SERVICE_MASKING_KEY"]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of a brand whose service principals have client secrets."""
    folder = tmp_path_factory.mktemp("secrets")
    made = render("online-serving", folder, brand="kitto", team="kitto-marketing")
    projects.lock(made)
    address = f"https://github.com/halden-retail/{made.name}"
    run("git", "remote", "add", "origin", address, cwd=made)
    return made


def deployed(project: Path, folder: Path, *known: str) -> Outcome:
    options = ("--job", "policy", *known)
    return act(project, "push", "deploy.yml", *options, stubs=folder / "stubs")


def test_what_is_missing_is_named_with_its_purpose_and_its_owner(
    project: Path, tmp_path: Path
) -> None:
    outcome = deployed(project, tmp_path, *KNOWN)

    assert outcome.failed == ["Verify the secrets"], outcome.log[-3000:]
    for says in (
        "the secret KITTO_STAGING_CLIENT_SECRET is missing (authenticates the service principal "
        "that deploys and trains): ask the platform team to set it",
        "the secret SERVICE_MASKING_KEY is missing (hides who a logged request was about): "
        "ask the project's own team to set it",
    ):
        assert says in outcome.log
    assert "KITTO_DEV_CLIENT_SECRET is missing" not in outcome.log
    assert VALUE not in outcome.log


def test_nothing_is_said_where_all_are_there(project: Path, tmp_path: Path) -> None:
    rest = [f"--secret={name}={VALUE}" for name in REST]

    outcome = deployed(project, tmp_path, *KNOWN, *rest)

    assert outcome.failed == [], outcome.log[-3000:]
    assert "is missing" not in outcome.log
    assert VALUE not in outcome.log
