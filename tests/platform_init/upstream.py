"""Released versions of modelwright itself, as an organisation meets them: a git repository."""

import os
import subprocess
import sys

from modelwright.operations.platform.sync import sync
from modelwright.template.generated.package_manifest import is_packaged
from tests.platforms import ROOT, git


def released(into, tag="v0.1.0"):
    """Copy what belongs to the platform as it stands here, and tag it."""
    listed = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    for path in listed:
        if is_packaged(path) and (ROOT / path).exists():
            (into / path).parent.mkdir(parents=True, exist_ok=True)
            target = into / path
            if (ROOT / path).is_symlink():
                target.symlink_to((ROOT / path).readlink())
            else:
                target.write_bytes((ROOT / path).read_bytes())
    (into / ".gitignore").write_text("__pycache__/\n")
    git(into, "init", "--quiet", "--initial-branch", "main")
    release(into, tag)
    return into


def release(upstream, tag):
    """Write what follows from the policy, commit and tag."""
    sync(upstream)
    git(upstream, "add", "--all", "--force", "--", ".", ":!*__pycache__*")
    git(upstream, "commit", "--quiet", "--allow-empty", "--message", f"chore: release {tag}")
    git(upstream, "tag", tag)


def run_from(upstream, *arguments, cwd, **env):
    """Run the modelwright that stands in a repository, not the one under test's."""
    return subprocess.run(
        [sys.executable, "-m", "modelwright", *(str(argument) for argument in arguments)],
        cwd=cwd, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(upstream / "generator"),
             "PYTHONDONTWRITEBYTECODE": "1", **env},
    )  # fmt: skip
