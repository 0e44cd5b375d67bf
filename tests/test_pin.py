"""The commit that projects call is one whose workflows and actions are today's."""

import json
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OWN = ("new-project.yml", "ci.yml", "release.yml")
CALLED = (
    *(".github/workflows", ".github/actions"),
    *(f":(exclude).github/workflows/{name}" for name in OWN),
)


def test_the_pinned_workflows_are_today_s():
    pin = json.loads((ROOT / "templates/_shared/workflows.json").read_text())["sha"]
    known = subprocess.run(
        ["git", "cat-file", "-e", f"{pin}^{{commit}}"], cwd=ROOT, capture_output=True, check=False
    )
    if known.returncode:
        pytest.skip("the pinned commit is not in this clone's history")

    changed = subprocess.check_output(
        ["git", "diff", "--name-only", pin, "--", *CALLED], cwd=ROOT, text=True
    )

    assert changed.split() == [], "commit the workflows, then pin that commit in workflows.json"
