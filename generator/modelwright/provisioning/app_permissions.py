"""The rights of the app that creates, in the words of GitHub's API.

Source:
    GitHub's OpenAPI description, schema `app-permissions`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["RIGHTS", "missing_rights", "narrowed_rights"]

RIGHTS: Final[Mapping[str, str]] = {
    "actions": "write",
    "actions_variables": "write",
    "administration": "write",
    "contents": "write",
    "environments": "write",
    "issues": "write",
    "members": "read",
    "metadata": "read",
    "organization_actions_variables": "write",
    "organization_administration": "read",
    "organization_custom_properties": "read",
    "organization_plan": "read",
    "organization_secrets": "write",
    "repository_custom_properties": "write",
    "repository_hooks": "read",
    "secrets": "write",
    "workflows": "write",
}
# GitHub grants rights over variables under names that its description leaves out.
_UNDESCRIBED: Final = ("actions_variables", "organization_actions_variables")
# Needed only to look at a repository that another run made; that read says so itself.
_NOT_ALWAYS: Final = ("repository_hooks",)
_ALSO_CALLED: Final = {
    "actions_variables": "variables",
    "organization_actions_variables": "organization_variables",
    "repository_custom_properties": "custom_properties",
}
_LEVELS: Final = ("", "read", "write", "admin")


def missing_rights(granted: Mapping[str, str]) -> list[str]:
    """Return the rights that an app lacks, as `NAME: LEVEL`; none where nothing is known."""
    if not granted:
        return []
    return [
        f"{name}: {level}"
        for name, level in RIGHTS.items()
        if name not in {*_UNDESCRIBED, *_NOT_ALWAYS} and not _has(granted, name, level)
    ]


def narrowed_rights(granted: Mapping[str, str]) -> dict[str, str]:
    """Return the rights to request for a token: those needed, and no more than are granted."""
    needed = {**RIGHTS, **{also: RIGHTS[name] for name, also in _ALSO_CALLED.items()}}
    return {
        name: needed[name] if _has(granted, name, needed[name]) else level
        for name, level in granted.items()
        if name in needed
    }


def _has(granted: Mapping[str, str], name: str, level: str) -> bool:
    current = granted.get(name) or granted.get(_ALSO_CALLED.get(name, "")) or ""
    return current in _LEVELS and _LEVELS.index(current) >= _LEVELS.index(level)
