"""The repository on GitHub as it should be: settings, rules, environments, secrets and teams.

It follows from the policy, the answers and the rendered files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from modelwright.paths import CODEOWNERS
from modelwright.policy.names import project_name
from modelwright.policy.secrets import NeededSecret, needed_secrets
from modelwright.policy.tags import cost_tags, tags_for_target
from modelwright.provisioning.actual_state import Body
from modelwright.provisioning.ownership import Ownership, ownership_from

if TYPE_CHECKING:
    from modelwright.policy.model.github import GitHub

__all__ = [
    "DEFAULT_BRANCH",
    "RULESET_NAME",
    "DesiredEnvironment",
    "DesiredState",
    "Grant",
    "desired_state",
    "with_integration",
]

# Stands for the project's own team among an environment's reviewers.
_OWNER: Final = "owner"
RULESET_NAME: Final = "modelwright"
DEFAULT_BRANCH: Final = "main"
LABELS: Final[tuple[Body, ...]] = (
    {"name": "modelwright", "color": "1d76db", "description": "comes from the platform"},
    {"name": "waiver", "color": "d93f0b", "description": "accepts a finding for a time"},
)
_SETTINGS: Final[Body] = {
    "has_issues": True,
    "has_projects": False,
    "has_wiki": False,
    "allow_squash_merge": True,
    "allow_merge_commit": False,
    "allow_rebase_merge": False,
    "allow_auto_merge": True,
    "delete_branch_on_merge": True,
    "squash_merge_commit_title": "PR_TITLE",
    "squash_merge_commit_message": "PR_BODY",
}


@dataclass(frozen=True, kw_only=True)
class DesiredEnvironment:
    """One environment as it should be.

    Attributes:
        reviewers: Slugs of the teams that let a deployment through.
        reviewed: Whether reviewers and timers may be named at all, even to say that there are none.
        branches: The branches that may deploy to it.
        variables: Its variables by name; an empty value comes from an environment variable.
        secrets: Names of its secrets.
    """

    name: str
    reviewers: tuple[str, ...] = ()
    reviewed: bool = True
    branches: tuple[str, ...] = ("main",)
    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Grant:
    """A secret or variable of the organisation that the repository may read.

    Attributes:
        kind: `secret` or `variable`.
        name: Its name.
    """

    kind: str
    name: str


@dataclass(frozen=True, kw_only=True)
class DesiredState:
    """A repository as it should be.

    Attributes:
        settings: What `PATCH /repos` takes, beside description and default branch.
        properties: Custom properties: the cost tags.
        actions: Which actions may run.
        selected: The patterns of these, where not all may.
        oidc: The subject of its tokens.
        variables: Variables of the repository, by name.
        secrets: Names of secrets of the repository; those of the team get a first value.
        generated_secrets: Names of secrets whose first value may be random.
        ruleset: The rules of the default branch; None where the plan has none.
        teams: What teams may do, by slug.
        team: The slug of the project's own team; only its members may create.
        ownership: Whose it is, and what marks it as theirs.
        code_owners: Further teams that must exist.
        without_plan: `refuse` or `continue` where the plan lacks something.
    """

    organisation: str
    name: str
    description: str
    settings: Body
    topics: tuple[str, ...]
    properties: Mapping[str, str]
    labels: tuple[Body, ...]
    actions: Body
    selected: Body | None
    oidc: Body
    environments: tuple[DesiredEnvironment, ...]
    variables: Mapping[str, str]
    secrets: tuple[str, ...]
    generated_secrets: frozenset[str]
    grants: tuple[Grant, ...]
    ruleset: Body | None
    teams: Mapping[str, str]
    team: str
    ownership: Ownership = field(default_factory=Ownership)
    code_owners: tuple[str, ...] = ()
    without_plan: str = "refuse"

    @property
    def full_name(self) -> str:
        """Owner and name."""
        return f"{self.organisation}/{self.name}"

    @property
    def reviewers(self) -> frozenset[str]:
        """Slugs of every team that reviews deployments."""
        return frozenset(slug for one in self.environments for slug in one.reviewers)

    @property
    def path(self) -> str:
        """The repository in GitHub's paths."""
        return f"/repos/{self.full_name}"


