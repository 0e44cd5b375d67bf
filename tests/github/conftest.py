"""The fake that the tests of creation talk to; each exchange is judged when a test ends."""

import os

import pytest

from tests.github.creating import Creating
from tests.github.fake import FakeGitHub
from tests.github.fake.description import github_description
from tests.github.organisation import APP_TOKEN, REQUESTER, sample_organisation


@pytest.fixture(scope="session")
def description():
    """GitHub's own description of its API; None where a laptop cannot have it."""
    try:
        return github_description()
    except LookupError as error:
        if os.environ.get("CI") == "true":
            raise
        return str(error)


@pytest.fixture
def fake(tmp_path, description):
    """An empty GitHub. A test fails whose requests or answers GitHub would not know."""
    with FakeGitHub(tmp_path / "github").running() as started:
        yield started
    assert started.crashes == []
    if isinstance(description, str):
        pytest.skip(f"not judged by GitHub's description: {description}")
    assert faults_in(started, description) == []


@pytest.fixture
def organisation(fake):
    """The sample's organisation on the fake."""
    return sample_organisation(fake)


def faults_in(fake, description) -> list[str]:
    """What GitHub's description says against the exchanges of a fake."""
    return [
        fault
        for found in fake.exchanges
        if not found.is_git and found.call.route
        for fault in description.faults(found.call, found.answer)
    ]


@pytest.fixture
def create(fake, organisation, tmp_path, capsys, monkeypatch):
    """`modelwright create` with the token of the button's App, asked for by a member."""
    surroundings = {
        "GH_TOKEN": APP_TOKEN,
        "GITHUB_ACTOR": REQUESTER,
        "MODELWRIGHT_GITHUB_PAUSE": "0.01",
        "MODELWRIGHT_GITHUB_TIMEOUT": "5",
    }
    for name, value in surroundings.items():
        monkeypatch.setenv(name, value)
    for name in ("GITHUB_TOKEN", "GITHUB_API_URL", "GITHUB_TRIGGERING_ACTOR"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return Creating(fake, folder, capsys)
