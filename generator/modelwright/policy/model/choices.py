"""What a project chooses: archetype, brand, team; any of them may retire."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from modelwright.policy.model.github import VariableName, VariableValue
from modelwright.policy.model.words import (
    SLUG_PATTERN,
    Date,
    Email,
    GitHubSlug,
    Section,
    Slug,
    Text,
    Url,
    form,
)

Suffix = Annotated[
    Text,
    form(
        SLUG_PATTERN,
        "lower-case words joined by single hyphens, or empty",
        "serve",
        longest=15,
        empty=True,
    ),
]
Region = Annotated[Text, form(SLUG_PATTERN, "a region as its cloud writes it", "westeurope")]
Registry = Annotated[
    Text,
    form(
        r"[a-z0-9]+([.-][a-z0-9]+)*(:\d+)?(/[a-z0-9]+([._-][a-z0-9]+)*)*",
        "a registry's host and path without https://",
        "nordaml.azurecr.io/ml",
        longest=200,
    ),
]
BudgetPolicy = Annotated[
    Text,
    form(
        r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        "a budget policy's id (a UUID in lower case), or empty",
        "0f0f0f0f-0000-4000-8000-000000000001",
        empty=True,
    ),
]
CostCentre = Annotated[
    Text,
    form(
        r"[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?",
        "letters, digits, - and _ (what every target of a cost tag takes)",
        '"CC-4100"',
        longest=63,
    ),
]


class Choice(Section):
    """An entry that new projects may take unless it retired or was renamed; old ones keep it."""

    retired: Date = Field(default="", examples=['"2026-10-01"'])
    renamed_to: Slug = Field(default="", examples=["norda-fraud"])


class Archetype(Choice):
    """A pattern of project."""

    suffix: Suffix = Field(examples=["serve"])


class Databricks(Section):
    """A brand's workspace in one environment."""

    host: Url = Field(examples=["https://adb-1000000000000001.1.azuredatabricks.net"])
    budget_policy_id: BudgetPolicy = Field(examples=['""'])


class Brand(Choice):
    """A brand: its cloud, and what its platform can do."""

    cloud: Literal["azure", "gcp", "aws"] = Field(examples=["azure"])
    region: Region = Field(examples=["westeurope"])
    registry: Registry = Field(examples=["nordaml.azurecr.io/ml"])
    runtime: Literal["kubernetes", "databricks"] = Field(examples=["kubernetes"])
    auth: Literal["oidc", "client-secret"] = Field(examples=["oidc"])
    capabilities: tuple[Literal["prometheus_operator", "gateway_api", "keda"], ...] = Field(
        examples=["[prometheus_operator]"]
    )
    monitoring: Literal["prometheus", "none"] = Field(examples=["prometheus"])
    databricks: dict[Slug, Databricks] = Field(
        examples=['{dev: {host: https://…, budget_policy_id: ""}}']
    )
    variables: dict[Slug, dict[VariableName, VariableValue]] = Field(
        default={}, examples=["{dev: {KUBERNETES_CLUSTER: ml-dev}}"]
    )


class Team(Choice):
    """A team: the owner of projects, and who pays for them."""

    github: GitHubSlug = Field(examples=["norda-fraud"])
    brands: Annotated[tuple[Slug, ...], Field(min_length=1)] = Field(examples=["[norda]"])
    cost_centre: CostCentre = Field(examples=['"CC-4100"'])
    contact: Email = Field(examples=["fraud@halden-retail.example"])
