"""What stands before a platform is made: the place, git, and the files that it begins with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from modelwright.adapters.own_platform import own_files
from modelwright.adapters.placing import refuse_occupied
from modelwright.catalog.archetypes import FILE as ARCHETYPE
from modelwright.catalog.platform import POLICY
from modelwright.catalog.rendering import RenderedFile
from modelwright.errors import RefusedError, UsageError
from modelwright.operations.finishing import know_author
from modelwright.policy.load import read_plain


def prepare(target: Path) -> None:
    """Check, before anything is asked, that a repository can be made at a path.

    Raises:
        RefusedError: Something is there already.
        SurroundingsError: Git is missing, or knows no author.
        UsageError: It is the current folder, which cannot be replaced under one's feet.
    """
    if target.resolve() == Path.cwd():
        raise UsageError(
            "it is the folder that you are in", where=str(target), next_step="name a new folder"
        )
    refuse_occupied(target, next_step="name a new folder")
    know_author(Path.cwd())


def packaged() -> tuple[dict[str, RenderedFile], str]:
    """Return the files that a new platform begins with, and the policy among them.

    Raises:
        RefusedError: This program came with an organisation's platform, not with modelwright's.
    """
    files = own_files()
    policy = files[POLICY].content.decode()
    if "README.md" not in files:
        name = read_plain(policy)["organisation"]["name"]
        raise RefusedError(
            f"this modelwright is {name}'s own, and makes no other platform",
            next_step="run the public one: "
            "uvx --from modelwright-cli modelwright platform init DIR",
        )
    return files, policy


def archetypes_in(files: Mapping[str, RenderedFile]) -> set[str]:
    """Return the archetypes that have templates."""
    parts = [path.split("/") for path in files]
    return {part[1] for part in parts if part[0] == "templates" and part[2:] == [ARCHETYPE]}
