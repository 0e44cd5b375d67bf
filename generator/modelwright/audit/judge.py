"""Who judges a project, and by which policy: a project cannot choose either."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from modelwright.audit.findings import ANSWERS, NAMES, Finding
from modelwright.audit.project import Project
from modelwright.paths import ANSWERS_FILE
from modelwright.policy.rules import show

# What an older or newer policy would judge wrongly; naming rules have the policy's own ids.
BY_POLICY: Final = frozenset(
    (
        *(rule for rule in ANSWERS if not rule.startswith("TXT")),
        *NAMES,
        *("PRJ002", "TAG101", "TAG102", "TAG103", "TAG104", "TAG105", "TAG106"),
    )
)


def check_source(project: Project) -> Iterator[Finding]:
    """Find answers that name another platform than the one that judges (PLT001)."""
    judge = project.judge
    if judge is None or judge.is_source:
        return
    yield Finding(
        where=f"{ANSWERS_FILE}:{project.document(ANSWERS_FILE).line('_src_path')}",
        rule="PLT001",
        problem=f"the answers name the platform {show(judge.source)}, not {judge.url}",
        next_step=f"write _src_path: {judge.url}, and update the project from there",
    )


def check_released(project: Project) -> Iterator[Finding]:
    """Find a version that the platform never released (PLT002)."""
    judge = project.judge
    if judge is None or judge.released is not False:
        return
    named = str(project.answers.get("_commit") or "")
    yield Finding(
        where=f"{ANSWERS_FILE}:{project.document(ANSWERS_FILE).line('_commit')}",
        rule="PLT002",
        problem=f"{judge.url} has no release {show(named)}"
        if named
        else "the answers name no version of the platform",
        next_step="update the project to a release: modelwright update",
    )


def check_verified(project: Project) -> Iterator[Finding]:
    """Say that the policy of the project's version could not be read (PLT003)."""
    if project.unverified:
        yield Finding(
            where=f"{ANSWERS_FILE}:{project.document(ANSWERS_FILE).line('_commit')}",
            rule="PLT003",
            problem=f"unverified: {project.unverified}",
            next_step="check it where the platform can be read: modelwright check --platform URL",
            warning=True,
        )
