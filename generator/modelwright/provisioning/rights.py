"""The rights of the app that creates, in the words of GitHub's API.

Source:
    GitHub's OpenAPI description, schema `app-permissions`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["RIGHTS", "missing_rights"]

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
_LEVELS: Final = ("", "read", "write", "admin")


def missing_rights(granted: Mapping[str, str]) -> list[str]:
    """Return the rights that an app lacks, as `NAME: LEVEL`; none where nothing is known."""
    if not granted:
        return []
    return [
        f"{name}: {level}"
        for name, level in RIGHTS.items()
        if name not in _UNDESCRIBED and _LEVELS.index(granted.get(name, "")) < _LEVELS.index(level)
    ]
