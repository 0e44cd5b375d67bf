"""Preflight of `create`: its deployment, and what is in a repository before it gets a secret."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import yaml

from modelwright.adapters.github.address import refuse_other_host
from modelwright.adapters.github.client import GitHub
from modelwright.adapters.github.repository import read_access_paths, read_tree
from modelwright.errors import ExternalSystemError, ModelwrightError, RefusedError, UsageError
from modelwright.operations.create.project import PreparedProject, prepare_project
from modelwright.operations.create.request import CreateRequest
from modelwright.paths import ANSWERS_FILE, LOCK_FILE, START_WORKFLOW, is_workflow
from modelwright.policy.model.first_deployment import Deployment, project_gaps
from modelwright.provisioning.actual_state import ActualState
from modelwright.provisioning.desired_state import DEFAULT_BRANCH, DesiredState
from modelwright.provisioning.preflight import PreflightFault
from modelwright.provisioning.unplanned_access import TreeEntry, UnplannedAccess
from modelwright.template.generated.dispatch_workflow import workflow_pin
from modelwright.template.generated.starter import start_workflow
from modelwright.template.platform import Platform
from modelwright.template.tree import RenderedFile

__all__ = ["deployment_faults", "read_unplanned_access", "refuse_creation"]

_CALLED: Final = {
    "kubernetes": "/deploy-kubernetes.yml@",
    "databricks": "/deploy-databricks.yml@",
    "image": "/build-image.yml@",
}
_VERSIONS: Final = ("_commit", "born")
_VERSION: Final = re.compile(r"v?[0-9][0-9A-Za-z.+-]{0,63}")
_LINK: Final = "120000"
_FILES: Final = ("100644", "100755")


def refuse_creation(faults: Sequence[PreflightFault], where: str) -> None:
    """Check that nothing stands against a creation.

    Raises:
        RefusedError: A rule, or what a person may do, stands against it; nothing was made.
        ExternalSystemError: Something is lacking; nothing was made.
    """
    if not faults:
        return
    family = RefusedError if any(one.refused for one in faults) else ExternalSystemError
    raise _creation_error(family, faults, where)


def deployment_faults(
    policy: Mapping[str, Any], project: PreparedProject, request: CreateRequest
) -> list[PreflightFault]:
    """Return why the project's first deployment would fail in the platform's workflows.

    Raises:
        RefusedError: They would, and it is not only planned.
    """
    faults = [] if request.undo else _deployment_problems(policy, project)
    if not request.plan:
        refuse_creation(faults, project.desired.full_name)
    return faults


def read_unplanned_access(
    github: GitHub, token: str, platform: Platform, desired: DesiredState, actual: ActualState
) -> UnplannedAccess:
    """Read what leads into a repository that its plan did not make.

    Its content is compared where it is not complete yet: of a complete one, every change was
    reviewed under its rules. The token authorises git.

    Raises:
        ExternalSystemError: Something cannot be read.
    """
    differing: tuple[str, ...] = ()
    if DEFAULT_BRANCH in actual.branches and (actual.from_starter or actual.run):
        url = actual.repository["clone_url"]
        refuse_other_host(url, github.address)
        tree = read_tree(url, token)
        differing = tuple(sorted(_differing_files(platform, actual.record or {}, tree)))
    paths = read_access_paths(github, desired.path)
    return UnplannedAccess(access_paths=paths, differing=differing)


def _creation_error(
    family: type[ModelwrightError], faults: Sequence[PreflightFault], where: str
) -> ModelwrightError:
    if len(faults) == 1:
        return family(faults[0].problem, where=where, next_step=faults[0].next_step)
    lines = "".join(f"\n  - {one.problem}; {one.next_step}" for one in faults)
    return family(
        f"{len(faults)} things stand against it, nothing was made:{lines}",
        where=where,
        next_step="correct them all, then run the command again",
    )


def _deployment_problems(
    policy: Mapping[str, Any], project: PreparedProject
) -> list[PreflightFault]:
    called = "".join(
        file.content.decode()
        for path, file in project.files.items()
        if is_workflow(path) and not file.link
    )
    needs = Deployment(**{what: name in called for what, name in _CALLED.items()})
    return [
        PreflightFault(
            f"its first deployment would fail: {point.problem}",
            f"ask the platform team to fill in {point.where} in platform.yml",
            refused=True,
        )
        for point in project_gaps(policy, str(project.answers["brand"]), needs)
        if point.blocks
    ]


def _differing_files(
    platform: Platform, record: Mapping[str, Any], tree: Mapping[str, TreeEntry]
) -> set[str]:
    """Return the files of a tree that differ from the project that its record describes."""
    names = set(platform.template.questionnaire.names) - {"archetype"}
    answers = {
        name: value
        for name, value in record.items()
        if name in names and isinstance(value, str | int | float | bool)
    }
    request = CreateRequest(archetype=str(record.get("archetype")), answers=answers, defaults=True)
    try:
        files = prepare_project(platform, request).files
    except (RefusedError, UsageError):
        return {ANSWERS_FILE}
    # A lock file follows from the package index of its day, so it cannot be rendered again.
    expected = {path: file for path, file in files.items() if path not in {ANSWERS_FILE, LOCK_FILE}}
    if START_WORKFLOW in tree:
        # No workflow's token may delete it: it stays where a starter began the project.
        expected[START_WORKFLOW] = _start_workflow(platform, str(record.get("_commit")))
    differing = {path for path, file in expected.items() if not _is_same(file, tree.get(path))}
    differing |= set(tree) - set(expected) - {ANSWERS_FILE, LOCK_FILE}
    if _without_version(yaml.safe_load(files[ANSWERS_FILE].content)) != _without_version(record):
        differing.add(ANSWERS_FILE)
    return differing


def _start_workflow(platform: Platform, version: str) -> RenderedFile:
    if not _VERSION.fullmatch(version):
        return RenderedFile(b"")
    return RenderedFile(
        start_workflow(platform.policy, workflow_pin(platform.tree), version).encode()
    )


def _is_same(file: RenderedFile, entry: TreeEntry | None) -> bool:
    if entry is None or entry.mode not in ((_LINK,) if file.link else _FILES):
        return False
    head = f"blob {len(file.content)}\0".encode()
    return hashlib.sha1(head + file.content, usedforsecurity=False).hexdigest() == entry.identity


def _without_version(answers: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answers.items() if name not in _VERSIONS}
