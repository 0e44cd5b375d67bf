"""The commands of the documents are run, and print what the documents say."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.console import follow
from tests.nightly import nightly
from tests.platforms import platform_copy, release
from tests.templates.real_tools.toolbox import tool

ROOT = Path(__file__).parent.parent
LOG = """\
# Changelog

## v1.1.0

- The runbook is called docs/operations.md.
- The README says where to ask.

## v1.0.0

- First release.
"""


@pytest.fixture
def commands_at_hand(monkeypatch):
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")


def test_an_update_goes_as_its_document_says(tmp_path, commands_at_hand):
    story = tmp_path / "story"
    platform = platform_copy(story / "platform")
    release(platform, "v1.0.0")
    project = next(platform.glob("templates/online-serving/{{*"))
    (project / "docs/runbook.md").rename(project / "docs/operations.md")
    readme = project / "README.md"
    readme.write_text(readme.read_text() + "\n## Support\n\nAsk in #ml-platform.\n")
    (platform / "CHANGELOG.md").write_text(LOG)
    release(platform, "v1.1.0")

    follow(ROOT / "docs/update.md", story, tmp_path)


def test_an_audit_goes_as_its_document_says(tmp_path, commands_at_hand):
    (tmp_path / "work").mkdir()

    follow(ROOT / "docs/audit.md", tmp_path / "work", tmp_path)


@nightly("minutes of act")
@pytest.mark.tools
@pytest.mark.slow
@pytest.mark.xdist_group("act")
def test_a_pull_request_is_green_and_then_red_as_its_document_says(
    tmp_path, monkeypatch, commands_at_hand
):
    tool("act")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    (tmp_path / "work").mkdir()

    follow(ROOT / "docs/proof.md", tmp_path / "work", tmp_path, failing=("red",))


def test_every_extra_is_documented_and_named_by_a_missing_library():
    from modelwright.cli.errors import EXTRAS
    from modelwright.operations.doctor import EXTRAS as DIAGNOSED

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    rows = (ROOT / "docs/install.md").read_text()

    extras = set(project["optional-dependencies"])
    assert set(EXTRAS.values()) == extras == set(DIAGNOSED)
    assert all(f"| `{extra}` |" in rows for extra in extras)


def test_no_document_installs_what_is_somebody_elses():
    """On the package index `modelwright` is not ours: ours is `modelwright-cli`."""
    wrong = re.compile(
        r"(?:pip|pipx|uv tool|uv) install (?:-\S+ )*[\"']?modelwright(?!-cli)\b|uvx modelwright\b"
    )
    listed = subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT, text=True).split("\0")
    texts = {name: ROOT / name for name in listed if name and not name.endswith(".lock")}
    found = [
        name
        for name, path in texts.items()
        if path.is_file() and name != "tests/test_docs.py"
        if wrong.search(path.read_bytes().decode(errors="ignore"))
    ]

    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["name"] == (
        "modelwright-cli"
    )
    assert found == []
