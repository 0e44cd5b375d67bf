"""The token of `update-project.yml` answers the host that issued it, and no other."""

import os
import subprocess

import pytest
import yaml

from modelwright.adapters.system.environment import environment_of
from tests.platforms import ROOT

SERVER = "https://ghe.example.com"
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/update-project.yml").read_text())
STEPS = [s for s in WORKFLOW["jobs"]["update"]["steps"] if "GH_TOKEN" in s.get("env", {})]


def asked(step, url, folder, monkeypatch):
    """Return what git is told for a URL by the git that modelwright starts in a step."""
    settings = [line for line in step["run"].splitlines() if line.startswith("export GIT_CONFIG")]
    done = subprocess.run(
        ["bash", "-c", "\n".join([*settings, "env -0"])],
        env={**os.environ, "GITHUB_SERVER_URL": SERVER}, capture_output=True, check=True,
    )  # fmt: skip
    for pair in done.stdout.decode().split("\0"):
        name, _, value = pair.partition("=")
        if name.startswith("GIT_CONFIG_") and "GLOBAL" not in name and "SYSTEM" not in name:
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("GH_TOKEN", "canary0of0the0update")
    answered = subprocess.run(
        ["git", "credential", "fill"], input=f"url={url}\n", cwd=folder, text=True,
        env=environment_of("git", {"GIT_TERMINAL_PROMPT": "0"}, credentials=True),
        capture_output=True, check=False,
    )  # fmt: skip
    return answered.stdout


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step["name"])
@pytest.mark.parametrize(
    ("url", "told"),
    [
        (f"{SERVER}/halden-retail/modelwright", True),
        ("https://github.com/attacker/template", False),
        ("https://localhost:8443/x.git", False),
        ("http://ghe.example.com/halden-retail/modelwright", False),
        ("https://ghe.example.com:8443/x", False),
        ("https://ghe.example.com.attacker.net/x", False),
        ("https://ghe.example.com@attacker.net/x", False),
    ],
)
def test_only_the_host_that_issued_the_token_is_told_it(step, url, told, tmp_path, monkeypatch):
    assert ("canary0of0the0update" in asked(step, url, tmp_path, monkeypatch)) == told


def test_every_step_with_the_token_was_tried():
    assert {step["name"] for step in STEPS} == {"Update", "Open the pull request"}
