"""What a project's repository on GitHub should be, from the policy, the answers and the files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from modelwright.policy.names import repository_name
from modelwright.policy.secrets import needed_secrets
from modelwright.policy.tags import cost_tags, for_target
from modelwright.provisioning.actions import actions_permissions, selected_actions
from modelwright.provisioning.environments import Environment, environments_of
from modelwright.provisioning.owners import owning_teams
from modelwright.provisioning.ownership import Ownership, ownership_from
from modelwright.provisioning.rules import ruleset
from modelwright.provisioning.settings import Settings, settings_from

__all__ = ["BRANCH", "DesiredState", "Grant", "desired_state"]

Body = Mapping[str, Any]
BRANCH: Final = "main"
LABELS: Final[tuple[Body, ...]] = (
    {"name": "modelwright", "color": "1d76db", "description": "comes from the platform"},
    {"name": "waiver", "color": "d93f0b", "description": "accepts a finding for a time"},
)
_HOUSE: Final[Body] = {
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
        owned: Names of secrets whose first value may be made up.
        ruleset: The rules of the default branch; None where the plan has none.
        teams: What teams may do, by slug.
        team: The slug of the project's own team; only its members may create.
        ownership: Whom it is made for, and what marks it as that.
        named: Further teams that must exist.
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
    environments: tuple[Environment, ...]
    variables: Mapping[str, str]
    secrets: tuple[str, ...]
    owned: frozenset[str]
    grants: tuple[Grant, ...]
    ruleset: Body | None
    teams: Mapping[str, str]
    team: str
    ownership: Ownership = field(default_factory=Ownership)
    named: tuple[str, ...] = ()
    without_plan: str = "refuse"

    @property
    def path(self) -> str:
        """The repository in GitHub's paths."""
        return f"/repos/{self.organisation}/{self.name}"


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
    settings = settings_from(policy, team)
    slug = policy["teams"][team]["github"]
    organisation = policy["organisation"]["github"]
    needed = needed_secrets(policy, archetype=answers["archetype"], brand=brand)
    here = [one for one in needed if one.level == "repository"]
    return DesiredState(
        organisation=organisation,
        name=_name(policy, answers),
        description=answers["description"],
        settings={"visibility": settings.visibility, **_HOUSE},
        topics=tuple(sorted({"machine-learning", answers["archetype"], brand, team})),
        properties=for_target(cost_tags(policy, answers), "github"),
        labels=LABELS,
        actions=actions_permissions(settings),
        selected=selected_actions(policy, settings),
        oidc=_oidc(settings),
        environments=environments_of(policy, brand, settings, needed),
        variables={one.name: "" for one in here if one.kind == "variable"},
        secrets=tuple(one.name for one in here if one.kind == "secret"),
        owned=frozenset(one.name for one in needed if one.owner == "team"),
        grants=tuple(Grant(one.kind, one.name) for one in needed if one.level == "organisation"),
        ruleset=ruleset(settings, checks),
        teams={**settings.further_teams, slug: settings.permission},
        team=slug,
        ownership=ownership_from(policy, answers),
        named=owning_teams(files, organisation),
        without_plan=settings.without_plan,
    )


def _name(policy: Mapping[str, Any], answers: Mapping[str, Any]) -> str:
    return repository_name(
        policy["naming"],
        brand=answers["brand"],
        use_case=answers["use_case"],
        suffix=policy["archetypes"][answers["archetype"]]["suffix"],
    )


def _oidc(settings: Settings) -> Body:
    if not settings.oidc_claims:
        return {"use_default": True}
    return {"use_default": False, "include_claim_keys": list(settings.oidc_claims)}
