"""What a project's repository on GitHub is like; all of it has defaults."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from modelwright.policy.model.words import Flag, GitHubSlug, Section, Slug, Text, form

Approvals = Annotated[int, Field(strict=True, ge=0, le=6)]
Claim = Annotated[Text, form(r"[a-z][a-z_]*", "a claim's name as GitHub writes it", "context")]
Pattern = Annotated[
    Text,
    form(r"[\w.-]+/[\w.*-]+(/[\w.*-]+)*(@[\w.*-]+)?", "a pattern of actions", '"actions/*"'),
]
TeamOrNone = Annotated[
    Text,
    form(
        r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*",
        "a team's name as GitHub writes it, or empty",
        "ml-platform",
        empty=True,
    ),
]
VariableName = Annotated[
    Text,
    form(
        r"(?!GITHUB_)[A-Z_][A-Z0-9_]*",
        "capitals, digits and _, without GITHUB_ in front",
        "KUBERNETES_CLUSTER",
    ),
]
VariableValue = Annotated[
    Text, form(r"[ -~]+", "one line of plain text", "projects/p", longest=1000)
]


class GitHub(Section):
    """How `modelwright create` sets a repository up: the one definition of each default.

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

    visibility: Literal["private", "internal"] = Field(default="private", examples=["private"])
    approvals: Approvals = Field(default=1, examples=["1"])
    permission: Literal["push", "maintain"] = Field(default="push", examples=["push"])
    access: dict[GitHubSlug, Literal["pull", "triage", "push", "maintain", "admin"]] = Field(
        default={}, examples=["{ml-platform: maintain}"]
    )
    platform_team: TeamOrNone = Field(default="", examples=["ml-platform"])
    reviewers: dict[Slug, tuple[GitHubSlug, ...]] = Field(default={}, examples=["{prod: [owner]}"])
    without_plan: Literal["refuse", "continue"] = Field(default="refuse", examples=["refuse"])
    actions: Literal["all", "selected"] = Field(default="selected", examples=["selected"])
    more_actions: tuple[Pattern, ...] = Field(default=(), examples=['["docker/*"]'])
    pinned_actions: Flag = Field(default=True, examples=["true"])
    oidc_claims: tuple[Claim, ...] = Field(default=(), examples=["[repo, context]"])
