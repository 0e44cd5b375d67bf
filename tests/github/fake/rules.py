"""What a ruleset forbids in a push."""

import fnmatch

from tests.github.fake.state import Repository, Token

_REFUSE_DIRECT_PUSHES = {"pull_request", "update", "creation"}


def refs_that_refuse_pushes(repository: Repository, token: Token) -> list[str]:
    """The refs that this token cannot push to directly, by the active rulesets."""
    branches = {"main", repository.settings["default_branch"]}
    return [
        f"refs/heads/{branch}"
        for branch in sorted(branches)
        for ruleset in repository.rulesets.values()
        if _binds(ruleset, repository, branch)
        and not _bypassed(ruleset, token)
        and _refuses(ruleset)
    ]


def _binds(ruleset: dict, repository: Repository, branch: str) -> bool:
    if ruleset["enforcement"] != "active" or ruleset["target"] != "branch":
        return False
    names = ruleset.get("conditions", {}).get("ref_name", {})
    return _named(names.get("include", []), repository, branch) and not _named(
        names.get("exclude", []), repository, branch
    )


def _named(patterns: list[str], repository: Repository, branch: str) -> bool:
    return any(
        pattern == "~ALL"
        or (pattern == "~DEFAULT_BRANCH" and branch == repository.settings["default_branch"])
        or fnmatch.fnmatch(f"refs/heads/{branch}", pattern)
        for pattern in patterns
    )


def _refuses(ruleset: dict) -> bool:
    kinds = {rule["type"]: rule.get("parameters", {}) for rule in ruleset["rules"]}
    checks = kinds.get("required_status_checks")
    unchecked = checks is not None and not checks.get("do_not_enforce_on_create", False)
    return bool(_REFUSE_DIRECT_PUSHES & set(kinds)) or unchecked


def _bypassed(ruleset: dict, token: Token) -> bool:
    """An app passes by its id (`Integration`), an organisation's owner by `OrganizationAdmin`."""
    return any(
        actor.get("bypass_mode", "always") == "always"
        and (
            (actor["actor_type"] == "Integration" and token.kind == "installation")
            or (actor["actor_type"] == "OrganizationAdmin" and token.kind == "classic")
        )
        for actor in ruleset.get("bypass_actors") or []
    )
