"""The fake that the tests of creation talk to; each exchange is judged when a test ends."""

import os

import pytest

from modelwright.cli.main import main
from modelwright.paths import PLATFORM_BUNDLE
from tests.github.creating import Creating
from tests.github.fake import FakeGitHub
from tests.github.fake.description import github_description
from tests.github.fake.proof import new_app
from tests.github.organisation import APP_TOKEN, REQUESTER, WORKFLOW_TOKEN, sample_organisation
from tests.github.starting import RELEASE, from_template, starters


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


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return starters(tmp_path_factory.mktemp("starters"))


@pytest.fixture
def use_template(fake, organisation, place, tmp_path, monkeypatch, capsys):
    """Make a repository from a starter, and let its workflow's command run in its clone."""

    def use(starter, name, **told):
        made = from_template(fake, place / starter, name, tmp_path / "clones", **told)
        for variable in ("GITHUB_TOKEN", "GITHUB_API_URL", "GITHUB_TRIGGERING_ACTOR"):
            monkeypatch.delenv(variable, raising=False)
        monkeypatch.setenv("GH_TOKEN", WORKFLOW_TOKEN)
        monkeypatch.setenv("GITHUB_REPOSITORY", made.full_name)
        monkeypatch.setenv("GITHUB_ACTOR", REQUESTER)
        monkeypatch.chdir(made.clone)
        capsys.readouterr()
        summary = tmp_path / "summary.md"
        code = main(
            [
                "start",
                f"--platform={PLATFORM_BUNDLE}@{RELEASE}",
                f"--api={fake.url}",
                "--no-lock",
                f"--summary={summary}",
            ]
        )
        return made, code, capsys.readouterr().err, summary

    (tmp_path / "clones").mkdir()
    return use


@pytest.fixture
def begun(use_template, create, monkeypatch):
    """A project that was begun from a starter, and the button for it."""
    made, code, said, _ = use_template(
        "starter-kitto-serve", "kitto-mail-timing-serve", description="Says when to send"
    )
    assert code == 0, said
    create.answers |= {"team": "kitto-marketing", "use_case": "mail-timing"}
    create.answers |= {"personal_data": "personal", "description": "Says when to send"}
    monkeypatch.setenv("GH_TOKEN", APP_TOKEN)
    monkeypatch.chdir(create.folder)
    return made


@pytest.fixture
def with_app(fake, create, tmp_path, monkeypatch):
    """Let the command use an app's key, with these rights."""

    def use(permissions):
        key = new_app(fake.state, "4711", permissions)
        monkeypatch.delenv("GH_TOKEN")
        monkeypatch.setenv("MODELWRIGHT_APP_ID", "4711")
        monkeypatch.setenv("MODELWRIGHT_APP_KEY", key)
        return create

    return use
