"""Write an organisation's starters: a template repository for every brand and archetype."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from modelwright.adapters.bundling import bundled
from modelwright.adapters.placing import place, refuse_occupied
from modelwright.catalog.platform import Platform
from modelwright.catalog.rendering import RenderedFile
from modelwright.catalog.starter import BUNDLE, START, WORKFLOWS, readme, start_workflow
from modelwright.errors import RefusedError
from modelwright.operations.creating.connecting import published
from modelwright.operations.new import rendered
from modelwright.policy.choices import offered

__all__ = ["pin_of", "starter_files", "starters", "write_starters"]

_PIN = "templates/_shared/workflows.json"


def starters(policy: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield brand, archetype and one of the brand's teams for every starter.

    Secrets are passed to the platform's workflows by name, and a name has its brand in it: so
    there is one for each brand.
    """
    for brand in offered(policy["brands"]):
        of_brand = (
            one for one in offered(policy["teams"]) if brand in policy["teams"][one]["brands"]
        )
        team = next(of_brand, "")
        for archetype in offered(policy["archetypes"]) if team else ():
            yield brand, archetype, team


def pin_of(platform: Platform) -> Mapping[str, str]:
    """Return the commit and the version of the platform's workflows."""
    pin: Mapping[str, str] = json.loads(platform.tree.read(_PIN))
    return pin


def starter_files(
    platform: Platform, brand: str, archetype: str, team: str
) -> dict[str, RenderedFile]:
    """Return a starter's files by path, without the bundle."""
    policy = platform.policy
    given = {**platform.archetype(archetype).sample, "team": team, "brand": brand}
    answers, files = rendered(published(platform), archetype, given)
    example = answers.values["cookiecutter"]["repo_name"]
    start = start_workflow(policy, pin_of(platform), platform.version)
    return {
        **{path: file for path, file in files.items() if path.startswith(WORKFLOWS)},
        START: RenderedFile(start.encode()),
        "README.md": RenderedFile(readme(policy, brand, archetype, example).encode()),
    }


def write_starters(platform: Platform, into: Path, tell: Callable[[str], None]) -> list[Path]:
    """Write a folder for every starter and return their paths.

    Args:
        platform: A release of the platform.
        into: Made where it is missing; none of the folders may be there.
        tell: Told the name of each.

    Raises:
        RefusedError: The platform is no release, or a folder is there already.
        SurroundingsError: Git or the disk failed.
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
    bundle = RenderedFile(bundled(platform.tree, platform.version))
    for folder, which in wanted.items():
        tell(folder.name)
        place({**starter_files(platform, *which), BUNDLE: bundle}, folder)
    return list(wanted)


def _suffix(platform: Platform, archetype: str) -> str:
    return str(platform.policy["archetypes"][archetype]["suffix"]) or archetype
