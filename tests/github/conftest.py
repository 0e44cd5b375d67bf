"""The fake that the tests of creation talk to; each exchange is judged when a test ends."""

import os

import pytest

from tests.github.fake import FakeGitHub
from tests.github.fake.description import github_description
from tests.github.organisation import sample_organisation


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
