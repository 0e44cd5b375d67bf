"""Copies this checkout as it is, committed or not, to stand for the published repository."""

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent


def copy_checkout(target: Path) -> None:
    """Make a clone at `target` whose last commit holds every file of this work tree."""
    clone = ["git", "clone", "--quiet", "--no-local", "--no-checkout", ROOT, target]
    subprocess.run(clone, check=True)
    files = subprocess.check_output(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, text=True
    )
    for name in files.split("\0"):
        if name and (ROOT / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name, follow_symlinks=False)
    subprocess.run(["git", "add", "--all"], cwd=target, check=True)
    subprocess.run(
        ["git", "commit", "--quiet", "--allow-empty", "--message", "chore: as it is"],
        cwd=target, check=True,
    )  # fmt: skip
