"""A project is made at any released version, and judged by its own."""

import json
import subprocess
import sys
from datetime import date

import pytest
import yaml

from modelwright.operations.judge.check import check_project
from modelwright.operations.judge.policy_choice import platform_of_project
from tests.platforms import git, platform_copy, release

TODAY = date(2026, 11, 1)


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    """Two versions; the second changes a managed file."""
    folder = platform_copy(tmp_path_factory.mktemp("platform") / "platform")
    release(folder, "v1.0.0")
    main = next(folder.glob("templates/online-serving/*/main.py"))
    main.write_text(main.read_text() + "# the second version\n")
    release(folder, "v1.1.0")
    return folder


@pytest.fixture(autouse=True)
def _fresh(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def modelwright(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "modelwright", *arguments],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip


def new(folder, platform, *arguments):
    done = modelwright(
        folder, "new", "online-serving", "--defaults", "--no-lock", "--no-git", "--json",
        "--platform", platform, *arguments,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder / json.loads(done.stdout)["project"]


def answers(project):
    return yaml.safe_load((project / ".copier-answers.yml").read_text())


def findings(project):
    report = check_project(
        project, open_platform=lambda *of: platform_of_project("", *of), today=TODAY
    )
    # No lock is made here: that takes the package index.
    return {finding.rule for finding in report.findings} - {"LCK001"}


# A platform at a URL says in its policy which URL that is; this one is at another.
@pytest.mark.parametrize(("address", "elsewhere"), [("{}", set()), ("file://{}", {"PLT001"})])
def test_a_project_can_be_made_at_an_older_version_which_judges_it(
    platform, tmp_path, address, elsewhere
):
    project = new(tmp_path, address.format(platform), "--to", "v1.0.0")

    assert answers(project)["_commit"] == answers(project)["born"] == "v1.0.0"
    assert "second" not in (project / "main.py").read_text()
    assert findings(project) == elsewhere
    with (project / "main.py").open("a") as file:
        file.write("# mine\n")
    assert findings(project) == {"DRF001", *elsewhere}


def test_a_version_that_was_never_released_is_refused_and_nothing_is_written(platform, tmp_path):
    done = modelwright(
        tmp_path, "new", "online-serving", "--defaults", "--platform", platform, "--to", "v1.0.1"
    )

    assert done.returncode == 3
    assert "v1.0.1" in done.stderr
    assert "v1.0.0 or v1.1.0" in done.stderr
    assert list(tmp_path.glob("norda*")) == []


def test_a_folder_without_git_has_no_other_version(tmp_path):
    folder = platform_copy(tmp_path / "platform")

    done = modelwright(
        tmp_path, "new", "online-serving", "--defaults", "--platform", folder, "--to", "v1.0.0"
    )

    assert done.returncode == 3
    assert "no git repository" in done.stderr


def test_a_version_that_the_platform_never_released_is_a_finding(platform, tmp_path):
    project = new(tmp_path, platform, "--to", "v1.0.0")
    path = project / ".copier-answers.yml"
    path.write_text(path.read_text().replace("_commit: v1.0.0", "_commit: v0.9.0"))

    assert findings(project) == {"DRF003", "PLT002"}


def test_what_the_cache_holds_is_judged_without_a_network(platform, tmp_path):
    moving = tmp_path / "moving"
    git(tmp_path, "clone", "--quiet", str(platform), "moving")
    project = new(tmp_path, f"file://{moving}", "--to", "v1.0.0")
    moving.rename(tmp_path / "gone")

    assert findings(project) == {"PLT001"}
