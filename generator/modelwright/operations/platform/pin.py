"""The pin: the commit at which projects call a platform's workflows and actions."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from modelwright.adapters.system.process import output, run
from modelwright.errors import ExternalSystemError, ModelwrightError
from modelwright.operations.platform.sync import stale_files, sync
from modelwright.paths import (
    COMPILED_POLICY,
    DISPATCH_WORKFLOW,
    POLICY_FILE,
    WORKFLOW_PIN,
    WORKFLOWS_FOLDER,
)
from modelwright.policy.fingerprint import policy_fingerprints
from modelwright.policy.model.load import read_plain

CALLED: Final = (WORKFLOWS_FOLDER, ".github/actions")
# No project calls it, and its form changes with every team.
_COMPARED: Final = (*CALLED, f":(exclude){DISPATCH_WORKFLOW}")
_VERSION_NUMBER: Final = re.compile(r"ci-v(\d+)")


@dataclass(frozen=True)
class Pin:
    """A pin that was moved.

    Attributes:
        sha: The commit.
        version: The tag for it.
        written: The paths that changed with it.
    """

    sha: str
    version: str
    written: list[str]


def commit_of_head(folder: Path) -> str:
    """Return the full hash of the commit that is checked out."""
    return run(("git", "rev-parse", "HEAD"), folder=folder).strip()


def pin_to(folder: Path, commit: str, version: str) -> list[str]:
    """Write a pin and what follows from it; return the paths that changed.

    Args:
        folder: The platform's folder.
        commit: A commit that is on its main branch already.
        version: The tag of that commit, such as `ci-v1`.
    """
    text = json.dumps({"sha": commit, "version": version}) + "\n"
    (folder / WORKFLOW_PIN).write_text(text, encoding="utf-8", newline="\n")
    return [WORKFLOW_PIN, *sync(folder)]


def move_pin(folder: Path) -> Pin | None:
    """Pin the commit that is checked out; None where a check needs nothing newer than the pin.

    A check needs the workflows, the actions, and parts of the policy.

    Raises:
        ExternalSystemError: One of them is not committed, or that commit is not on main yet.
    """
    head = commit_of_head(folder)
    pinned = json.loads((folder / WORKFLOW_PIN).read_text(encoding="utf-8"))
    if not stale_pin(folder):
        return None
    _refuse_uncommitted(folder)
    _refuse_not_on_main(folder, head)
    version = _next_version(folder, str(pinned["version"]))
    return Pin(head, version, pin_to(folder, head, version))


def stale_pin(folder: Path) -> str:
    """Return what a project's check needs that changed since the pin; empty for nothing.

    Uncommitted changes count too. Where the pinned commit is missing here, the pin is stale.
    """
    pinned = str(json.loads((folder / WORKFLOW_PIN).read_text(encoding="utf-8"))["sha"])
    compare = ("git", "diff", "--quiet", pinned, "--", *_COMPARED)
    try:
        output(compare, folder=folder)
    except ExternalSystemError:
        return "the workflows"
    if _uncommitted(folder, *_COMPARED):
        return "the workflows"
    policy = (folder / POLICY_FILE).read_text(encoding="utf-8")
    return (
        "" if _fingerprints(_policy_at(folder, pinned)) == _fingerprints(policy) else "the policy"
    )


def _fingerprints(policy: str) -> dict[str, str]:
    """Return the fingerprints of a policy's text; none where it has an older form."""
    try:
        return policy_fingerprints(read_plain(policy))
    except (ModelwrightError, KeyError, TypeError, AttributeError):
        return {}


def _policy_at(folder: Path, commit: str) -> str:
    try:
        return run(("git", "show", f"{commit}:{POLICY_FILE}"), folder=folder)
    except ExternalSystemError:
        return ""


def _uncommitted(folder: Path, *paths: str) -> str:
    return run(("git", "status", "--porcelain", "--", *paths), folder=folder).strip()


def _refuse_uncommitted(folder: Path) -> None:
    if _uncommitted(folder, *_COMPARED):
        raise ExternalSystemError(
            "the workflows have changes that are not committed",
            where=str(folder),
            next_step="commit them and bring them to main; then pin that commit",
        )
    if _uncommitted(folder, POLICY_FILE, COMPILED_POLICY) or stale_files(folder):
        raise ExternalSystemError(
            "the policy, or what follows from it, has changes that are not committed",
            where=str(folder),
            next_step="run modelwright platform sync, and commit; then pin that commit",
        )


def _refuse_not_on_main(folder: Path, head: str) -> None:
    policy = read_plain((folder / POLICY_FILE).read_text(encoding="utf-8"))
    main = str(policy["platform"]["ref"])
    command = ("git", "for-each-ref", "--format=%(refname)", "--contains", head)
    references = run(command, folder=folder).split()
    known = run(("git", "for-each-ref", "--format=%(refname)"), folder=folder).split()
    published = f"refs/remotes/origin/{main}"
    if (published if published in known else f"refs/heads/{main}") not in references:
        raise ExternalSystemError(
            f"the commit {head[:12]} is not on {main} yet, and projects could not call it",
            where=str(folder),
            next_step=f"merge it, then: git switch {main} && git pull, and run this again",
        )


def _next_version(folder: Path, pinned: str) -> str:
    names = [pinned, *run(("git", "tag", "--list", "ci-v*"), folder=folder).split()]
    numbers = [int(found[1]) for found in map(_VERSION_NUMBER.fullmatch, names) if found]
    return f"ci-v{max(numbers, default=0) + 1}"
