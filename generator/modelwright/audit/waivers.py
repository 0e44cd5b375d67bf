"""Waivers: findings that somebody has agreed to live with, until a day."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from modelwright.audit.finding import Finding
from modelwright.audit.project import RECORD, Project
from modelwright.policy.refusal import show

TEXTS: Final = ("rule", "reason", "approver")


@dataclass(frozen=True)
class Waiver:
    """One entry of `waivers:`; `line` counts from 1."""

    rule: str
    reason: str
    approver: str
    until: date
    line: int


def waivers(project: Project) -> list[Waiver]:
    """Return the well-formed waivers."""
    return [
        Waiver(body["rule"], body["reason"], body["approver"], body["until"], line)
        for line, body in _bodies(project)
        if not _problem(body)
    ]


def check_waivers(project: Project, rules: Collection[str]) -> Iterator[Finding]:
    """Find waivers that are not whole, name no rule (WVR001), or have ended (WVR002).

    Args:
        project: The project.
        rules: The ids that can be waived.
    """
    for line, body in _bodies(project):
        problem = _problem(body)
        if problem:
            yield Finding(
                f"{RECORD}:{line}", "WVR001", problem, "write rule, reason, approver, until"
            )
    for waiver in waivers(project):
        if waiver.rule not in rules:
            problem = f"a waiver names {show(waiver.rule)}, which is no rule that can be waived"
            yield Finding(f"{RECORD}:{waiver.line}", "WVR001", problem, "see docs/check.md")
        elif waiver.until < project.today:
            problem = f"the waiver of {waiver.rule} ended on {waiver.until.isoformat()}"
            next_step = "mend what it covered and remove it, or have it approved anew"
            yield Finding(f"{RECORD}:{waiver.line}", "WVR002", problem, next_step)


def apply_waivers(
    project: Project, findings: list[Finding], rules: Collection[str]
) -> list[Finding]:
    """Mark the findings that a waiver in force covers; `rules` as `check_waivers` takes it."""
    in_force = {
        waiver.rule: f"{waiver.reason} (until {waiver.until.isoformat()}, {waiver.approver})"
        for waiver in waivers(project)
        if waiver.until >= project.today and waiver.rule in rules
    }
    return [replace(finding, waived=in_force.get(finding.rule, "")) for finding in findings]


def _bodies(project: Project) -> Iterator[tuple[int, Any]]:
    document = project.document(RECORD)
    listed = document.mapping.get("waivers")
    for number, body in enumerate(listed if isinstance(listed, list) else ()):
        yield document.line("waivers", number), body


def _problem(body: object) -> str:
    if not isinstance(body, dict):
        return "a waiver is not a mapping"
    missing = [key for key in TEXTS if not isinstance(body.get(key), str) or not body[key].strip()]
    if missing:
        return f"a waiver lacks {', '.join(missing)}"
    if not isinstance(body.get("until"), date) or isinstance(body["until"], datetime):
        return "a waiver says no day on which it ends"
    return ""
