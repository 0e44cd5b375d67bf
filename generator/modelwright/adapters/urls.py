"""What a template's source may look like."""

from __future__ import annotations

import re
from typing import Final

SHORT: Final = {"gh:": "https://github.com/", "gl:": "https://gitlab.com/"}
_SSH: Final = re.compile(r"[\w.-]+@[\w.-]+:")
_OVER_SSH: Final = re.compile(r"(?:ssh://(?:[\w.-]+@)?|[\w.-]+@)([\w.-]+)[:/](?!\d+/)(?P<path>.+)")
_SECRET: Final = re.compile(r"://[^/@\s]+@")


def is_url(place: str) -> bool:
    """Say whether a place is a URL, or git's short form of one, and no path."""
    return "://" in place or place[:3] in SHORT or _SSH.match(place) is not None


def whole(place: str) -> str:
    """Return the URL that git understands for Copier's short forms; anything else as it is."""
    place = place.removeprefix("git+")
    for short, full in SHORT.items():
        if place.startswith(short):
            return full + place.removeprefix(short)
    return place


def shown(text: str) -> str:
    """Return a text without the user names and passwords in its URLs."""
    return _SECRET.sub("://", text)


def same(one: str, other: str) -> bool:
    """Say whether two sources are one repository, however they are spelled."""
    return _plain(one) == _plain(other)


def _plain(place: str) -> str:
    plain = whole(place).rstrip("/").removesuffix(".git")
    over_ssh = _OVER_SSH.fullmatch(plain)
    return f"https://{over_ssh[1]}/{over_ssh['path']}" if over_ssh else plain
