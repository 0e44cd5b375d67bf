"""`modelwright platform check`: every archetype must render for every team and brand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from modelwright.adapters.disk.tree import FolderTree
from modelwright.errors import ModelwrightError, RefusedError, UnrenderableError
from modelwright.operations.judge.audit import evidence_of
from modelwright.operations.new.new import render_project
from modelwright.operations.platform import sync as syncing
from modelwright.paths import (
    ANSWERS_FILE,
    KUSTOMIZE_OVERLAYS,
    POLICY_FILE,
    PROJECT_RECORD,
    SECRETS_MANIFEST,
    archetype_file,
)
from modelwright.policy.choices import choices_on_offer
from modelwright.policy.model.first_deployment import MissingSetting, brand_gaps
from modelwright.template.platform import Platform
from modelwright.template.tree import RenderedFile

GOVERNED: Final = (ANSWERS_FILE, PROJECT_RECORD, SECRETS_MANIFEST)


@dataclass(frozen=True)
class Combination:
    """One archetype for one team and brand."""

    name: str
    render: Callable[[], object]


@dataclass(frozen=True)
class _SyncedTree:
    """A platform's files as `platform sync` would leave them."""

    tree: FolderTree
    written: dict[str, str]

    def paths(self, folder: str) -> list[str]:
        return list(self.tree.paths(folder))

    def read(self, path: str) -> bytes:
        return self.written[path].encode() if path in self.written else self.tree.read(path)

    def executable(self, path: str) -> bool:
        return self.tree.executable(path)


def check_platform(file: Path) -> Platform:
    """Open a platform whose policy is sound, as it would be after a sync.

    Raises:
        RefusedError: The policy has faults; each is named with its line.
    """
    if not file.is_file():
        raise RefusedError(
            "there is no such file",
            where=str(file),
            next_step="name a platform.yml or the folder that holds it",
        )
    root = file.resolve().parent
    written = syncing.expected_files(root, file.name)
    tree = _SyncedTree(FolderTree(root), {**written, POLICY_FILE: file.read_text(encoding="utf-8")})
    platform = Platform(tree=tree, source=str(root), version="")
    for archetype in platform.policy["archetypes"]:
        evidence_of(platform, archetype)
    return platform


def to_fill_in(platform: Platform) -> list[MissingSetting]:
    """Return what a sound policy does not say yet, by brand; nothing of a sample's."""
    if platform.sample:
        return []
    policy = platform.policy
    return [
        point for brand in choices_on_offer(policy["brands"]) for point in brand_gaps(policy, brand)
    ]


def combinations(platform: Platform) -> list[Combination]:
    """Return every offered archetype for every team and each of its brands."""
    policy = platform.policy
    return [
        Combination(
            f"{archetype.id} for {team}, {brand}",
            partial(_render, platform, archetype.id, dict(archetype.sample), team, brand),
        )
        for archetype in platform.archetypes
        for team in choices_on_offer(policy["teams"])
        for brand in policy["teams"][team]["brands"]
    ]


def _render(
    platform: Platform, archetype: str, sample: dict[str, object], team: str, brand: str
) -> None:
    combination = f"{archetype} for {team}, {brand}"
    try:
        _, files = render_project(platform, archetype, {**sample, "team": team, "brand": brand})
    except UnrenderableError as error:
        error.where, error.next_step = f"{combination}: {error.where}", "fix that template"
        raise
    except ModelwrightError as error:
        error.where = f"{combination}: {error.where}"
        error.next_step = (
            f"the sample of {archetype_file(archetype)} breaks it: change `sample` there, or "
            "the rule in platform.yml"
        )
        raise
    _refuse_ungoverned(archetype, files)
    _refuse_missing_overlay(platform, archetype, files)


def _refuse_ungoverned(archetype: str, files: Mapping[str, RenderedFile]) -> None:
    """Check that an archetype renders the files that make a folder a project."""
    missing = [path for path in GOVERNED if path not in files]
    if missing:
        raise RefusedError(
            f"what it makes is no project: it has no {' and no '.join(missing)}",
            where=f"templates/{archetype}/{syncing.PROJECT}",
            next_step="copy each from another archetype, such as templates/batch; see "
            "docs/archetypes.md",
        )


def _refuse_missing_overlay(
    platform: Platform, archetype: str, files: Mapping[str, RenderedFile]
) -> None:
    if not any(path.startswith("deploy/k8s/base/") for path in files):
        return
    for environment in platform.policy["environments"]:
        if f"{KUSTOMIZE_OVERLAYS}/{environment}/kustomization.yaml" not in files:
            raise RefusedError(
                f"there is no overlay for the environment {environment!r}",
                where=f"templates/{archetype}/{syncing.PROJECT}/{KUSTOMIZE_OVERLAYS}",
                next_step=f"copy the folder of another environment to {environment}/ and name "
                "it in its kustomization.yaml, or take the environment out of the policy",
            )
