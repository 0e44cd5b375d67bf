"""Pushes a folder to a repository, with a token that stands in no argument and no file."""

from __future__ import annotations

import re
import shutil
import tempfile
from base64 import b64encode
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from modelwright.adapters.disk.folders import temporary_root
from modelwright.adapters.github.client import GitHub, retry
from modelwright.adapters.system.process import run
from modelwright.errors import ExternalSystemError, FailedProgramError

__all__ = ["git_environment", "push", "replace_files"]

MAX_TRIES: Final = 3
_SECONDS: Final = 120.0
_AUTHOR: Final = (
    "-c",
    "user.name=modelwright",
    "-c",
    "user.email=modelwright@users.noreply.github.com",
)
# Sent again, it would be refused again. A rejection may follow from a first one that took effect.
_PERMANENT: Final = re.compile(r"denied|error: 4\d\d|Authentication")


def push(folder: Path, url: str, token: str, branch: str, *, pause: float = 0.5) -> None:
    """Push what a folder has checked out to a branch that does not exist there.

    A push that failed is sent again: where it took effect all the same, nothing is left to push,
    and a branch that somebody else made meanwhile refuses it.

    Args:
        folder: A git work tree.
        url: The repository.
        token: What authorises the push.
        branch: The branch's name.
        pause: Seconds before the second try; it doubles with the third.

    Raises:
        ExternalSystemError: The push was refused, or the host cannot be reached.
    """
    env = git_environment(url, token)
    command = ("git", "push", "--quiet", "--no-verify", url, f"HEAD:refs/heads/{branch}")
    try:
        retry(
            lambda: run(command, folder=folder, env=env, seconds=_SECONDS),
            when=_may_pass,
            pause=pause,
            tries=MAX_TRIES,
        )
    except ExternalSystemError as error:
        problem = error.problem.replace(_basic_credentials(token), "***").replace(token, "***")
        raise ExternalSystemError(
            f"the project could not be pushed: {problem}",
            where=url,
            next_step="run the command again with --resume",
        ) from None


def _may_pass(error: ExternalSystemError) -> bool:
    return isinstance(error, FailedProgramError) and not _PERMANENT.search(error.output)


def git_environment(url: str, token: str) -> dict[str, str]:
    """Return the environment variables with which git reaches a URL and asks nobody anything."""
    credentials = _basic_credentials(token)
    parts = urlsplit(url)
    settings = {
        f"http.{parts.scheme}://{parts.netloc}/.extraHeader": f"Authorization: Basic {credentials}",
        "credential.helper": "",
        "http.followRedirects": "false",
        "core.hooksPath": "/dev/null",
        "advice.pushUpdateRejected": "false",
        # Silence for so many seconds is an end of the connection.
        "http.lowSpeedLimit": "1",
        "http.lowSpeedTime": "30",
    }
    env = {"GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_COUNT": str(len(settings))}
    for number, (name, value) in enumerate(settings.items()):
        env |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return env


def _basic_credentials(token: str) -> str:
    return b64encode(f"x-access-token:{token}".encode()).decode()


def replace_files(github: GitHub, token: str, url: str, folder: Path, message: str) -> bool:
    """Replace the files on `main` by a folder's in one commit; say whether they differ.

    Raises:
        ExternalSystemError: Git failed, or the host cannot be reached.
    """
    with tempfile.TemporaryDirectory(dir=temporary_root()) as temporary:
        clone = Path(temporary) / "clone"
        command = ("git", "clone", "--quiet", "--depth", "1", url, str(clone))
        run(command, folder=Path(temporary), env=git_environment(url, token), seconds=120)
        run(("git", "checkout", "--quiet", "-B", "main"), folder=clone)
        for place in clone.iterdir():
            if place.name != ".git":
                shutil.rmtree(place) if place.is_dir() else place.unlink()
        shutil.copytree(folder, clone, dirs_exist_ok=True)
        run(("git", "add", "--all", "--force"), folder=clone)
        if not run(("git", "status", "--porcelain"), folder=clone):
            return False
        quietly = ("--quiet", "--no-verify", "--no-gpg-sign", "--message", message)
        run(("git", *_AUTHOR, "commit", *quietly), folder=clone)
        push(clone, url, token, "main", pause=github.pause)
    return True
