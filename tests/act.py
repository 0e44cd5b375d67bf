"""Runs a workflow of a project on this machine: `python -m tests.act PROJECT`."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.platforms import git
from tests.templates.real_tools.pipelines import Outcome, act
from tests.templates.rendering import sample_policy

MARKS = {"success": "ok", "failure": "FAILED", "skipped": "skipped"}


def tried(
    project: Path, workflow: str = "ci.yml", event: str = "pull_request", *options: str
) -> Outcome:
    """Run one workflow of a copy of a project, with the platform of this checkout.

    Args:
        project: A git work tree; what is not committed runs too, and nothing in it is changed.
        workflow: Its file name.
        event: What GitHub would start it for.
        options: act's own.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / project.name
        shutil.copytree(
            project, copy, symlinks=True, ignore=shutil.ignore_patterns(".venv", "data")
        )
        if not git(copy, "remote"):
            owner = sample_policy()["organisation"]["github"]
            git(copy, "remote", "add", "origin", f"https://github.com/{owner}/{project.name}")
        git(copy, "add", "--all")
        return act(copy, event, workflow, *options, stubs=Path(folder) / "stubs")


def main(arguments: list[str]) -> int:
    """Say of each step how it ended."""
    if not arguments:
        print("usage: python -m tests.act PROJECT [WORKFLOW] [EVENT] [act's options]")
        return 2
    start = time.monotonic()
    outcome = tried(Path(arguments[0]).resolve(), *arguments[1:])
    for name, result in outcome.steps.items():
        print(f"{MARKS.get(result, result):8} {name}")
    if outcome.code:
        print(outcome.log)
    print(f"{'red' if outcome.code else 'green'} after {time.monotonic() - start:.0f} s")
    return min(outcome.code, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
