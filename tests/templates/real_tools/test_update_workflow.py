"""`update-project.yml`, run by act: a pull request that says what changed and what conflicts."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.platforms import git
from tests.templates.real_tools.pipelines import Outcome, act
from tests.templates.real_tools.toolbox import path_with_this_environment, tool
from tests.templates.rendering import REPOSITORY, sample_policy
from tests.update_command.small import FIRST, Story

pytestmark = [pytest.mark.tools, pytest.mark.slow, pytest.mark.xdist_group("act")]

TOKEN = "whisper-it"
BRANCH = "modelwright/update-v2.0.0"
ADDRESS = "https://github.example/pull/7"


@dataclass(frozen=True)
class Run:
    """One run: how it ended, what it asked of gh, and the remote that it pushed to."""

    outcome: Outcome
    recorded: Path
    remote: Path

    def branches(self) -> list[str]:
        return git(self.remote, "branch", "--format", "%(refname:short)").split()

    def asked(self) -> str:
        file = self.recorded / "commands"
        return file.read_text() if file.exists() else ""


@pytest.fixture
def story(tmp_path: Path) -> Story:
    """A project one version behind its template, with a remote."""
    made = Story(tmp_path)
    made.make()
    changed = str(FIRST["project/README.md"]).replace("line 7", "line 7, better")
    made.release("v2.0.0", {"project/README.md": changed})
    return made


def updated(story: Story, folder: Path, *options: str, to: str = "") -> Run:
    pin = yaml.safe_load((REPOSITORY / "templates/_shared/workflows.json").read_text())["sha"]
    called = f"{sample_policy()['platform']['repository']}/.github/workflows/update-project.yml@{pin}"
    job = {
        "uses": called,
        "with": {"to": "${{ inputs.to }}"},
        "secrets": {"token": "${{ secrets.UPDATE_TOKEN }}"},
    }
    inputs = {"to": {"type": "string", "default": ""}}
    caller = {"name": "Update", "on": {"workflow_dispatch": {"inputs": inputs}}, "jobs": {"u": job}}
    remote, recorded, commands = (folder / name for name in ("remote.git", "recorded", "bin"))
    if not remote.exists():
        story.edit({".github/workflows/update.yml": yaml.safe_dump(caller)})
        git(folder, "init", "--quiet", "--bare", str(remote))
        git(story.project, "remote", "add", "origin", str(remote))
        git(story.project, "push", "--quiet", "origin", "main")
        for place in (recorded, commands):
            place.mkdir()
        shutil.copy(Path(__file__).with_name("recorded_command.sh"), commands / "gh")
    tool("jq")
    env = {
        "PATH": os.pathsep.join([str(commands), path_with_this_environment()]),
        "RECORDED": str(recorded),
    }
    outcome = act(
        story.project, "workflow_dispatch", "update.yml", f"--input=to={to}", *options,
        stubs=folder / "stubs", env=env,
    )  # fmt: skip
    return Run(outcome, recorded, remote)


def test_an_update_becomes_a_pull_request_and_never_writes_over_one(
    story: Story, tmp_path: Path
) -> None:
    run = updated(story, tmp_path, f"--secret=UPDATE_TOKEN={TOKEN}")

    assert run.outcome.code == 0, run.outcome.log[-4000:]
    assert set(run.branches()) == {"main", BRANCH}
    assert "line 7, better" in git(run.remote, "show", f"{BRANCH}:README.md")
    assert f"pr create --base main --head {BRANCH} --title Update to v2.0.0" in run.asked()
    report = (run.recorded / "report.md").read_text()
    assert "brought this project from v1.0.0 to v2.0.0" in report
    assert "- changed `README.md`" in report
    assert TOKEN not in run.outcome.log + run.asked() + report
    git(run.remote, "update-ref", f"refs/heads/{BRANCH}", "main")

    again = updated(story, tmp_path, f"--secret=UPDATE_TOKEN={TOKEN}")

    assert again.outcome.code == 0
    assert git(run.remote, "rev-parse", BRANCH) == git(run.remote, "rev-parse", "main")


def test_conflicts_make_a_draft_that_names_them(story: Story, tmp_path: Path) -> None:
    mine = str(FIRST["project/README.md"]).replace("{{ name }}", "demo")
    story.edit({"README.md": mine.replace("line 7", "my line 7")})

    run = updated(story, tmp_path, f"--secret=UPDATE_TOKEN={TOKEN}", to="v2.0.0")

    assert run.outcome.code == 0, run.outcome.log[-4000:]
    assert "--draft" in run.asked()
    assert "## Conflicts" in (run.recorded / "report.md").read_text()
    kept = git(run.remote, "show", f"{BRANCH}:README.md")
    assert "my line 7" in kept
    assert "line 7, better" in kept


def test_a_missing_token_and_a_hostile_version_end_before_anything_is_done(
    story: Story, tmp_path: Path
) -> None:
    without = updated(story, tmp_path)
    hostile = updated(
        story, tmp_path, f"--secret=UPDATE_TOKEN={TOKEN}", to='1"; touch "${RECORDED}/pwned"; #'
    )

    assert "the secret token is missing" in without.outcome.log
    assert "that is no version" in hostile.outcome.log
    assert [without.outcome.failed, hostile.outcome.failed] == [["What was asked"]] * 2
    assert "gh pr" not in hostile.asked()
    assert not (hostile.recorded / "pwned").exists()
    assert without.branches() == ["main"]
