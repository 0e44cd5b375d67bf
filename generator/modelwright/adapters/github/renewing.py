"""Brings the files of a folder to a repository's branch, as one commit on top of what is there."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from modelwright.adapters.github.client import GitHub
from modelwright.adapters.github.pushing import authorised, push
from modelwright.adapters.process import run
from modelwright.adapters.temporary import temporary_root

__all__ = ["renew"]

_WHO = ("-c", "user.name=modelwright", "-c", "user.email=modelwright@users.noreply.github.com")


def renew(github: GitHub, token: str, url: str, folder: Path, message: str) -> bool:
    """Push a folder's files to `main`, in place of those that are there; say whether they differ.

    Raises:
        SurroundingsError: Git failed, or the host cannot be reached.
    """
    with tempfile.TemporaryDirectory(dir=temporary_root()) as aside:
        clone = Path(aside) / "clone"
        command = ("git", "clone", "--quiet", "--depth", "1", url, str(clone))
        run(command, folder=Path(aside), env=authorised(url, token), seconds=120)
        run(("git", "checkout", "--quiet", "-B", "main"), folder=clone)
        for place in clone.iterdir():
            if place.name != ".git":
                shutil.rmtree(place) if place.is_dir() else place.unlink()
        shutil.copytree(folder, clone, dirs_exist_ok=True)
        run(("git", "add", "--all", "--force"), folder=clone)
        if not run(("git", "status", "--porcelain"), folder=clone):
            return False
        quietly = ("--quiet", "--no-verify", "--no-gpg-sign", "--message", message)
        run(("git", *_WHO, "commit", *quietly), folder=clone)
        push(clone, url, token, "main", pause=github.pause)
    return True
