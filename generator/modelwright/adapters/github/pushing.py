"""Pushes a project's first commit; the token stands in no argument and in no file."""

from __future__ import annotations

import re
import time
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from modelwright.adapters.process import run
from modelwright.errors import SurroundingsError

__all__ = ["authorised", "push"]

TRIES: Final = 3
_SECONDS: Final = 120.0
# Sent again, it would be refused again. A rejection may follow from a first one that took effect.
_FINAL: Final = re.compile(r"denied|error: 4\d\d|Authentication|did not end within")


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
        SurroundingsError: The push was refused, or the host cannot be reached.
    """
    proof = _proof(token)
    env = authorised(url, token)
    command = ("git", "push", "--quiet", "--no-verify", url, f"HEAD:refs/heads/{branch}")
    for number in range(1, TRIES + 1):
        problem = _problem(command, folder, env)
        if not problem:
            return
        if number == TRIES or _FINAL.search(problem):
            raise SurroundingsError(
                f"the project could not be pushed: "
                f"{problem.replace(proof, '***').replace(token, '***')}",
                where=url,
                next_step="run the command again with --resume",
            )
        time.sleep(pause * 2 ** (number - 1))


def _problem(command: tuple[str, ...], folder: Path, env: Mapping[str, str]) -> str:
    """Return what git says against a push; nothing where it took effect."""
    try:
        run(command, folder=folder, env=env, seconds=_SECONDS)
    except SurroundingsError as error:
        return error.problem
    return ""


def authorised(url: str, token: str) -> dict[str, str]:
    """Return the surroundings in which git may reach a URL and nobody is asked anything."""
    proof = _proof(token)
    parts = urlsplit(url)
    settings = {
        f"http.{parts.scheme}://{parts.netloc}/.extraHeader": f"Authorization: Basic {proof}",
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


def _proof(token: str) -> str:
    return b64encode(f"x-access-token:{token}".encode()).decode()
