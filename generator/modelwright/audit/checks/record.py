"""Is project.yaml complete, and does it agree with the answers?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from modelwright.audit.findings import Finding
from modelwright.audit.project import Project
from modelwright.paths import ANSWERS_FILE, PROJECT_RECORD
from modelwright.policy.names import project_name
from modelwright.policy.rules import show

STATUSES: Final = ("experiment", "pilot", "production", "retired")
REVIEWED: Final = ("pilot", "production")
FIELDS: Final[Mapping[str, type]] = {
    "schema_version": int,
    "id": str,
    "archetype": str,
    "owner": str,
    "github_team": str,
    "contact": str,
    "brand": str,
    "serves": list,
    "cost_centre": str,
    "allocation_key": str,
    "status": str,
    "data_class": str,
    "models": list,
    "tags": dict,
    "custom_properties": dict,
    "waivers": list,
}
_KINDS: Final = {int: "a whole number", str: "a text", list: "a list", dict: "a mapping"}


def check_record(project: Project) -> Iterator[Finding]:
    """Find a record that is missing, or a field that is missing or of another kind (PRJ001)."""
    if PROJECT_RECORD not in project.files:
        yield _shape_finding(
            f"{PROJECT_RECORD}:1", "there is no project.yaml, the project's record"
        )
        return
    document = project.document(PROJECT_RECORD)
    if (
        PROJECT_RECORD in project.yaml
        and not document.mapping
        and project.documents(PROJECT_RECORD)
    ):
        yield _shape_finding(f"{PROJECT_RECORD}:1", "project.yaml is not a mapping")
    for name, kind in FIELDS.items() if document.mapping else ():
        value = document.mapping.get(name)
        if not isinstance(value, kind) or isinstance(value, bool):
            said = "is missing" if name not in document.mapping else f"is not {_KINDS[kind]}"
            yield _shape_finding(f"{PROJECT_RECORD}:{document.line(name)}", f"{name} {said}")


def check_agreement(project: Project) -> Iterator[Finding]:
    """Find a field that differs from the answers and the policy (PRJ002)."""
    document = project.document(PROJECT_RECORD)
    if not project.known or not document.mapping:
        return
    for name, expected in expected_fields(project).items():
        value = document.mapping.get(name, expected)
        if value != expected:
            yield Finding(
                where=f"{PROJECT_RECORD}:{document.line(name)}",
                rule="PRJ002",
                problem=f"{name} is {show(str(value))}, but {ANSWERS_FILE} gives {expected!r}",
                next_step=f"write {name}: {expected}, or change the answer by an update",
            )


def check_status(project: Project) -> Iterator[Finding]:
    """Find a status that does not exist, or a review that is due (PRJ003)."""
    document = project.document(PROJECT_RECORD)
    if not document.mapping:
        return
    status, review = document.mapping.get("status"), document.mapping.get("review_by")
    if isinstance(status, str) and status not in STATUSES:
        yield _status_finding(
            project, "status", f"status {show(status)} does not exist", _statuses()
        )
    if review not in (None, "") and not isinstance(review, date):
        yield _status_finding(
            project, "review_by", "review_by is not a date", "write it as 2027-06-30"
        )
    elif status in REVIEWED and not isinstance(review, date):
        problem = f"a project in {status} says no day by which its need is reviewed"
        yield _status_finding(project, "review_by", problem, "write review_by: with a date")
    elif status in REVIEWED and isinstance(review, date) and review < project.today:
        problem = f"the review was due on {review.isoformat()}"
        next_step = "decide whether the project lives on, and write the next date"
        yield _status_finding(project, "review_by", problem, next_step)


def expected_fields(project: Project) -> dict[str, Any]:
    """Return the fields of the record that follow from answers and policy."""
    answers, policy = project.answers, project.policy
    team = policy["teams"][answers["team"]]
    serves = answers.get("serves") or ""
    name = project_name(policy, answers)
    return {
        "id": name,
        "archetype": answers["archetype"],
        "owner": answers["team"],
        "github_team": f"@{policy['organisation']['github']}/{team['github']}",
        "brand": answers["brand"],
        "serves": serves.split(",") if serves else [],
        "cost_centre": answers.get("cost_centre") or team["cost_centre"],
        "allocation_key": answers.get("allocation_key") or "",
        "data_class": answers.get("personal_data", "personal"),
    }


def _statuses() -> str:
    return f"write one of {', '.join(STATUSES)}"


def _shape_finding(where: str, problem: str) -> Finding:
    return Finding(where, "PRJ001", problem, "see docs/check.md of the platform, PRJ001")


def _status_finding(project: Project, key: str, problem: str, next_step: str) -> Finding:
    line = project.document(PROJECT_RECORD).line(key)
    return Finding(f"{PROJECT_RECORD}:{line}", "PRJ003", problem, next_step)
