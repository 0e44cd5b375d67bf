"""`modelwright platform sync`: write the files that are generated from policy and archetypes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from modelwright.adapters.disk.tree import FolderTree
from modelwright.errors import RefusedError
from modelwright.paths import (
    DERIVED_VALUES,
    DISPATCH_WORKFLOW,
    HOOKS_FOLDER,
    POLICY_FILE,
    WORKFLOWS_FOLDER,
    archetype_file,
)
from modelwright.policy.model.load import load_policy, read_plain
from modelwright.template.archetypes import Archetype, archetype_from, with_own_source
from modelwright.template.generated.dispatch_workflow import dispatch_workflow, workflow_pin
from modelwright.template.generated.files import derived_values_from, generated_files
from modelwright.template.generated.fragments import fragments
from modelwright.template.platform import digest
from modelwright.template.tree import RenderedFile, Tree

_OVERLAY: Final = re.compile(r"(templates/[^/]+/[^/]+/deploy/k8s/overlays)/([^/]+)/(.+)")
_MODEL_ENVIRONMENT: Final = "staging"
PROJECT: Final = "{{ cookiecutter.repo_name }}"


def with_overlays(
    files: Mapping[str, RenderedFile], environments: Sequence[str]
) -> dict[str, RenderedFile]:
    """Return the files of a platform, with the overlay of staging copied for new environments.

    Args:
        files: The platform's files by path.
        environments: The policy's.
    """
    completed = dict(files)
    places = {match[1] for match in map(_OVERLAY.fullmatch, files) if match}
    for place in sorted(places):
        model = {
            path: file
            for path, file in files.items()
            if path.startswith(f"{place}/{_MODEL_ENVIRONMENT}/")
        }
        for environment in environments:
            if any(path.startswith(f"{place}/{environment}/") for path in files):
                continue
            for path, file in model.items():
                name = path.replace(f"{place}/{_MODEL_ENVIRONMENT}/", f"{place}/{environment}/")
                content = file.content.decode().replace(
                    f"'{_MODEL_ENVIRONMENT}'", f"'{environment}'"
                )
                completed[name] = replace(file, content=content.encode())
    return completed


def expected_files(root: Path, policy_file: str = POLICY_FILE) -> dict[str, str]:
    """Return the text of every generated file of a platform, by path.

    Args:
        root: The platform's folder.
        policy_file: The policy's name in it.

    Raises:
        RefusedError: The policy has faults; each is named.
    """
    tree = FolderTree(root)
    return expected_in(tree, tree.read(policy_file), str(root / policy_file))


def expected_in(tree: Tree, text: bytes, where: str) -> dict[str, str]:
    """Return the text of every generated file of a platform that need not be on disk.

    Args:
        tree: The platform's files.
        text: Its policy.
        where: The policy's file, for messages.

    Raises:
        RefusedError: The policy has faults, or offers an archetype without templates.
    """
    load_policy(text.decode(), where)
    policy = read_plain(text.decode())
    archetypes = [_archetype(tree, identity, where) for identity in policy["archetypes"]]
    derived = derived_values_from(tree.read(DERIVED_VALUES).decode())
    pin = workflow_pin(tree)
    files = generated_files(policy, archetypes, derived, pin=pin, digest=digest(text))
    if DISPATCH_WORKFLOW in tree.paths(WORKFLOWS_FOLDER):
        files[DISPATCH_WORKFLOW] = dispatch_workflow(policy)
    return files | fragments() | _hooks(tree, policy["archetypes"])


def _hooks(tree: Tree, archetypes: Iterable[str]) -> dict[str, str]:
    """Return the hooks as each archetype has them: Cookiecutter looks for them beside a template.

    They are copies, because a checkout without symbolic links would silently run none of them.
    """
    try:
        names = [path for path in tree.paths(HOOKS_FOLDER) if path.endswith(".py")]
    except KeyError:
        return {}
    texts = {path: tree.read(path).decode() for path in names}
    return {
        f"templates/{archetype}/{path}": text
        for archetype in archetypes
        for path, text in texts.items()
    }


def _archetype(tree: Tree, identity: str, where: str) -> Archetype:
    path = archetype_file(identity)
    try:
        archetype = archetype_from(identity, tree.read(path).decode())
    except KeyError as error:
        if error.args != (path,):
            raise
        raise RefusedError(
            f"there is no {path} for the archetype '{identity}'",
            where=where,
            next_step="take the archetype out of the policy, or add its templates",
        ) from error
    folder = f"templates/{identity}/{PROJECT}/"
    paths = [path.removeprefix(folder) for path in tree.paths(folder.rstrip("/"))]
    return with_own_source(archetype, paths)


def stale_files(root: Path) -> dict[str, str]:
    """Return the expected text of the generated files that differ on disk."""
    return {
        path: text
        for path, text in expected_files(root).items()
        if not (root / path).exists() or (root / path).read_text(encoding="utf-8") != text
    }


def sync(root: Path) -> list[str]:
    """Write every stale file and return their paths."""
    stale = stale_files(root)
    for path, text in stale.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8", newline="\n")
    return list(stale)
