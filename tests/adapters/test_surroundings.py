"""A program sees what it needs, and no key or token."""

import os

import pytest

from modelwright.adapters.system.environment import environment_of
from modelwright.adapters.system.process import output, run

SECRETS = [
    *("MODELWRIGHT_APP_KEY", "MODELWRIGHT_APP_ID", "GH_TOKEN", "GITHUB_TOKEN", "SERVICE_API_KEYS"),
    *("AWS_SECRET_ACCESS_KEY", "DATABRICKS_TOKEN", "GIT_TOKEN", "GIT_PASSWORD", "SSH_PRIVATE_KEY"),
    *("UV_PUBLISH_TOKEN", "UV_PUBLISH_PASSWORD", "TOKEN", "CI_JOB_TOKEN", "A_NAME_OF_TOMORROW"),
]
CANARY = "canary0of0the0surroundings"


@pytest.fixture(autouse=True)
def secrets(monkeypatch):
    for name in SECRETS:
        monkeypatch.setenv(name, CANARY)


@pytest.mark.parametrize("program", ["git", "uv", "tar", "/usr/bin/git", "whatever"])
def test_no_program_sees_a_secret(program):
    assert CANARY not in environment_of(program).values()


def test_what_a_program_printed_holds_none(tmp_path):
    assert CANARY not in run(("env",), folder=tmp_path)
    assert CANARY.encode() not in output(("env",), folder=tmp_path)


def test_git_that_reaches_a_host_may_have_a_helper_that_needs_a_token():
    found = {
        name for name, value in environment_of("git", credentials=True).items() if value == CANARY
    }

    assert found == {"GH_TOKEN", "GITHUB_TOKEN"}


@pytest.mark.parametrize(
    ("program", "name"),
    [
        ("git", "GIT_AUTHOR_NAME"),
        ("git", "GIT_CONFIG_GLOBAL"),
        ("git", "GIT_SSH_COMMAND"),
        ("git", "SSH_AUTH_SOCK"),
        ("git", "https_proxy"),
        ("uv", "UV_INDEX_COMPANY_PASSWORD"),
        ("uv", "UV_CACHE_DIR"),
        ("uv", "GIT_SSH_COMMAND"),
        ("gh", "GH_HOST"),
        ("tar", "LC_ALL"),
    ],
)
def test_what_a_program_needs_stays(program, name, monkeypatch):
    monkeypatch.setenv(name, "kept")

    assert environment_of(program)[name] == "kept"


@pytest.mark.parametrize("name", ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "VIRTUAL_ENV"])
def test_what_names_another_project_does_not(name, monkeypatch):
    monkeypatch.setenv(name, "elsewhere")

    assert name not in environment_of("git")


def test_a_program_in_the_folder_that_it_runs_in_is_not_found(tmp_path, monkeypatch):
    trap = tmp_path / "git"
    trap.write_text("#!/bin/sh\necho trapped\n")
    trap.chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join((".", "", os.environ["PATH"])))

    assert "trapped" not in run(("git", "version"), folder=tmp_path)


def test_settings_of_git_reach_only_the_git_that_reaches_a_host(monkeypatch, tmp_path):
    settings = {
        "http.https://example.com/.extraHeader": f"Authorization: Basic {CANARY}",
        "user.name": "Ada",
        "credential.helper": f"!f() {{ echo password={CANARY}; }}; f",
    }
    monkeypatch.setenv("GIT_CONFIG_COUNT", str(len(settings)))
    for number, (key, value) in enumerate(settings.items()):
        monkeypatch.setenv(f"GIT_CONFIG_KEY_{number}", key)
        monkeypatch.setenv(f"GIT_CONFIG_VALUE_{number}", value)

    assert run(("git", "config", "user.name"), folder=tmp_path) == "Ada\n"
    assert CANARY not in str(environment_of("git"))
    assert CANARY not in str(environment_of("uv"))
    assert environment_of("git", credentials=True)["GIT_CONFIG_VALUE_2"].startswith("!f")
