"""URLs of repositories: short forms, credentials, and whether two name the same source."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote

SHORT_FORMS: Final = {"gh:": "https://github.com/", "gl:": "https://gitlab.com/"}
_SSH: Final = re.compile(r"[\w.-]+@[\w.-]+:")
_OVER_SSH: Final = re.compile(r"(?:ssh://(?:[\w.-]+@)?|[\w.-]+@)([\w.-]+)[:/](?!\d+/)(?P<path>.+)")
_SECRET: Final = re.compile(r"://[^/\s]+@")
_WITH_USER: Final = re.compile(
    r"(?P<scheme>(?:git\+)?[a-z]+)://(?P<user>[^/\s]*)@(?P<rest>[^@]*|[^/@]+/.*)"
)
# Credentials that a person wrote into a URL, by the URL without them; they stay in this process.
_CREDENTIALS: Final[dict[str, tuple[str, str]]] = {}


def is_url(place: str) -> bool:
    """Say whether a place is a URL, or git's short form of one, and no path."""
    return "://" in place or place[:3] in SHORT_FORMS or _SSH.match(place) is not None


def expand_short_url(place: str) -> str:
    """Return the URL that git understands for Copier's short forms; anything else as it is."""
    place = place.removeprefix("git+")
    for short, full in SHORT_FORMS.items():
        if place.startswith(short):
            return full + place.removeprefix(short)
    return place


def without_credentials(text: str) -> str:
    """Return a text without the user names and passwords in its URLs."""
    return _SECRET.sub("://", text)


def split_credentials(place: str) -> str:
    """Return a URL without user name and password, which `credentials_of` then knows.

    Over ssh the user name is no secret but where the repository is, so it stays.
    """
    found = _WITH_USER.fullmatch(place)
    if found is None:
        return place
    user, _, password = found["user"].partition(":")
    if found["scheme"].removeprefix("git+") == "ssh":
        return f"{found['scheme']}://{user}@{found['rest']}"
    plain = f"{found['scheme']}://{found['rest']}"
    _CREDENTIALS[expand_short_url(plain)] = (unquote(user), unquote(password))
    return plain


def credentials_of(url: str) -> tuple[str, str] | None:
    """Return the user name and the password that a person wrote into a URL; None without any."""
    return _CREDENTIALS.get(expand_short_url(url))


def is_same_source(one: str, other: str) -> bool:
    """Say whether two sources are one repository, however they are spelled."""
    return _normalised(one) == _normalised(other)


def _normalised(place: str) -> str:
    plain = expand_short_url(split_credentials(place)).rstrip("/").removesuffix(".git")
    over_ssh = _OVER_SSH.fullmatch(plain)
    return f"https://{over_ssh[1]}/{over_ssh['path']}" if over_ssh else plain
