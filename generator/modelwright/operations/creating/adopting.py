"""Looks at a repository that this run did not make, before it gets a secret."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final

import yaml

from modelwright.adapters.github.address import refuse_stranger
from modelwright.adapters.github.client import GitHub
from modelwright.adapters.github.strangers import read_tree, read_ways
from modelwright.catalog.platform import Platform
from modelwright.catalog.rendering import RenderedFile
from modelwright.catalog.starter import START, start_workflow
from modelwright.errors import RefusedError, UsageError
from modelwright.operations.creating.project import prepared
from modelwright.operations.creating.wish import Wish
from modelwright.operations.starters import pin_of
from modelwright.provisioning.actual import Actual
from modelwright.provisioning.desired import BRANCH, DesiredState
from modelwright.provisioning.faults import PreflightFault
from modelwright.provisioning.found import Found
from modelwright.provisioning.strangers import Access, TreeEntry, stranger_faults

__all__ = ["adoption_faults"]

ANSWERS: Final = ".copier-answers.yml"
# A lock file follows from the package index of its day, so it cannot be rendered again.
_LOCK: Final = "uv.lock"
_VERSIONS: Final = ("_commit", "born")
_VERSION: Final = re.compile(r"v?[0-9][0-9A-Za-z.+-]{0,63}")
_LINK: Final = "120000"
_FILES: Final = ("100644", "100755")


def adoption_faults(  # noqa: PLR0913, PLR0917 -- what is looked at, and with what
    github: GitHub,
    token: str,
    platform: Platform,
    desired: DesiredState,
    actual: Actual,
    found: Found,
) -> list[PreflightFault]:
    """Return why a repository that is there gets no secret.

    Its content is read where it is not complete yet: of a complete one, every change was reviewed
    under its rules.

    Args:
        github: The connection.
        token: What authorises git.
        platform: The platform, by the URL that projects are updated from.
        desired: The repository as it should be.
        actual: The repository as it is.
        found: What the organisation has, and who asks.

    Raises:
        SurroundingsError: Something cannot be read.
    """
    differing: tuple[str, ...] = ()
    if BRANCH in actual.branches and (actual.begun or actual.run):
        url = actual.repository["clone_url"]
        refuse_stranger(url, github.address)
        tree = read_tree(url, token)
        differing = tuple(sorted(_differing(platform, actual.record or {}, tree)))
    access = Access(ways=read_ways(github, desired.path), differing=differing)
    return stranger_faults(desired, actual, found, access)


def _differing(
    platform: Platform, record: Mapping[str, Any], tree: Mapping[str, TreeEntry]
) -> set[str]:
    """Return the files of a tree that the project of a record does not have, or has otherwise."""
    names = set(platform.template.questionnaire.names) - {"archetype"}
    given = {
        name: value
        for name, value in record.items()
        if name in names and isinstance(value, str | int | float | bool)
    }
    wish = Wish(archetype=str(record.get("archetype")), given=given, defaults=True)
    try:
        files = prepared(platform, wish).files
    except (RefusedError, UsageError):
        return {ANSWERS}
    expected = {path: file for path, file in files.items() if path not in {ANSWERS, _LOCK}}
    if START in tree:
        # No workflow's token may delete it: it stays where a starter began the project.
        expected[START] = _start(platform, str(record.get("_commit")))
    differing = {path for path, file in expected.items() if not _is(file, tree.get(path))}
    differing |= set(tree) - set(expected) - {ANSWERS, _LOCK}
    if _without_version(yaml.safe_load(files[ANSWERS].content)) != _without_version(record):
        differing.add(ANSWERS)
    return differing


def _start(platform: Platform, version: str) -> RenderedFile:
    if not _VERSION.fullmatch(version):
        return RenderedFile(b"")
    return RenderedFile(start_workflow(platform.policy, pin_of(platform), version).encode())


def _is(file: RenderedFile, entry: TreeEntry | None) -> bool:
    if entry is None or entry.mode not in ((_LINK,) if file.link else _FILES):
        return False
    head = f"blob {len(file.content)}\0".encode()
    return hashlib.sha1(head + file.content, usedforsecurity=False).hexdigest() == entry.identity


def _without_version(answers: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answers.items() if name not in _VERSIONS}
