"""Credentials for GitHub: a token from environment variables, from `gh`, or for an app's key.

An app signs a JSON Web Token and gets tokens for it; secrets are encrypted for a repository.
"""

from __future__ import annotations

import time
from base64 import b64decode, b64encode
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from modelwright.adapters.github.address import is_public
from modelwright.adapters.github.client import GitHub, GitHubError, retry
from modelwright.adapters.system.process import run
from modelwright.errors import ExternalSystemError
from modelwright.provisioning.app_permissions import narrowed_rights

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

__all__ = ["Credential", "NoTokenError", "credential_for", "is_app", "seal_secret"]

_VARIABLES: Final = ("GH_TOKEN", "GITHUB_TOKEN")
_APP: Final = ("MODELWRIGHT_APP_ID", "MODELWRIGHT_APP_KEY")
_ENTERPRISE: Final = ("GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN")
_MINUTE: Final = 60
# GitHub makes keys of this size.
_KEY_BITS: Final = 2048
_PAUSE: Final = 0.5
_SECONDS: Final = 5.0


class NoTokenError(ExternalSystemError):
    """There is no token: no environment variable, no `gh`, no app."""


@dataclass(kw_only=True)
class Credential:
    """What authorises a run's calls.

    Attributes:
        token: The token that is in use.
        permissions: What the app is granted; empty for another token, or where unknown.
        address: The API's base URL.
        installation: The path of the app's installation; empty for any other token.
        jwt: The app's signed JSON Web Token, valid for ten minutes.
        issued: The tokens that this run asked for, and revokes.
    """

    token: str
    permissions: Mapping[str, str] = field(default_factory=dict)
    address: str = ""
    installation: str = ""
    jwt: str = field(default="", repr=False)
    issued: list[str] = field(default_factory=list, repr=False)

    def narrow(self, repository: str) -> None:
        """Replace the token that reaches every repository by one for a single repository.

        Raises:
            ExternalSystemError: GitHub gives none.
        """
        if not self.installation:
            return
        wide = list(self.issued)
        # An installation knows a new repository after a moment.
        self.token = retry(
            lambda: self.request_token({"repositories": [repository]}),
            when=lambda error: isinstance(error, GitHubError),
            pause=_PAUSE,
        )
        self._revoke(wide)

    def request_token(self, body: Mapping[str, Any]) -> str:
        """Return a new token of the app's installation, with no right that is not needed.

        Raises:
            ExternalSystemError: GitHub gives none.
        """
        rights = narrowed_rights(self.permissions)
        body = {**body, "permissions": rights} if rights else body
        with closing(GitHub(self.address, self.jwt)) as github:
            path = f"{self.installation}/access_tokens"
            answer = github.call("POST", path, body or None).data
        self.permissions = self.permissions or answer.get("permissions") or {}
        self.issued.append(str(answer["token"]))
        return self.issued[-1]

    def revoke(self) -> None:
        """Revoke every token that this run asked for; one that stays ends within an hour."""
        self._revoke(list(self.issued))

    def _revoke(self, tokens: list[str]) -> None:
        for token in tokens:
            self.issued.remove(token)
            with (
                closing(GitHub(self.address, token, timeout=_SECONDS)) as github,
                suppress(ExternalSystemError),
            ):
                github.call("DELETE", "/installation/token")


