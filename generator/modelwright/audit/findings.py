"""Waivers: findings that somebody has agreed to live with, until a day."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from modelwright.audit.project import Project
from modelwright.paths import PROJECT_RECORD
from modelwright.policy.rules import show

ANSWERS: Final = {
    "ANS001": "archetype, team, brand and personal data are among the policy's",
    "ANS002": "archetype, team and brand are neither retired nor renamed",
    "ANS003": "the team works for the brand",
    "ANS004": "stored names are those that the answers give",
    "ANS005": "a project on Databricks has workspaces there",
    "TXT001": "the description holds no character that a format cannot carry",
    "TXT002": "there is a description",
    "TXT003": "the description is short enough",
    "TXT004": "the description neither begins nor ends with a space",
    "TAG001": "the cost centre is one of finance's",
    "TAG002": "the brands that it also serves exist",
    "TAG003": "a project for several brands has an allocation key",
    "TAG004": "the allocation key has its form",
}
NAMES: Final = {
    "NAM005": "the repository's name reads back into its parts",
    "NAM006": "the repository has the name that its answers give",
    "NAM007": "the package hides no library and no tool",
}
REPOSITORY: Final = {
    "PRJ001": "project.yaml is there and complete",
    "PRJ002": "project.yaml says what the answers say",
    "PRJ003": "the project's status exists, and its review is not overdue",
    "TAG101": "every Kubernetes object and pod template carries the cost tags",
    "TAG102": "the image carries the cost tags",
    "TAG103": "everything on Databricks carries the cost tags",
    "TAG104": "project.yaml records the cost tags",
    "TAG105": "MLflow's runs and versions get the cost tags",
    "TAG106": "serverless on Databricks has the budget policy",
    "SEC001": "secrets.yaml is there and complete",
    "SEC002": "every reference to a secret is listed",
    "SEC003": "every listed secret is referred to",
    "SEC004": ".env.example names the listed secrets and holds no value",
    "SEC005": "no value of a secret stands in the repository",
    "SEC006": ".env is kept out of git",
    "PIN001": "the platform's workflows are used at the platform's commit",
    "PIN002": "everything else is pinned to a commit, with its version beside it",
    "DRF001": "managed files are as the platform renders them",
    "DRF002": "no managed file is missing",
    "DRF003": "drift could be judged",
    "CFL001": "no file holds a conflict marker",
    "CFL002": "no version of a file is left beside it",
    "LCK001": "uv.lock is there",
    "LCK002": "uv.lock matches pyproject.toml",
    "LCK003": "uv.lock takes packages from the policy's index and the project's own",
    "YML001": "every YAML file can be read",
}
PLATFORM: Final = {
    "PLT001": "the answers name the platform that judges",
    "PLT002": "the answers name a version that the platform released",
    "PLT003": "the policy is the one of the project's version",
}
WAIVERS: Final = {
    "WVR001": "waivers are complete, and name a rule",
    "WVR002": "no waiver has ended",
}
UNWAIVABLE: Final = frozenset((*PLATFORM, *WAIVERS))
UNJUDGED: Final = frozenset(("PIN001", "DRF001", "DRF002", "DRF003"))
_FORMS: Final = ("repository", "use_case", "reserved", "python")
TEXTS: Final = ("rule", "reason", "approver")


@dataclass(frozen=True, order=True)
class Finding:
    """One departure from policy.

    Attributes:
        where: `file:line`, from the project's root.
        rule: Stable id, such as `SEC001`.
        problem: What is wrong, without a full stop; never the value of a secret.
        next_step: How to fix it.
        warning: Whether it is only reported: what was legal at birth, or could not be judged.
        waived: Reason and end of the waiver that covers it; empty where none does.
    """

    where: str
    rule: str
    problem: str
    next_step: str
    warning: bool = False
    waived: str = ""

    @property
    def failing(self) -> bool:
        """Whether a person must look."""
        return not (self.warning or self.waived)


def rule_ids(policy: Mapping[str, Any]) -> dict[str, str]:
    """Return what each rule asks for, by its id; the naming rules are the policy's own."""
    naming = policy["naming"]
    names = {naming[kind]["id"]: f"{kind.replace('_', ' ')} name" for kind in _FORMS}
    names |= {rule["id"]: f"name of the {rule['kind']}" for rule in naming["derived"]}
    within = {rule: f"the {title} is within its rule" for rule, title in names.items()}
    return PLATFORM | ANSWERS | within | NAMES | REPOSITORY | WAIVERS


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
    """Find waivers that are incomplete, name no rule (WVR001), or have ended (WVR002).

    Args:
        project: The project.
        rules: The ids that can be waived.
    """
    for line, body in _bodies(project):
        problem = _problem(body)
        if problem:
            yield Finding(
                f"{PROJECT_RECORD}:{line}", "WVR001", problem, "write rule, reason, approver, until"
            )
    for waiver in waivers(project):
        if waiver.rule not in rules:
            problem = f"a waiver names {show(waiver.rule)}, which is no rule that can be waived"
            yield Finding(f"{PROJECT_RECORD}:{waiver.line}", "WVR001", problem, "see docs/check.md")
        elif waiver.until < project.today:
            problem = f"the waiver of {waiver.rule} ended on {waiver.until.isoformat()}"
            next_step = "fix what it covered and remove it, or have it approved again"
            yield Finding(f"{PROJECT_RECORD}:{waiver.line}", "WVR002", problem, next_step)


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
    document = project.document(PROJECT_RECORD)
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
