"""A repository of another user: nothing of its configuration runs, and the way out is said."""

import json
import os

import pytest

from tests.platforms import git
from tests.update_command.small import run

pytestmark = [
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(
        not hasattr(os, "geteuid") or os.geteuid() != 0,
        reason="needs root, to make another's files",
    ),
]
ENDS = {"status": 0, "check": 4, "update": 4}


@pytest.fixture
def theirs(story, tmp_path):
    """A project of another user whose configuration would run a program."""
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\nexit 1\n")
    program.chmod(0o755)
    git(story.project, "config", "core.fsmonitor", str(program))
    git(story.project, "config", "filter.theirs.clean", str(program))
    (story.project / ".git/info").mkdir(exist_ok=True)
    (story.project / ".git/info/attributes").write_text("* filter=theirs\n")
    for place in (story.project, *story.project.rglob("*")):
        os.chown(place, 65534, 65534, follow_symlinks=False)
    return story.project


@pytest.mark.parametrize("command", ENDS)
def test_the_way_out_is_said_and_nothing_runs(theirs, tmp_path, command, capsys):
    assert run(command, theirs) == ENDS[command]

    told = capsys.readouterr().err
    assert "another user" in told
    assert f"git config --global --add safe.directory '{theirs}'" in told
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("command", ENDS)
def test_json_says_it_too(theirs, tmp_path, command, capsys):
    assert run(command, theirs, "--json") == ENDS[command]

    document = json.loads(capsys.readouterr().out)
    told = [*document.get("notes", []), document.get("next_step", "")]
    assert any("safe.directory" in line for line in told)
    assert not (tmp_path / "ran").exists()


def test_status_says_nothing_of_it_where_the_folder_is_trusted(
    theirs, tmp_path, capsys, monkeypatch
):
    configuration = tmp_path / "gitconfig"
    git(tmp_path, "config", "--file", str(configuration), "safe.directory", str(theirs))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(configuration))

    assert run("status", theirs) == 0

    assert "another user" not in capsys.readouterr().err
