"""A lock file follows an update of what it is made of, or it is said that it does not."""

import json
import subprocess

import pytest

from modelwright.adapters.system import uv
from tests.package_index import PackageIndexes, wheel
from tests.platforms import git
from tests.update_command.small import run

DONE, CONFLICTS, SURROUNDINGS = 0, 1, 4
PYPROJECT = """\
[project]
name = "p"
version = "1"
requires-python = ">=3.11"
dependencies = ["thing>=1"]

[tool.any]
line = 1

[[tool.uv.index]]
name = "organisation"
url = "{url}/simple/"
default = true
"""


@pytest.fixture
def index():
    with PackageIndexes() as indexes:
        yield indexes.start()


@pytest.fixture
def locked(story, index, tmp_path, monkeypatch):
    """A project with a lock file of the only version that there was then."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    text = PYPROJECT.format(url=index.url)
    story.release("v1.1.0", {"project/pyproject.toml": text})
    assert run("update", story.project) == DONE
    uv.lock(story.project)
    story.commit(story.project)
    index.wheels["2.0"] = wheel("2.0")
    return story


def release(story, tag, old, new):
    text = (story.template / "project/pyproject.toml").read_text()
    assert old in text
    story.release(tag, {"project/pyproject.toml": text.replace(old, new)})


def is_current(project):
    return uv.lock_project_metadata(project) == (project / "uv.lock").read_bytes()


def test_it_is_renewed_and_staged_with_the_rest(locked, capsys):
    release(locked, "v1.2.0", "thing>=1", "thing>=2")

    assert run("update", locked.project) == DONE

    assert is_current(locked.project)
    assert 'version = "2.0"' in (locked.project / "uv.lock").read_text()
    assert "changed  uv.lock" in capsys.readouterr().out
    assert "uv.lock" in locked.staged()


def test_nothing_is_upgraded_that_need_not_be(locked):
    release(locked, "v1.2.0", ">=3.11", ">=3.11.1")

    assert run("update", locked.project) == DONE

    text = (locked.project / "uv.lock").read_text()
    assert is_current(locked.project)
    assert ('requires-python = ">=3.11.1"' in text, 'version = "2.0"' in text) == (True, False)


def test_what_does_not_concern_it_asks_no_index(locked, index):
    release(locked, "v1.2.0", "line = 1", "line = 2")
    before, asked = (locked.project / "uv.lock").read_bytes(), index.asked

    assert run("update", locked.project) == DONE

    assert ((locked.project / "uv.lock").read_bytes(), index.asked) == (before, asked)


def test_a_dry_run_shows_it_and_writes_nothing(locked, capsys):
    release(locked, "v1.2.0", "thing>=1", "thing>=2")

    assert run("update", locked.project, "--dry-run") == DONE

    assert "changed  uv.lock" in capsys.readouterr().out
    assert git(locked.project, "status", "--porcelain") == ""


def test_an_index_that_cannot_be_reached_is_told_with_the_command(locked, index, capsys):
    release(locked, "v1.2.0", "thing>=1", "thing>=2")
    index.login = "nobody:knows"

    assert run("update", locked.project) == SURROUNDINGS

    said = capsys.readouterr().out
    assert "uv.lock does not match any more and could not be renewed" in said
    assert "next: uv lock && git add uv.lock" in said
    assert "thing>=2" in (locked.project / "pyproject.toml").read_text()
    index.login = ""
    subprocess.run(["uv", "lock", "--quiet"], cwd=locked.project, check=True)
    assert is_current(locked.project)


def test_a_missing_uv_is_told_and_nothing_is_lost(locked, monkeypatch, capsys):
    release(locked, "v1.2.0", "thing>=1", "thing>=2")
    monkeypatch.setattr(uv, "_COMMAND", ("uv-that-is-nowhere",))

    assert run("update", locked.project, "--json") == SURROUNDINGS

    document = json.loads(capsys.readouterr().out)
    assert (document["status"], "not installed" in document["stale_lock"]) == ("updated", True)


def test_a_conflict_in_the_metadata_comes_first(locked, capsys):
    release(locked, "v1.2.0", "thing>=1", "thing>=2")
    own = locked.project / "pyproject.toml"
    own.write_text(own.read_text().replace("thing>=1", "thing>=1.0"))
    locked.commit(locked.project)

    assert run("update", locked.project) == CONFLICTS

    assert "uv.lock was not renewed" in capsys.readouterr().err


def test_what_only_a_build_would_tell_is_left_to_a_person(locked, capsys):
    release(locked, "v1.2.0", 'version = "1"', 'dynamic = ["version"]')

    assert run("update", locked.project) == DONE

    assert "run: uv lock && git add uv.lock" in capsys.readouterr().err


def test_a_project_without_a_lock_file_gets_none(story, index):
    text = PYPROJECT.format(url=index.url)
    story.release("v1.1.0", {"project/pyproject.toml": text})

    assert run("update", story.project) == DONE

    assert not (story.project / "uv.lock").exists()
