"""Runs every check over a project."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from modelwright.audit.checks.answers import check_answers, check_repository
from modelwright.audit.checks.cost_tags import (
    check_budget_policy,
    check_bundle_tags,
    check_image,
    check_kubernetes,
    check_record_tags,
    check_run_tags,
)
from modelwright.audit.checks.drift import check_drift
from modelwright.audit.checks.files import check_conflicts, check_env, check_example, check_yaml
from modelwright.audit.checks.lock_file import check_lock
from modelwright.audit.checks.pins import check_pins
from modelwright.audit.checks.record import check_agreement, check_record, check_status
from modelwright.audit.checks.secret_references import (
    check_entries,
    check_manifest,
    check_references,
)
from modelwright.audit.checks.secret_values import check_values
from modelwright.audit.findings import (
    ANSWERS,
    NAMES,
    PLATFORM,
    REPOSITORY,
    UNJUDGED,
    UNWAIVABLE,
    WAIVERS,
    Finding,
    apply_waivers,
    check_waivers,
    rule_ids,
)
from modelwright.audit.judge import BY_POLICY, check_released, check_source, check_verified
from modelwright.audit.project import Project

Check = Callable[[Project], Iterator[Finding]]
CHECKS: Final[tuple[Check, ...]] = (
    check_source,
    check_released,
    check_verified,
    check_answers,
    check_repository,
    check_record,
    check_agreement,
    check_status,
    check_kubernetes,
    check_image,
    check_bundle_tags,
    check_record_tags,
    check_run_tags,
    check_budget_policy,
    check_manifest,
    check_references,
    check_entries,
    check_example,
    check_values,
    check_env,
    check_pins,
    check_drift,
    check_conflicts,
    check_lock,
    check_yaml,
)


@dataclass(frozen=True)
class CheckReport:
    """What a project's checks found.

    Attributes:
        findings: Every finding, by rule and then by place.
        passed: Ids of the rules that found nothing.
        judged_by: Who judged, by which policy, in one line.
        verified: Whether that was the policy of the project's version.
    """

    findings: tuple[Finding, ...]
    passed: tuple[str, ...]
    judged_by: str = ""
    verified: bool = True

    @property
    def failing(self) -> tuple[Finding, ...]:
        """The findings that a person must look at."""
        return tuple(finding for finding in self.findings if finding.failing)


def check(project: Project) -> CheckReport:
    """Run every check."""
    rules = rule_ids(project.policy)
    unread = _rules_of_own_policy(rules) if project.unverified else frozenset()
    found = [one for check in CHECKS for one in check(project) if one.rule not in unread]
    waivable = [rule for rule in rules if rule not in UNWAIVABLE]
    found = apply_waivers(project, found, waivable)
    found += check_waivers(project, waivable)
    found.sort(
        key=lambda finding: (list(rules).index(finding.rule), *_path_and_line(finding.where))
    )
    not_passed = {finding.rule for finding in found}
    if project.unjudged:
        not_passed |= UNJUDGED
    not_passed |= unread
    passed = tuple(rule for rule in rules if rule not in not_passed)
    judged_by = project.judge.verdict if project.judge else ""
    return CheckReport(tuple(found), passed, judged_by, not project.unverified)


def _rules_of_own_policy(rules: Mapping[str, str]) -> frozenset[str]:
    """Return the rules that only the policy of the project's own version can judge."""
    fixed = {*PLATFORM, *ANSWERS, *NAMES, *REPOSITORY, *WAIVERS}
    naming = {rule for rule in rules if rule not in fixed}
    return frozenset(BY_POLICY | naming)


def _path_and_line(where: str) -> tuple[str, int]:
    path, _, line = where.rpartition(":")
    return path, int(line) if line.isdigit() else 0
