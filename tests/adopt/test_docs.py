"""Every command of docs/adopt.md is run in order, and prints what stands there."""

import os
import sys
from pathlib import Path

from tests.adopt.conftest import three_versions
from tests.console import follow
from tests.platforms import ROOT

URL = "https://github.com/your-organisation/platform"


def test_every_command_prints_what_the_page_says(tmp_path, monkeypatch):
    sample = {"https://github.com/halden-retail/modelwright": URL}
    history = three_versions(tmp_path / "platform", **sample)
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.{history}.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", URL)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("MODELWRIGHT_NO_LOCK", "1")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    folder = tmp_path / "work"
    folder.mkdir()

    follow(ROOT / "docs/adopt.md", folder, tmp_path, failing=("error:", "2 findings"))
