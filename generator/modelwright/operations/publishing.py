"""Bring an organisation's starters to its template repositories, which are made where missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from modelwright.adapters.github.address import refuse_stranger
from modelwright.adapters.github.client import GitHub
from modelwright.adapters.github.renewing import renew
from modelwright.catalog.platform import Platform
from modelwright.errors import RefusedError
from modelwright.operations.creating.connecting import connected

__all__ = ["publish_starters"]

_ABSENT: Final = 404


def publish_starters(
    platform: Platform,
    folders: Sequence[Path],
    *,
    api: str,
    environ: Mapping[str, str],
    tell: Callable[[str], None],
) -> list[str]:
    """Push each starter to the repository of its name and return the names of those that changed.

    Args:
        platform: The release that they are of.
        folders: The starters, named as their repositories.
        api: GitHub's API; empty where the platform says it.
        environ: The surroundings: the token of the button's app.
        tell: Told the name of each.

    Raises:
        RefusedError: A repository of that name is there, and is no template of the organisation's.
        SurroundingsError: GitHub or git failed; run again, it goes on.
    """
    organisation = platform.policy["organisation"]["github"]
    mark = next(key for key, what in platform.policy["tags"].items() if what == "repository")
    renewed = []
    with connected(platform, api, environ, organisation) as (github, credential):
        _refuse_open_mark(github, organisation, mark)
        for folder in folders:
            tell(folder.name)
            there = _template(github, organisation, folder.name, mark)
            refuse_stranger(there["clone_url"], github.address)
            message = f"chore: the starter of {platform.version}"
            if renew(github, credential.token, there["clone_url"], folder, message):
                renewed.append(there["full_name"])
    return renewed


def _refuse_open_mark(github: GitHub, organisation: str, mark: str) -> None:
    """Whoever makes a repository of a starter's name first must not be able to mark it."""
    rows = github.call("GET", f"/orgs/{organisation}/properties/schema").data
    known = {row["property_name"]: row for row in rows}
    if mark not in known or known[mark].get("values_editable_by") == "org_and_repo_actors":
        raise RefusedError(
            "it does not exist, or repositories may set it themselves, so it proves nothing",
            where=f"custom property {mark}",
            next_step="have an owner of the organisation define it for the organisation alone",
        )


def _template(github: GitHub, organisation: str, name: str, mark: str) -> Mapping[str, Any]:
    there: Mapping[str, Any]
    answer = github.call("GET", f"/repos/{organisation}/{name}", fine=(_ABSENT,))
    if answer.status == _ABSENT:
        body = {
            "name": name,
            "description": "Use this template: a project of the name that you give",
            "private": True,
            "visibility": "private",
            "is_template": True,
            "custom_properties": {mark: name},
        }
        there = github.call("POST", f"/orgs/{organisation}/repos", body).data
        return there
    there = answer.data
    values = github.call("GET", f"/repos/{organisation}/{name}/properties/values").data
    if {"property_name": mark, "value": name} not in values:
        raise RefusedError(
            "it is there already, and modelwright did not make it",
            where=f"{organisation}/{name}",
            next_step=f"look at who may write to it; where it is yours, have an owner of the "
            f"organisation set its custom property {mark} to {name}",
        )
    if not there.get("is_template"):
        raise RefusedError(
            "it is there already, and is no template repository",
            where=f"{organisation}/{name}",
            next_step="rename it, or tick Template repository in its settings",
        )
    return there
