"""Write an organisation's starters, and publish them to its template repositories."""

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

    Each brand has its own, because the names of the secrets that workflows get contain the brand.
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
    sample = {**platform.archetype(archetype).sample, "team": team, "brand": brand}
    answers, files = render_project(published_platform(platform), archetype, sample)
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
        into: Created where it is missing; none of the starters' folders may exist.
        tell: Receives the name of each.

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
    by_folder = {
        into / f"starter-{brand}-{_suffix(platform, archetype)}": (brand, archetype, team)
        for brand, archetype, team in starters(platform.policy)
    }
    for folder in by_folder:
        refuse_occupied(folder, next_step="name a new folder")
    bundle = RenderedFile(write_bundle(platform.tree, platform.version))
    for folder, which in by_folder.items():
        tell(folder.name)
        place({**starter_files(platform, *which), PLATFORM_BUNDLE: bundle}, folder)
    return list(by_folder)


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
        platform: The release that they were made from.
        folders: The starters, named as their repositories.
        api: GitHub's API; empty takes the platform's.
        environ: Environment variables: the credentials of the app.
        tell: Receives the name of each.

    Raises:
        RefusedError: A repository of that name exists that is no template of the organisation.
        ExternalSystemError: GitHub or git failed; run again, it goes on.
    """
    organisation = platform.policy["organisation"]["github"]
    mark = next(key for key, what in platform.policy["tags"].items() if what == "repository")
    changed = []
    with connect(platform, api, environ, organisation) as (github, credential):
        _refuse_open_mark(github, organisation, mark)
        for folder in folders:
            tell(folder.name)
            repository = _template_repository(github, organisation, folder.name, mark)
            refuse_other_host(repository["clone_url"], github.address)
            message = f"chore: the starter of {platform.version}"
            if replace_files(github, credential.token, repository["clone_url"], folder, message):
                changed.append(repository["full_name"])
    return changed


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
    repository: Mapping[str, Any]
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
        repository = github.call("POST", f"/orgs/{organisation}/repos", body).data
        return repository
    repository = answer.data
    values = github.call("GET", f"/repos/{organisation}/{name}/properties/values").data
    if {"property_name": mark, "value": name} not in values:
        raise RefusedError(
            "it is there already, and modelwright did not make it",
            where=f"{organisation}/{name}",
            next_step=f"look at who may write to it; where it is yours, have an owner of the "
            f"organisation set its custom property {mark} to {name}",
        )
    if not repository.get("is_template"):
        raise RefusedError(
            "it is there already, and is no template repository",
            where=f"{organisation}/{name}",
            next_step="rename it, or tick Template repository in its settings",
        )
    return repository
