"""Where the token comes from: the surroundings, GitHub's own program, or an app's key."""

from __future__ import annotations

import time
from base64 import b64decode, b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from modelwright.adapters.github.address import is_public
from modelwright.adapters.github.client import GitHub, GitHubError
from modelwright.adapters.system.process import run
from modelwright.errors import ExternalSystemError
from modelwright.provisioning.app_permissions import narrowed_rights

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

__all__ = ["Credential", "NoTokenError", "credential_for", "is_app", "seal_secret"]


def seal_secret(value: str, public_key: str) -> str:
    """Return a value in a sealed box for a repository's public key, both as base64."""
    # Here, because only a value that is written needs it.
    from nacl.public import PublicKey, SealedBox  # noqa: PLC0415

    box = SealedBox(PublicKey(b64decode(public_key)))
    return b64encode(box.encrypt(value.encode())).decode()


_VARIABLES: Final = ("GH_TOKEN", "GITHUB_TOKEN")
_APP: Final = ("MODELWRIGHT_APP_ID", "MODELWRIGHT_APP_KEY")
_ENTERPRISE: Final = ("GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN")
_MINUTE: Final = 60
# GitHub makes keys of this size.
_KEY_BITS: Final = 2048
_TRIES: Final = 4
_PAUSE: Final = 0.5
_SECONDS: Final = 5.0


class NoTokenError(ExternalSystemError):
    """Nothing in the surroundings gives a token."""


@dataclass(kw_only=True)
class Credential:
    """What authorises a run's calls.

    Attributes:
        token: The token that is in use.
        permissions: What the app is granted; empty for any other token, or where it is not told.
        address: The API's base URL.
        installation: The path of the app's installation; empty for any other token.
        proof: The app's proof of itself, valid for ten minutes.
        minted: The tokens that this run asked for, and takes back.
    """

    token: str
    permissions: Mapping[str, str] = field(default_factory=dict)
    address: str = ""
    installation: str = ""
    proof: str = field(default="", repr=False)
    minted: list[str] = field(default_factory=list, repr=False)

    def narrow(self, repository: str) -> None:
        """Take a token for one repository alone, in place of the one that reaches them all.

        Raises:
            ExternalSystemError: GitHub gives none.
        """
        if not self.installation:
            return
        wide = list(self.minted)
        for number in range(_TRIES):
            try:
                self.token = self._mint({"repositories": [repository]})
                break
            except GitHubError:
                # An installation knows a new repository after a moment.
                if number + 1 == _TRIES:
                    raise
                time.sleep(_PAUSE * 2**number)
        self._take_back(wide)

    def _mint(self, body: dict[str, Any]) -> str:
        wanted = narrowed_rights(self.permissions)
        body = {**body, "permissions": wanted} if wanted else body
        github = GitHub(self.address, self.proof)
        try:
            told = github.call("POST", f"{self.installation}/access_tokens", body or None).data
        finally:
            github.close()
        self.permissions = self.permissions or told.get("permissions") or {}
        self.minted.append(str(told["token"]))
        return self.minted[-1]

    def revoke(self) -> None:
        """Take back every token that this run asked for; one that cannot be ends within an hour."""
        self._take_back(list(self.minted))

    def _take_back(self, tokens: list[str]) -> None:
        for token in tokens:
            self.minted.remove(token)
            github = GitHub(self.address, token, timeout=_SECONDS)
            with suppress(ExternalSystemError):
                github.call("DELETE", "/installation/token")
            github.close()


def credential_for(
    address: str, environ: Mapping[str, str], organisation: str, *, vouched: bool
) -> Credential:
    """Return what authorises calls to an organisation.

    A token goes to the host that it was issued for alone: github.com, or the one that a person or
    the runner named. A policy that comes from elsewhere names no host for it.

    Args:
        address: The API's base URL.
        environ: The surroundings: GH_TOKEN, GITHUB_TOKEN, or MODELWRIGHT_APP_ID with
            MODELWRIGHT_APP_KEY, an app's private key as PEM; GH_ENTERPRISE_TOKEN for GH_HOST.
        organisation: Where an app must be installed.
        vouched: Whether a person or the runner named the address.

    Raises:
        ExternalSystemError: There is none for this host.
    """
    host = urlsplit(address).hostname or ""
    trusted = vouched or is_public(address)
    if trusted and all(environ.get(name) for name in _APP):
        return _app_credential(address, environ, organisation)
    names = _VARIABLES if trusted else ()
    if not is_public(address) and environ.get("GH_HOST", "").lower() == host:
        names = (*_ENTERPRISE, *names)
    for name in names:
        if environ.get(name, "").strip():
            return Credential(token=_header_token(environ[name].strip(), name))
    if found := _token_of_gh(address, host):
        return Credential(token=_header_token(found, "gh auth token"))
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
            next_step="copy the token anew",
        )
    return token


def is_app(token: str) -> bool:
    """Say whether a token is an installation's, which acts for nobody in person.

    Source:
        GitHub Docs, "GitHub's token formats".
    """
    return token.startswith("ghs_")


def _app_credential(address: str, environ: Mapping[str, str], organisation: str) -> Credential:
    proof = _app_jwt(*(environ[name] for name in _APP))
    github = GitHub(address, proof)
    try:
        told = github.call("GET", f"/orgs/{organisation}/installation").data
    finally:
        github.close()
    found = Credential(
        token="",
        permissions=told.get("permissions") or {},
        address=address,
        installation=f"/app/installations/{told['id']}",
        proof=proof,
    )
    found.token = found._mint({})  # noqa: SLF001 -- the module's own
    return found


def _app_jwt(identity: str, key: str) -> str:
    """Return an app's proof of itself for ten minutes: a JWT signed with RS256."""
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
