"""The rules of a repository's default branch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from modelwright.provisioning.settings import Settings

__all__ = ["NAME", "ruleset", "with_integration"]

Body = Mapping[str, Any]
NAME: Final = "modelwright"


def ruleset(settings: Settings, checks: Sequence[str]) -> Body:
    """Return the body of `POST /repos/.../rulesets`."""
    rules: list[Body] = [
        {"type": "deletion"},
        {"type": "non_fast_forward"},
        {"type": "required_linear_history"},
        {"type": "pull_request", "parameters": _pull_request(settings)},
    ]
    if checks:
        rules.append({"type": "required_status_checks", "parameters": _status_checks(checks)})
    return {
        "name": NAME,
        "target": "branch",
        "enforcement": "active",
        "bypass_actors": [],
        "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}},
        "rules": rules,
    }


def with_integration(rules: Body, identity: int) -> Body:
    """Return the rules with the app that must publish the status checks."""
    named = []
    for rule in rules["rules"]:
        if rule["type"] == "required_status_checks":
            checks = [
                {**one, "integration_id": identity}
                for one in rule["parameters"]["required_status_checks"]
            ]
            parameters = {**rule["parameters"], "required_status_checks": checks}
            named.append({**rule, "parameters": parameters})
        else:
            named.append(rule)
    return {**rules, "rules": named}


def _pull_request(settings: Settings) -> Body:
    return {
        "required_approving_review_count": settings.approvals,
        "dismiss_stale_reviews_on_push": True,
        "require_code_owner_review": settings.approvals > 0 or bool(settings.platform_team),
        "require_last_push_approval": settings.approvals > 0,
        "required_review_thread_resolution": True,
        "allowed_merge_methods": ["squash"],
    }


def _status_checks(checks: Sequence[str]) -> Body:
    return {
        "strict_required_status_checks_policy": True,
        "do_not_enforce_on_create": False,
        "required_status_checks": [{"context": name} for name in checks],
    }
