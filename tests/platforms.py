"""Platforms for tests: copies of this repository's templates under another policy, in real git."""

import shutil
import subprocess
from pathlib import Path

from modelwright.operations.platform.sync import sync

ROOT = Path(__file__).parent.parent


def git(folder, *arguments):
    done = subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def platform_copy(into, policy=None, **replaced):
    """Copy the platform, with another policy, or with texts of its policy replaced."""
    into.mkdir(parents=True, exist_ok=True)
    for name in ("copier.yml", "platform.yml"):
        shutil.copy(ROOT / name, into / name)
    for name in ("templates", "hooks"):
        shutil.copytree(
            ROOT / name, into / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__")
        )
    text = policy if policy is not None else (ROOT / "platform.yml").read_text()
    for old, new in replaced.items():
        assert old in text
        text = text.replace(old, new)
    change_policy(into, text)
    return into


def change_policy(platform, text):
    (platform / "platform.yml").write_text(text)
    sync(platform)


def release(platform, tag):
    if not (platform / ".git").exists():
        git(platform, "init", "--quiet", "--initial-branch", "main")
    git(platform, "add", "--all")
    git(platform, "commit", "--quiet", "--message", f"chore: release {tag}")
    git(platform, "tag", tag)
