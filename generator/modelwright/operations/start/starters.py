"""Bring an organisation's starters to its template repositories, which are made where missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

from modelwright.adapters.disk.placing import place, refuse_occupied
from modelwright.adapters.github.address import refuse_other_host
from modelwright.adapters.github.client import GitHub
from modelwright.adapters.github.push import replace_files
from modelwright.adapters.sources.packaged import write_bundle
from modelwright.errors import RefusedError
from modelwright.operations.create.connection import connect, published_platform
from modelwright.operations.new.new import render_project
from modelwright.paths import PLATFORM_BUNDLE, README, START_WORKFLOW, is_workflow
from modelwright.policy.choices import choices_on_offer
from modelwright.template.generated.dispatch_workflow import workflow_pin
from modelwright.template.generated.starter import readme, start_workflow
from modelwright.template.platform import Platform
from modelwright.template.tree import RenderedFile

__all__ = ["publish_starters", "starter_files", "starters", "write_starters"]


def starters(policy: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield brand, archetype and one of the brand's teams for every starter.

    Secrets are passed to the platform's workflows by name, and a name has its brand in it: so
    there is one for each brand.
    """
    for brand in choices_on_offer(policy["brands"]):
        of_brand = (
            one
            for one in choices_on_offer(policy["teams"])
            if brand in policy["teams"][one]["brands"]
        )
        team = next(of_brand, "")
        for archetype in choices_on_offer(policy["archetypes"]) if team else ():
            yield brand, archetype, team


def starter_files(
    platform: Platform, brand: str, archetype: str, team: str
) -> dict[str, RenderedFile]:
    """Return a starter's files by path, without the bundle."""
    policy = platform.policy
    given = {**platform.archetype(archetype).sample, "team": team, "brand": brand}
    answers, files = render_project(published_platform(platform), archetype, given)
    example = answers.values["cookiecutter"]["repo_name"]
    start = start_workflow(policy, workflow_pin(platform.tree), platform.version)
    return {
        **{path: file for path, file in files.items() if is_workflow(path)},
        START_WORKFLOW: RenderedFile(start.encode()),
        README: RenderedFile(readme(policy, brand, archetype, example).encode()),
    }


def write_starters(platform: Platform, into: Path, tell: Callable[[str], None]) -> list[Path]:
    """Write a folder for every starter and return their paths.

    Args:
        platform: A release of the platform.
        into: Made where it is missing; none of the folders may be there.
        tell: Told the name of each.

    Raises:
        RefusedError: The platform is no release, or a folder is there already.
        ExternalSystemError: Git or the disk failed.
    """
    if not platform.version:
        raise RefusedError(
            "a starter is made from a release, and this platform has no version",
            where=platform.source,
            next_step="name a release behind an @, such as --platform DIR@v1.0.0",
        )
    wanted = {
        into / f"starter-{brand}-{_suffix(platform, archetype)}": (brand, archetype, team)
        for brand, archetype, team in starters(platform.policy)
    }
    for folder in wanted:
        refuse_occupied(folder, next_step="name a new folder")
    bundle = RenderedFile(write_bundle(platform.tree, platform.version))
    for folder, which in wanted.items():
        tell(folder.name)
        place({**starter_files(platform, *which), PLATFORM_BUNDLE: bundle}, folder)
    return list(wanted)


def _suffix(platform: Platform, archetype: str) -> str:
    return str(platform.policy["archetypes"][archetype]["suffix"]) or archetype


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
        ExternalSystemError: GitHub or git failed; run again, it goes on.
    """
    organisation = platform.policy["organisation"]["github"]
    mark = next(key for key, what in platform.policy["tags"].items() if what == "repository")
    renewed = []
    with connect(platform, api, environ, organisation) as (github, credential):
        _refuse_open_mark(github, organisation, mark)
        for folder in folders:
            tell(folder.name)
            there = _template_repository(github, organisation, folder.name, mark)
            refuse_other_host(there["clone_url"], github.address)
            message = f"chore: the starter of {platform.version}"
            if replace_files(github, credential.token, there["clone_url"], folder, message):
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


def _template_repository(
    github: GitHub, organisation: str, name: str, mark: str
) -> Mapping[str, Any]:
    there: Mapping[str, Any]
    answer = github.call("GET", f"/repos/{organisation}/{name}", accept=(HTTPStatus.NOT_FOUND,))
    if answer.status == HTTPStatus.NOT_FOUND:
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
