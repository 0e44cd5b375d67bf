"""The address of GitHub's API, and which hosts a token may be sent to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from modelwright.errors import UsageError

__all__ = ["PUBLIC", "api_address", "is_public", "is_trusted_address", "refuse_other_host"]

PUBLIC: Final = "https://api.github.com"
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


def api_address(api: str, environ: Mapping[str, str], platform_url: str) -> str:
    """Return the API's base URL without a final slash.

    Args:
        api: The command line's `--api`; empty where there is none.
        environ: Environment variables.
        platform_url: The URL of the platform's repository, which stands on the same host.

    Raises:
        UsageError: It is no URL that a token may be sent to.
    """
    address = api or environ.get("GITHUB_API_URL", "") or _api_beside(platform_url)
    parts = urlsplit(address)
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    if not safe or not parts.hostname or parts.username or parts.password or parts.query:
        raise UsageError(
            "it is no https URL without credentials",
            where="--api",
            next_step="write --api https://HOST/api/v3",
        )
    return address.rstrip("/")


def is_trusted_address(api: str, environ: Mapping[str, str]) -> bool:
    """Say whether the person or the runner named the API, and not only a policy."""
    return bool(api or environ.get("GITHUB_API_URL"))


def _api_beside(url: str) -> str:
    host = urlsplit(url).netloc
    return PUBLIC if host in ("", "github.com") else f"https://{host}/api/v3"


def is_public(address: str) -> bool:
    """Say whether an address is github.com's own API."""
    return urlsplit(address).hostname == urlsplit(PUBLIC).hostname


def refuse_other_host(url: str, address: str) -> None:
    """Check that a repository's URL is on the API's host, before a token is sent there.

    Raises:
        UsageError: It is not.
    """
    server, host = urlsplit(address), urlsplit(url)
    expected = "github.com" if is_public(address) else (server.hostname or "").removeprefix("api.")
    loopback = host.hostname in _LOOPBACK and server.hostname in _LOOPBACK
    if loopback or (host.scheme == "https" and host.hostname == expected):
        return
    raise UsageError(
        f"the repository is said to be at {host.scheme}://{host.hostname}, "
        f"which is not {expected}: no token is sent there",
        where=address,
        next_step="check --api",
    )
