"""Runs a project's workflows with act on this machine, the platform's own taken from this checkout.

Actions of third parties need the network, so each is a stub that does what the step after it relies
on. What act does not model (environments, OIDC, permissions, concurrency) is judged by the linters.
It does not know `$/`, by which a repository's workflows and actions name each other at their own
commit: there it gets the long form, which means the same.
"""

from __future__ import annotations

import atexit
import functools
import json
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from tests.templates.real_tools.toolbox import libraries_of, run, tool
from tests.templates.rendering import REPOSITORY

STUBBED: Final = {
    "setup-uv": "uv --version",
    "setup-buildx": "true",
    "build-push": "true",
    "upload-artifact": "true",
    "azure-login": "true",
    "setup-databricks": "true",
    "google-auth": "true",
    "aws-credentials": "true",
}
SILENT: Final = re.compile(r"Run Main (.+)\n\s*\S*\s*Failure - Main \1 \[")


@dataclass(frozen=True)
class Outcome:
    """How a run ended: act's exit code, each step's result by its name, and what was printed."""

    code: int
    steps: dict[str, str] = field(default_factory=dict)
    log: str = ""
    summary: str = ""

    @property
    def failed(self) -> list[str]:
        """The names of the steps that failed."""
        return [name for name, result in self.steps.items() if result == "failure"]


def act(
    project: Path,
    event: str,
    workflow: str,
    *options: str,
    stubs: Path,
    env: dict[str, str] | None = None,
    platform: Path = REPOSITORY,
) -> Outcome:
    """Run one workflow of a committed project; `options` are act's own."""
    tool("jq")
    libraries_of(project)
    command = [
        tool("act"), event, "--workflows", f".github/workflows/{workflow}", "--json",
        "--platform", "ubuntu-24.04=-self-hosted", "--container-daemon-socket", "-",
        "--defaultbranch", "main",
        *local_repositories(stubs, platform), *options,
    ]  # fmt: skip
    nothing_of_ours = {"PYTHONPATH": "", "VIRTUAL_ENV": ""}
    surroundings = {"UV_PYTHON": sys.executable, **nothing_of_ours, **(env or {})}
    outcome = told(run(*command, cwd=project, env=surroundings, check=False, timeout=900))
    # act loses what a step says that ends within milliseconds, now and then.
    if SILENT.search(outcome.log):
        outcome = told(run(*command, cwd=project, env=surroundings, check=False, timeout=900))
    return outcome


def told(result: subprocess.CompletedProcess[str]) -> Outcome:
    """Read what act told, line by line."""
    steps: dict[str, str] = {}
    said: list[str] = []
    # A step inside an action is told of twice.
    summary: dict[str, None] = {}
    for line in result.stdout.splitlines():
        entry: dict[str, Any] = json.loads(line) if line.startswith("{") else {"msg": line}
        if not str(entry.get("msg")).startswith("LocalRepositoryCache"):
            said.append(str(entry.get("msg", "")).rstrip("\n"))
        if entry.get("stage") == "Main" and entry.get("stepResult"):
            steps[str(entry["step"])] = str(entry["stepResult"])
        if entry.get("command") == "summary":
            summary[str(entry["content"])] = None
    log = "\n".join([*said, result.stderr])
    return Outcome(result.returncode, steps, log, "".join(summary))


def local_repositories(stubs: Path, platform: Path = REPOSITORY) -> list[str]:
    """Return act's options that put a platform and the stubs in the place of remote actions.

    This checkout is called as it stands, another platform as it is at its pin.
    """
    policy = yaml.safe_load((platform / "platform.yml").read_text())
    pin = yaml.safe_load((platform / "templates/_shared/workflows.json").read_text())
    name = f"{policy['platform']['repository']}@{pin['sha']}"
    if platform == REPOSITORY:
        called = this_checkout(name)
    else:
        called = written_out(at_commit(platform, pin["sha"], stubs), name)
    where = {name: called}
    for action_name, program in STUBBED.items():
        action = policy["available"]["actions"][action_name]
        where[f"{action['uses']}@{action['sha']}"] = write_stub(stubs / action_name, program)
    return [f"--local-repository={uses}={folder}" for uses, folder in where.items()]


def at_commit(repository: Path, commit: str, into: Path) -> Path:
    """Return a copy of a repository at one commit, without its history, as a runner has it."""
    into.mkdir(parents=True, exist_ok=True)
    run("git", "clone", "--quiet", "--no-checkout", repository, into / "called")
    run("git", "checkout", "--quiet", commit, cwd=into / "called")
    shutil.rmtree(into / "called/.git")
    return into / "called"


@functools.cache
def this_checkout(name: str) -> Path:
    """Return a copy of this checkout, for as long as the tests run."""
    folder = tempfile.TemporaryDirectory(prefix="platform-")
    atexit.register(folder.cleanup)
    for path in run("git", "ls-files", cwd=REPOSITORY).stdout.splitlines():
        copy = Path(folder.name) / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / path, copy, follow_symlinks=False)
    return written_out(Path(folder.name), name)


def written_out(platform: Path, name: str) -> Path:
    """Let a platform's workflows and actions name each other by `OWNER/REPOSITORY@COMMIT`."""
    repository, commit = name.split("@")
    for file in (platform / ".github").rglob("*.yml"):
        short = re.compile(r"uses: \$/(\S+)")
        file.write_text(short.sub(rf"uses: {repository}/\1@{commit}", file.read_text()))
    return platform


def write_stub(folder: Path, program: str) -> Path:
    """Write an action that runs one line of shell and takes whatever inputs it is given."""
    folder.mkdir(parents=True, exist_ok=True)
    action = {
        "name": "stub",
        "description": "stands in for an action that needs the network",
        "runs": {"using": "composite", "steps": [{"run": program, "shell": "bash"}]},
    }
    (folder / "action.yml").write_text(yaml.safe_dump(action))
    return folder
