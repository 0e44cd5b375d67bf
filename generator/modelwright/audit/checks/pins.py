"""Is everything that a workflow uses pinned to a commit, with its version beside it?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from modelwright.audit.findings import Finding
from modelwright.audit.project import YAML_ENDINGS, Project
from modelwright.policy.rules import show

_USES: Final = re.compile(
    r"""(?:^|[\s{,-])uses:\s*(?P<quote>["']?)(?P<what>[^\s"'#,}]+)(?P=quote)[^#]*(?:\#\s*(?P<comment>.*))?$"""
)
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
_VERSION: Final = re.compile(r"\b[a-z-]*v?\d+(\.\d+)*\b", re.IGNORECASE)
_PLACES: Final = re.compile(r"\.github/.*|(?:.*/)?action\.ya?ml")


def check_pins(project: Project) -> Iterator[Finding]:
    """Find uses of the platform at another commit than its own (PIN001), and loose ones (PIN002).

    A tag or a branch can be moved by whoever owns it; a commit cannot.
    """
    for path, text in project.files.items():
        if not (_PLACES.fullmatch(path) and path.endswith(YAML_ENDINGS)):
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            found = _USES.search(line) if "uses:" in line else None
            if found is None or line.lstrip().startswith("#"):
                continue
            problem, next_step, rule = _judge(project, found["what"], found["comment"] or "")
            if problem:
                yield Finding(f"{path}:{number}", rule, problem, next_step)


def _judge(project: Project, what: str, comment: str) -> tuple[str, str, str]:
    if what.startswith("./"):
        return "", "", ""
    name, _, reference = what.rpartition("@")
    ours = what.startswith(f"{project.policy['platform']['repository']}/")
    if ours and not project.unjudged:
        return (*_of_platform(project, name, reference, comment), "PIN001")
    if what.startswith("docker://"):
        pinned = _DIGEST.fullmatch(reference) is not None
        next_step = "pin the image by its sha256 digest"
        return ("" if pinned else f"{show(what)} is no digest", next_step, "PIN002")
    if not _COMMIT.fullmatch(reference):
        next_step = "pin the full commit, with the version as a comment"
        return f"{show(what)} is not pinned to a full commit", next_step, "PIN002"
    if not _VERSION.search(comment):
        return f"{show(name)} says no version", "write the version as a comment behind it", "PIN002"
    return "", "", "PIN002"


def _of_platform(project: Project, name: str, reference: str, comment: str) -> tuple[str, str]:
    sha, version = project.pin["sha"], project.pin["version"]
    next_step = f"write {name or '...'}@{sha} # {version}; an update does it"
    if reference != sha:
        return f"the platform's workflow is used at {show(reference)}, not at {version}", next_step
    if comment.split()[:1] != [version]:
        return f"the comment behind the platform's commit is not {version}", next_step
    return "", next_step
