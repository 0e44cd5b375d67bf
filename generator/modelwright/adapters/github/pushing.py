"""Pushes a project's first commit; the token stands in no argument and in no file."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from urllib.parse import urlsplit

from modelwright.adapters.process import run
from modelwright.errors import SurroundingsError

__all__ = ["push"]

_SECONDS = 120.0


def push(folder: Path, url: str, token: str, branch: str) -> None:
    """Push what a folder has checked out to a branch that does not exist there.

    Raises:
        SurroundingsError: The push was refused, or the host cannot be reached.
    """
    proof = b64encode(f"x-access-token:{token}".encode()).decode()
    parts = urlsplit(url)
    settings = {
        f"http.{parts.scheme}://{parts.netloc}/.extraHeader": f"Authorization: Basic {proof}",
        "credential.helper": "",
        "http.followRedirects": "false",
        "core.hooksPath": "/dev/null",
    }
    env = {"GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_COUNT": str(len(settings))}
    for number, (name, value) in enumerate(settings.items()):
        env |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    command = ("git", "push", "--quiet", "--no-verify", url, f"HEAD:refs/heads/{branch}")
    try:
        run(command, folder=folder, env=env, seconds=_SECONDS)
    except SurroundingsError as error:
        told = error.problem.replace(proof, "***").replace(token, "***")
        raise SurroundingsError(
            f"the project could not be pushed: {told}",
            where=url,
            next_step="run the command again with --resume",
        ) from None
