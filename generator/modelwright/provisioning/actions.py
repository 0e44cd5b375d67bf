"""Which actions a repository may run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelwright.provisioning.settings import Settings

__all__ = ["actions_permissions", "selected_actions"]

Body = Mapping[str, Any]


def actions_permissions(settings: Settings) -> Body:
    """Return the body of `PUT /repos/.../actions/permissions`."""
    return {
        "enabled": True,
        "allowed_actions": settings.actions,
        "sha_pinning_required": settings.pinned_actions,
    }


def selected_actions(policy: Mapping[str, Any], settings: Settings) -> Body | None:
    """Return the actions of the policy as patterns; None where every action may run."""
    if settings.actions == "all":
        return None
    patterns = {f"{_repository(one['uses'])}@*" for one in policy["available"]["actions"].values()}
    return {
        "github_owned_allowed": True,
        "verified_allowed": False,
        "patterns_allowed": sorted(
            {*patterns, f"{policy['platform']['repository']}/*", *settings.more_actions}
        ),
    }


def _repository(uses: str) -> str:
    """Return an action as a pattern needs it, with a star for its folder."""
    parts = uses.split("/")
    return uses if len(parts) == 2 else f"{parts[0]}/{parts[1]}/*"  # noqa: PLR2004 -- owner, name
