"""The README's commands are run in order, in an empty folder, and print what it says they print."""

import sys
from pathlib import Path

import pytest

from tests.checkout import copy_checkout
from tests.console import follow

ROOT = Path(__file__).parent.parent
BASE_PYTHON = Path(sys.base_prefix) / "bin" / "python3"


@pytest.mark.slow
@pytest.mark.xdist_group("readme")
def test_every_command_prints_what_the_readme_says(tmp_path, monkeypatch):
    # The published address stands for this checkout as it is, committed or not.
    source = tmp_path / "source"
    copy_checkout(source)
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.{source}.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "https://github.com/halden-retail/modelwright")
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    # No uv and no tool of this environment: only a Python, and what the system itself has.
    machine = tmp_path / "machine"
    machine.mkdir()
    (machine / "python3").symlink_to(BASE_PYTHON)
    monkeypatch.setenv("PATH", f"{machine}:/usr/bin:/bin")
    folder = tmp_path / "empty"
    folder.mkdir()

    follow(ROOT / "README.md", folder, tmp_path)
