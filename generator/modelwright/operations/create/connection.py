"""The connection of `create` to the platform's GitHub, with a token from the environment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from modelwright.adapters.github.address import api_address, is_public, is_trusted_address
from modelwright.adapters.github.client import GitHub
from modelwright.adapters.github.credentials import Credential, credential_for
from modelwright.adapters.system.urls import is_url
from modelwright.errors import RefusedError, UsageError
from modelwright.template.platform import Platform

__all__ = ["connect", "published_platform"]


def published_platform(platform: Platform) -> Platform:
    """Return a platform by the URL that its projects can be updated from."""
    if is_url(platform.source):
        return platform
    return replace(platform, source=platform.policy["platform"]["url"])


def _api_of_platform(platform: Platform, api: str, environ: Mapping[str, str]) -> str:
    """Return the API's address for a platform's projects.

    Raises:
        RefusedError: It is github.com's, and the platform is a sample.
        UsageError: It is no address that a token may be sent to.
    """
    policy = platform.policy
    address = api_address(api, environ, policy["platform"]["url"])
    if platform.sample and is_public(address):
        raise RefusedError(
            f"{policy['organisation']['github']} is a sample: there is no such organisation",
            where=platform.source,
            next_step="choose your own platform with `modelwright platform use URL`",
        )
    return address


@contextmanager
def connect(
    platform: Platform, api: str, environ: Mapping[str, str], organisation: str
) -> Iterator[tuple[GitHub, Credential]]:
    """Yield a connection and its credential; an app's tokens are revoked at the end.

    Args:
        platform: The platform; its GitHub is used where nothing else is named.
        api: The command line's `--api`; empty where there is none.
        environ: Environment variables.
        organisation: The organisation of the repositories.

    Raises:
        RefusedError: It is github.com's API, and the platform is a sample.
        ExternalSystemError: There is no token for that host.
        UsageError: The address, or a number in an environment variable, is none.
    """
    address = _api_of_platform(platform, api, environ)
    pause = _seconds(environ, "MODELWRIGHT_GITHUB_PAUSE", 0.5)
    timeout = _seconds(environ, "MODELWRIGHT_GITHUB_TIMEOUT", 15.0)
    trusted = is_trusted_address(api, environ)
    credential = credential_for(address, environ, organisation, trusted=trusted)
    github = GitHub(address, credential.token, pause=pause, timeout=timeout)
    try:
        yield github, credential
    finally:
        github.close()
        credential.revoke()


def _seconds(environ: Mapping[str, str], name: str, otherwise: float) -> float:
    try:
        return float(environ.get(name) or otherwise)
    except ValueError as error:
        raise UsageError(
            f"{environ[name]!r} is no number of seconds", where=name, next_step=f"unset {name}"
        ) from error
