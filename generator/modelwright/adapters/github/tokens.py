"""Where the token comes from: the surroundings, GitHub's own program, or an app's key."""

from __future__ import annotations

import json
import os
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from modelwright.adapters.github.client import GitHub
from modelwright.adapters.process import output, run
from modelwright.errors import SurroundingsError

__all__ = ["is_app", "token_for"]

_VARIABLES: Final = ("GH_TOKEN", "GITHUB_TOKEN")
_MINUTES: Final = 60


def token_for(address: str, environ: Mapping[str, str], organisation: str) -> str:
    """Return a token for an organisation.

    Args:
        address: The API's base URL.
        environ: The surroundings: GH_TOKEN, GITHUB_TOKEN, or MODELWRIGHT_APP_ID with
            MODELWRIGHT_APP_KEY, an app's private key as PEM.
        organisation: Where an app must be installed.

    Raises:
        SurroundingsError: There is none.
    """
    if environ.get("MODELWRIGHT_APP_ID") and environ.get("MODELWRIGHT_APP_KEY"):
        return _of_app(address, environ, organisation)
    for name in _VARIABLES:
        if environ.get(name, "").strip():
            return _plain(environ[name].strip(), name)
    try:
        found = run(("gh", "auth", "token"), folder=Path.cwd(), seconds=10).strip()
    except SurroundingsError:
        found = ""
    if found:
        return _plain(found, "gh auth token")
    raise SurroundingsError(
        "there is no token for GitHub",
        where="GH_TOKEN, GITHUB_TOKEN, gh auth token",
        next_step="run gh auth login, or set GH_TOKEN",
    )


def _plain(token: str, where: str) -> str:
    """Return a token that fits into a header; what does not is quoted by whoever refuses it."""
    if not all("!" <= letter <= "~" for letter in token):
        raise SurroundingsError(
            "it holds spaces, line ends or other letters than a token has",
            where=where,
            next_step="copy the token anew",
        )
    return token


def is_app(token: str) -> bool:
    """Say whether a token is an installation's, which acts for nobody in person.

    Source:
        GitHub Docs, "GitHub's token formats".
    """
    return token.startswith("ghs_")


def _of_app(address: str, environ: Mapping[str, str], organisation: str) -> str:
    github = GitHub(address, _signed(environ["MODELWRIGHT_APP_ID"], environ["MODELWRIGHT_APP_KEY"]))
    try:
        installation = github.call("GET", f"/orgs/{organisation}/installation").data["id"]
        path = f"/app/installations/{installation}/access_tokens"
        return str(github.call("POST", path).data["token"])
    finally:
        github.close()


def _signed(identity: str, key: str) -> str:
    """Return an app's proof of itself for ten minutes: a JWT signed with RS256."""
    now = int(time.time())
    head = _encoded({"alg": "RS256", "typ": "JWT"})
    claims = _encoded({"iat": now - _MINUTES, "exp": now + 9 * _MINUTES, "iss": identity})
    text = f"{head}.{claims}".encode()
    # The key goes through a pipe: it stands in no argument and on no disk.
    read, write = os.pipe()
    try:
        with os.fdopen(write, "wb") as file:
            file.write(key.encode())
        command = ("openssl", "dgst", "-sha256", "-sign", f"/dev/fd/{read}")
        signature = output(command, folder=Path.cwd(), given=text, held=(read,))
    except SurroundingsError as error:
        if "not installed" in error.problem:
            raise
        raise SurroundingsError(
            "it is no private key as PEM",
            where="MODELWRIGHT_APP_KEY",
            next_step="make a new key on the app's page and store the whole file as the secret",
        ) from None
    finally:
        os.close(read)
    return f"{text.decode()}.{urlsafe_b64encode(signature).decode().rstrip('=')}"


def _encoded(content: Mapping[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