def credential_for(
    address: str, environ: Mapping[str, str], organisation: str, *, trusted: bool
) -> Credential:
    """Return what authorises calls to an organisation.

    A token goes to the host that it was issued for alone: github.com, or the one that a person or
    the runner named. A policy that comes from elsewhere names no host for it.

    Args:
        address: The API's base URL.
        environ: Environment variables: GH_TOKEN, GITHUB_TOKEN, or MODELWRIGHT_APP_ID with
            MODELWRIGHT_APP_KEY, an app's private key as PEM; GH_ENTERPRISE_TOKEN for GH_HOST.
        organisation: Where an app must be installed.
        trusted: Whether a person or the runner named the address.

    Raises:
        ExternalSystemError: There is none for this host.
    """
    host = urlsplit(address).hostname or ""
    trusted = trusted or is_public(address)
    if trusted and all(environ.get(name) for name in _APP):
        return _app_credential(address, environ, organisation)
    names = _VARIABLES if trusted else ()
    if not is_public(address) and environ.get("GH_HOST", "").lower() == host:
        names = (*_ENTERPRISE, *names)
    for name in names:
        if environ.get(name, "").strip():
            return Credential(token=_header_token(environ[name].strip(), name))
    if stored := _token_of_gh(address, host):
        return Credential(token=_header_token(stored, "gh auth token"))
    if not trusted and any(environ.get(name) for name in (*_VARIABLES, *_APP)):
        raise ExternalSystemError(
            f"the platform names {host} as its GitHub, and no token is known to be issued for it",
            where="platform.url",
            next_step=f"where you trust it with your token, add --api {address}; "
            f"or run gh auth login --hostname {host}",
        )
    raise NoTokenError(
        "there is no token for GitHub",
        where="GH_TOKEN, GITHUB_TOKEN, gh auth token",
        next_step="run gh auth login, or set GH_TOKEN",
    )


def _token_of_gh(address: str, host: str) -> str:
    """Return the token that GitHub's own program keeps for a host; empty where it keeps none."""
    named = "github.com" if is_public(address) else host
    # A token in its environment is one that it would give to any host: only what it keeps counts.
    empty = dict.fromkeys((*_VARIABLES, *_ENTERPRISE), "")
    command = ("gh", "auth", "token", "--hostname", named)
    try:
        return run(command, folder=Path.cwd(), env=empty, seconds=10).strip()
    except ExternalSystemError:
        return ""


def _header_token(token: str, where: str) -> str:
    """Return a token that fits into a header; what does not is quoted by whoever refuses it."""
    if not all("!" <= letter <= "~" for letter in token):
        raise ExternalSystemError(
            "it holds spaces, line ends or other letters than a token has",
            where=where,
            next_step="copy the token again",
        )
    return token


def is_app(token: str) -> bool:
    """Say whether a token is an installation's, which acts for nobody in person.

    Source:
        GitHub Docs, "GitHub's token formats".
    """
    return token.startswith("ghs_")


def _app_credential(address: str, environ: Mapping[str, str], organisation: str) -> Credential:
    signed = _app_jwt(*(environ[name] for name in _APP))
    with closing(GitHub(address, signed)) as github:
        answer = github.call("GET", f"/orgs/{organisation}/installation").data
    credential = Credential(
        token="",
        permissions=answer.get("permissions") or {},
        address=address,
        installation=f"/app/installations/{answer['id']}",
        jwt=signed,
    )
    credential.token = credential.request_token({})
    return credential


def _app_jwt(identity: str, key: str) -> str:
    """Return an app's JSON Web Token for ten minutes, signed with RS256."""
    # Here, because only an app signs.
    import jwt  # noqa: PLC0415

    now = int(time.time())
    claims = {"iat": now - _MINUTE, "exp": now + 9 * _MINUTE, "iss": identity}
    return jwt.encode(claims, _private_key(key), algorithm="RS256")


def _private_key(text: str) -> RSAPrivateKey:
    """Read an app's private key; no part of it goes into an error."""
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    with suppress(ValueError, TypeError, UnsupportedAlgorithm):
        key = load_pem_private_key(text.encode(), password=None)
        if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= _KEY_BITS:
            return key
    raise ExternalSystemError(
        f"it is no RSA private key as PEM, without a password and of at least {_KEY_BITS} bits",
        where="MODELWRIGHT_APP_KEY",
        next_step="make a new key on the app's page and store the whole file as the secret",
    )


def seal_secret(value: str, public_key: str) -> str:
    """Return a value in a sealed box for a repository's public key, both as base64."""
    # Here, because only a value that is written needs it.
    from nacl.public import PublicKey, SealedBox  # noqa: PLC0415

    box = SealedBox(PublicKey(b64decode(public_key)))
    return b64encode(box.encrypt(value.encode())).decode()
