"""A lock file names the project's index, whatever index the person's own uv is told to use."""

import pytest

from modelwright.adapters.system import uv
from tests.package_index import PackageIndexes

PROJECT = """\
[project]
name = "p"
version = "1"
requires-python = ">=3.11"
dependencies = ["thing"]
"""
INDEX = '\n[[tool.uv.index]]\nname = "organisation"\nurl = "{url}/simple/"\ndefault = true\n'


@pytest.fixture
def index():
    """Start indexes of one package; each may ask for a login, and counts who asks."""
    with PackageIndexes() as indexes:
        yield indexes.start


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def configured(tmp_path, monkeypatch, text):
    home = tmp_path / "config"
    (home / "uv").mkdir(parents=True)
    (home / "uv/uv.toml").write_text(text)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))


OWN = {
    "UV_DEFAULT_INDEX": "{url}/simple",
    "UV_INDEX_URL": "{url}/simple",
    "UV_INDEX": "mine={url}/simple",
    "UV_EXTRA_INDEX_URL": "{url}/simple",
}


@pytest.mark.parametrize("name", OWN)
def test_an_index_of_the_person_s_environment_is_not_asked(name, index, project, monkeypatch):
    policy, own = index(), index()
    (project / "pyproject.toml").write_text(PROJECT + INDEX.format(url=policy.url))
    monkeypatch.setenv(name, OWN[name].format(url=own.url))

    uv.lock(project)

    text = (project / "uv.lock").read_text()
    assert (policy.url in text, own.url in text, own.asked) == (True, False, 0)


@pytest.mark.parametrize("text", [
    'index-url = "{url}/simple"\n',
    '[[index]]\nname = "mine"\nurl = "{url}/simple"\n',
    'extra-index-url = ["{url}/simple"]\n',
    '[pip]\nindex-url = "{url}/simple"\n[[index]]\nurl = "{url}/simple"\ndefault = true\n',
])  # fmt: skip
@pytest.mark.parametrize("where", ["the user's", "UV_CONFIG_FILE"])
def test_an_index_of_the_person_s_configuration_is_not_asked(
    text, where, index, project, monkeypatch, tmp_path
):
    policy, own = index(), index()
    (project / "pyproject.toml").write_text(PROJECT + INDEX.format(url=policy.url))
    configured(tmp_path, monkeypatch, text.format(url=own.url))
    if where == "UV_CONFIG_FILE":
        monkeypatch.setenv("UV_CONFIG_FILE", str(tmp_path / "config/uv/uv.toml"))
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "empty"))

    uv.lock(project)

    lock = (project / "uv.lock").read_text()
    assert (policy.url in lock, own.url in lock, own.asked) == (True, False, 0)


def test_how_a_host_is_reached_stays_the_person_s_own(index, project, monkeypatch, tmp_path):
    policy = index()
    (project / "pyproject.toml").write_text(PROJECT + INDEX.format(url=policy.url))
    configured(tmp_path, monkeypatch, "offline = true\n")

    with pytest.raises(uv.ExternalSystemError):
        uv.lock(project)
    assert policy.asked == 0


def test_an_index_with_a_login_is_reached_by_the_variables_of_its_name(index, project, monkeypatch):
    policy = index(login="reader:s3cret")
    (project / "pyproject.toml").write_text(PROJECT + INDEX.format(url=policy.url))

    with pytest.raises(uv.ExternalSystemError):
        uv.lock(project)
    monkeypatch.setenv("UV_INDEX_ORGANISATION_USERNAME", "reader")
    monkeypatch.setenv("UV_INDEX_ORGANISATION_PASSWORD", "s3cret")
    uv.lock(project)

    text = (project / "uv.lock").read_text()
    assert (policy.url in text, "s3cret" in text) == (True, False)
