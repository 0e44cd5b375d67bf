"""What the policy says of repositories on GitHub, with a default for all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

__all__ = ["OWNER", "Settings", "settings_from"]

# Stands for the project's own team among an environment's reviewers.
OWNER: Final = "owner"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The section `github` of a policy.

    Attributes:
        permission: What the project's own team may do.
        access: What further teams may do, by GitHub slug.
        platform_team: Slug of the team that owns the workflows in CODEOWNERS; empty is nobody.
        reviewers: The teams that let a deployment through, by environment.
        without_plan: Whether to go on where the organisation's plan lacks something.
        actions: `all`, or `selected` for those of the policy alone.
        more_actions: Patterns of further actions that a repository may use.
        pinned_actions: Whether every action must be named by a commit.
        oidc_claims: The claims of a token's subject; none is GitHub's own subject.
    """

    visibility: str = "private"
    approvals: int = 1
    permission: str = "push"
    access: Mapping[str, str] = field(default_factory=dict)
    platform_team: str = ""
    reviewers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    without_plan: str = "refuse"
    actions: str = "selected"
    more_actions: tuple[str, ...] = ()
    pinned_actions: bool = True
    oidc_claims: tuple[str, ...] = ()

    @property
    def further_teams(self) -> Mapping[str, str]:
        """What teams beside the owner may do: only who may write counts as a code owner."""
        owner = {self.platform_team: "push"} if self.platform_team else {}
        return {**owner, **self.access}


def settings_from(policy: Mapping[str, Any], team: str) -> Settings:
    """Return the settings for a team's project, with the team's own slug filled in.

    Where the policy names no reviewers, the team reviews the last environment.

    Args:
        policy: The policy as a plain mapping.
        team: Id of the team.
    """
    given = dict(policy.get("github", {}))
    slug = policy["teams"][team]["github"]
    named = given.pop("reviewers", None)
    reviewers = {policy["environments"][-1]: [OWNER]} if named is None else named
    for name in ("more_actions", "oidc_claims"):
        given[name] = tuple(given.get(name, ()))
    return Settings(
        **given,
        reviewers={
            place: tuple(slug if one == OWNER else one for one in teams)
            for place, teams in reviewers.items()
        },
    )
