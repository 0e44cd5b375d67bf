"""What may be released: a commit that says so everywhere, and whose projects call what it holds."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.templates.real_tools.toolbox import tool

ROOT = Path(__file__).parent.parent
CHANGELOG, PACKAGE = "CHANGELOG.md", "generator/modelwright/__init__.py"
PIN, CALLED = "templates/_shared/workflows.json", ".github/workflows/python-ci.yml"


@pytest.fixture(autouse=True)
def _jq():
    """The script and the workflow read JSON with it, as GitHub's runner has it."""
    tool("jq")


@pytest.fixture
def repository(tmp_path):
    """A repository that may be released as 1.2.3."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/release", tmp_path / ".ci/release")
    for name, text in (
        (CHANGELOG, "# Changelog\n\n## 1.2.3\n"),
        (PACKAGE, '__version__ = "1.2.3"\n'),
        (CALLED, "name: CI\n"),
    ):
        written(tmp_path, name, text)
    git(tmp_path, "init", "--quiet")
    committed(tmp_path)
    pinned(tmp_path)
    return tmp_path


def written(repository, name, text):
    file = repository / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def git(repository, *arguments):
    command = ["git", *arguments]
    return subprocess.check_output(command, cwd=repository, text=True).strip()


def committed(repository):
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", "a change")


def pinned(repository):
    sha = git(repository, "rev-parse", "HEAD")
    written(repository, PIN, f'{{"sha": "{sha}", "version": "ci-v1"}}\n')
    committed(repository)


def judged(repository, version="1.2.3"):
    done = subprocess.run(
        [repository / ".ci/release", version], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stderr


def test_a_commit_that_agrees_with_itself_may_be_released(repository):
    assert judged(repository) == (0, "")


def uncommitted(repository):
    written(repository, "notes.txt", "later")


def tagged(repository):
    git(repository, "tag", "v1.2.3")


def called_otherwise(repository):
    written(repository, CALLED, "name: Another\n")
    committed(repository)


def pin_elsewhere(repository):
    git(repository, "tag", "ci-v1")


def unknown_pin(repository):
    written(repository, PIN, f'{{"sha": "{"0" * 40}", "version": "ci-v1"}}\n')
    committed(repository)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (uncommitted, "there are changes that are not committed"),
        (tagged, "v1.2.3 is tagged already"),
        (called_otherwise, "projects would call other workflows than those of this commit"),
        (pin_elsewhere, "ci-v1 names "),
        (unknown_pin, "is not in this history"),
    ],
)
def test_what_does_not_agree_is_refused_with_the_next_step(repository, change, says):
    change(repository)

    code, said = judged(repository)

    assert code == 1
    assert said.startswith("error: ")
    assert says in said
    assert "; next: " in said
    assert said.count("error: ") == 1


def test_every_reason_is_told_at_once(repository):
    code, said = judged(repository, "1.3")

    assert code == 1
    assert said.splitlines()[0] == "error: '1.3' is no version; next: write X.Y.Z"
    assert "the package says 1.2.3" in said
    assert "CHANGELOG.md has no section ## 1.3" in said


def test_a_bill_of_materials_is_written_for_each_distribution(tmp_path):
    """The step of the workflow is run as it stands, on this repository's own lock file."""
    workflow = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())
    steps = workflow["jobs"]["release"]["steps"]
    step = next(step["run"] for step in steps if step["name"] == "Bill of materials")
    attested = next(step["with"] for step in steps if step["name"] == "Attest")
    for name in ("pyproject.toml", "uv.lock"):
        shutil.copy(ROOT / name, tmp_path / name)
    written(tmp_path, "dist/modelwright_cli-1.2.3-py3-none-any.whl", "")

    subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", step],
        cwd=tmp_path, env={**os.environ, "VERSION": "1.2.3"}, check=True,
    )  # fmt: skip

    bill = json.loads((tmp_path / "sbom/modelwright-cli-1.2.3.cdx.json").read_text())
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    assert bill["metadata"]["component"]["purl"] == "pkg:pypi/modelwright-cli@1.2.3"
    brought = {component["name"] for component in bill["components"]}
    assert {"jinja2", "pydantic", "copier", "httpx"} <= brought
    assert not {"pytest", "mypy"} & brought
    assert attested["subject-path"].split() == ["dist/*", "sbom/*"]
