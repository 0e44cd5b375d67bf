"""A tag that was moved in the template is told by whoever works from it."""

import json
import re

import pytest
import yaml

from modelwright.adapters.sources.mirrors import invalidate
from tests.platforms import git
from tests.update_command.small import FIRST, Story, run

pytestmark = pytest.mark.filterwarnings("ignore")
ANSWERS = ".copier-answers.yml"
BASE = FIRST["project/README.md"]
NEWEST = BASE.replace("line 9\n", "line nine\n")


@pytest.fixture
def moved(tmp_path, monkeypatch):
    """A project at v1.0.0, whose tag was moved between two commands; and both commits."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    story = Story(tmp_path)
    story.make()
    name_url(story)
    story.release("v1.1.0", {"project/README.md": NEWEST})
    assert run("status", story.project) == 0
    old = git(story.template, "rev-parse", "v1.0.0").strip()
    git(story.template, "checkout", "--quiet", "-b", "fixes", "v1.0.0")
    (story.template / "project/README.md").write_text(BASE.replace("line 2\n", "line two\n"))
    git(story.template, "commit", "--quiet", "--all", "--message", "fix: late")
    git(story.template, "tag", "--force", "--annotate", "--message", "v1.0.0", "v1.0.0")
    git(story.template, "checkout", "--quiet", "main")
    return story, old, git(story.template, "rev-parse", "v1.0.0^{commit}").strip()


def name_url(story, **others):
    path = story.project / ANSWERS
    answers = yaml.safe_load(path.read_text())
    path.write_text(yaml.safe_dump({**answers, "_src_path": f"file://{story.template}", **others}))
    story.commit()


@pytest.mark.parametrize("command", [["status"], ["update", "--dry-run"], ["update"]])
def test_every_command_tells_the_tag_and_both_commits_once(moved, command, capsys):
    story, old, new = moved
    run("status", story.project)
    capsys.readouterr()

    assert run(*command, story.project) == 0

    (line,) = [line for line in capsys.readouterr().err.splitlines() if "was moved" in line]
    assert "v1.0.0" in line
    assert old[:12] in line
    assert new[:12] in line


@pytest.mark.parametrize("command", ["status", "update"])
def test_json_has_it_among_the_notes(moved, command, capsys):
    story, old, _ = moved
    capsys.readouterr()

    assert run(command, story.project, "--json") == 0

    (note,) = json.loads(capsys.readouterr().out)["notes"]
    assert f"_commit: {old[:7]}" in note


def test_the_way_that_is_told_updates_from_the_first_commit(moved, capsys):
    story, _, _ = moved
    run("status", story.project)
    told = re.search(r"write _commit: (\S+) ", capsys.readouterr().err)
    name_url(story, _commit=told[1])

    assert run("update", story.project) == 0

    assert "was moved" not in capsys.readouterr().err
    assert (story.project / "README.md").read_text() == NEWEST.replace("{{ name }}", "demo")
    assert yaml.safe_load((story.project / ANSWERS).read_text())["_commit"] == "v1.1.0"


def test_a_tag_that_was_moved_back_is_not_told(moved, capsys):
    story, old, _ = moved
    run("status", story.project)
    git(story.template, "tag", "--force", "v1.0.0", old)
    capsys.readouterr()

    assert run("status", story.project) == 0

    assert "was moved" not in capsys.readouterr().err


def test_a_project_of_another_version_hears_nothing(moved, capsys):
    story, _, _ = moved
    name_url(story, _commit="v1.1.0")
    capsys.readouterr()

    assert run("status", story.project) == 0

    assert "was moved" not in capsys.readouterr().err


def test_a_first_commit_that_is_gone_is_said_to_be_gone(moved, tmp_path, capsys):
    story, _, _ = moved
    (mirror,) = (tmp_path / "cache").rglob("*.git")
    run("status", story.project)
    git(story.template, "checkout", "--quiet", "--orphan", "fresh")
    git(story.template, "commit", "--quiet", "--message", "feat: begin again")
    for tag in ("v1.0.0", "v1.1.0"):
        git(story.template, "tag", "--force", tag)
    git(story.template, "branch", "--quiet", "-D", "main", "fixes")
    invalidate(mirror)
    capsys.readouterr()

    assert run("status", story.project) == 0

    assert "the first one is gone" in capsys.readouterr().err