def desired_state(
    policy: Mapping[str, Any],
    answers: Mapping[str, Any],
    files: Mapping[str, str],
    checks: list[str],
) -> DesiredState:
    """Return the state that a project's repository should have.

    Args:
        policy: The policy as a plain mapping.
        answers: The project's answers, with its archetype.
        files: The rendered texts by path.
        checks: The status checks that its workflows publish.
    """
    team, brand = answers["team"], answers["brand"]
    slug = policy["teams"][team]["github"]
    settings = _github_settings(policy, slug)
    # Only a team that may write counts as a code owner.
    platform_team = {settings.platform_team: "push"} if settings.platform_team else {}
    organisation = policy["organisation"]["github"]
    needed = needed_secrets(policy, archetype=answers["archetype"], brand=brand)
    here = [one for one in needed if one.level == "repository"]
    return DesiredState(
        organisation=organisation,
        name=project_name(policy, answers),
        description=answers["description"],
        settings={"visibility": settings.visibility, **_SETTINGS},
        topics=tuple(sorted({"machine-learning", answers["archetype"], brand, team})),
        properties=tags_for_target(cost_tags(policy, answers), "github"),
        labels=LABELS,
        actions=_actions_permissions(settings),
        selected=_selected_actions(policy, settings),
        oidc=_oidc_subject(settings),
        environments=_desired_environments(policy, brand, settings, needed),
        variables={one.name: "" for one in here if one.kind == "variable"},
        secrets=tuple(one.name for one in here if one.kind == "secret"),
        generated_secrets=frozenset(one.name for one in needed if one.owner == "team"),
        grants=tuple(Grant(one.kind, one.name) for one in needed if one.level == "organisation"),
        ruleset=_ruleset(settings, checks),
        teams={**platform_team, **settings.access, slug: settings.permission},
        team=slug,
        ownership=ownership_from(policy, answers),
        code_owners=_owning_teams(files, organisation),
        without_plan=settings.without_plan,
    )


def _desired_environments(
    policy: Mapping[str, Any], brand: str, settings: GitHub, needed: Iterable[NeededSecret]
) -> tuple[DesiredEnvironment, ...]:
    """Return the environments of a brand's project, in the policy's order."""
    inside = [one for one in needed if one.level == "environment"]
    from_policy = policy["brands"][brand].get("variables", {})
    return tuple(
        DesiredEnvironment(
            name=name,
            reviewers=settings.reviewers.get(name, ()),
            variables={
                **{one.name: "" for one in _in_environment(inside, name) if one.kind == "variable"},
                **from_policy.get(name, {}),
            },
            secrets=tuple(
                one.name for one in _in_environment(inside, name) if one.kind == "secret"
            ),
        )
        for name in policy["environments"]
    )


def _ruleset(settings: GitHub, checks: Sequence[str]) -> Body:
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
        "name": RULESET_NAME,
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


def _selected_actions(policy: Mapping[str, Any], settings: GitHub) -> Body | None:
    """Return the policy's actions as patterns; None where every action may run."""
    if settings.actions == "all":
        return None
    patterns = {
        f"{_action_pattern(one['uses'])}@*" for one in policy["available"]["actions"].values()
    }
    return {
        "github_owned_allowed": True,
        "verified_allowed": False,
        "patterns_allowed": sorted(
            {*patterns, f"{policy['platform']['repository']}/*", *settings.more_actions}
        ),
    }


def _actions_permissions(settings: GitHub) -> Body:
    """Return the body of `PUT /repos/.../actions/permissions`."""
    return {
        "enabled": True,
        "allowed_actions": settings.actions,
        "sha_pinning_required": settings.pinned_actions,
    }


def _owning_teams(files: Mapping[str, str], organisation: str) -> tuple[str, ...]:
    """Return the slugs of an organisation's teams that own files of a project, sorted."""
    lines = files.get(CODEOWNERS, "").splitlines()
    rules = " ".join(line for line in lines if not line.lstrip().startswith("#"))
    return tuple(sorted(set(re.findall(rf"@{re.escape(organisation)}/([\w-]+)", rules))))


def _github_settings(policy: Mapping[str, Any], slug: str) -> GitHub:
    """Return the policy's section `github`, its defaults and a team's slug filled in.

    Where the policy names no reviewers, the team reviews the last environment.
    """
    # The models take a tenth of a second to import, which only `create` pays.
    from modelwright.policy.model.github import GitHub  # noqa: PLC0415

    section = policy.get("github", {})
    reviewers = section.get("reviewers")
    if reviewers is None:
        reviewers = {policy["environments"][-1]: [_OWNER]}
    by_environment = {
        environment: tuple(slug if one == _OWNER else one for one in teams)
        for environment, teams in reviewers.items()
    }
    return GitHub.model_construct(**{**section, "reviewers": by_environment})


def _in_environment(needed: Iterable[NeededSecret], environment: str) -> list[NeededSecret]:
    return [one for one in needed if one.environment in ("", environment)]


def _action_pattern(uses: str) -> str:
    """Return an action as a pattern needs it, with a star for its folder."""
    parts = uses.split("/")
    return uses if len(parts) == 2 else f"{parts[0]}/{parts[1]}/*"  # noqa: PLR2004 -- owner, name


def _pull_request(settings: GitHub) -> Body:
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


def _oidc_subject(settings: GitHub) -> Body:
    if not settings.oidc_claims:
        return {"use_default": True}
    return {"use_default": False, "include_claim_keys": list(settings.oidc_claims)}
