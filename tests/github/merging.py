"""Commits of other people in a repository on the fake."""

import os
import subprocess

from tests.github.creating import FULL_NAME


def merged(fake, folder, full_name=FULL_NAME, *, branch="main", **texts) -> None:
    """Somebody's commit on a branch; `__` in a name stands for `/`, None deletes."""
    found, clone = fake.repository(full_name), folder / f"clone-{len(list(folder.iterdir()))}"
    environment = {**os.environ, "FAKE_WORKFLOWS": "allowed"}

    def git(*arguments):
        command = ["git", *arguments]
        subprocess.run(command, cwd=folder, check=True, env=environment, capture_output=True)

    git("clone", "--quiet", str(found.git), str(clone))
    git("-C", str(clone), "checkout", "--quiet", "-B", branch)
    for name, text in texts.items():
        path = clone / name.replace("__", "/")
        if text is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    git("-C", str(clone), "add", "--all", "--force")
    git("-C", str(clone), "commit", "--quiet", "--message", "theirs")
    git("-C", str(clone), "push", "--quiet", "origin", branch)
