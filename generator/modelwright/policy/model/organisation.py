"""Who the organisation is, and where its platform lives."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from modelwright.policy.model.words import GitHubSlug, Prose, Section, Text, Url, form

Domain = Annotated[
    Text,
    form(r"[a-z0-9-]+(\.[a-z0-9-]+)+", "a DNS name in lower case", "cost.halden-retail.example"),
]
Repository = Annotated[
    Text,
    form(r"[\w-]+/[\w.-]+", "an owner and a repository", "halden-retail/modelwright"),
]
Reference = Annotated[Text, form(r"[\w][\w./-]*", "a branch or tag", "main")]


class Organisation(Section):
    """The organisation that every project belongs to."""

    name: Prose = Field(examples=["Halden Retail"])
    github: GitHubSlug = Field(examples=["halden-retail"])
    cost_tag_prefix: Domain = Field(examples=["cost.halden-retail.example"])


class Platform(Section):
    """The repository of the platform team: this one, or the organisation's copy of it."""

    repository: Repository = Field(examples=["halden-retail/modelwright"])
    url: Url = Field(examples=["https://github.com/halden-retail/modelwright"])
    ref: Reference = Field(examples=["main"])
    ci: Literal["github-actions"] = Field(examples=["github-actions"])


class Retention(Section):
    """How long records with one class of personal data are kept."""

    retention_days: Annotated[int, Field(strict=True, ge=1, le=3650)] = Field(examples=["30"])


class PersonalData(Section):
    """What each answer to `personal_data` means."""

    none: Retention = Field(examples=["{retention_days: 400}"])
    pseudonymous: Retention = Field(examples=["{retention_days: 180}"])
    personal: Retention = Field(examples=["{retention_days: 30}"])
