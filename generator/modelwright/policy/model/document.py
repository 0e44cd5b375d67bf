"""The policy file as one frozen model; `load.load_policy` makes it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from modelwright.policy.model.available import Available, Options, Secret
from modelwright.policy.model.choices import Archetype, Brand, Team
from modelwright.policy.model.github import GitHub
from modelwright.policy.model.naming import Naming
from modelwright.policy.model.organisation import Organisation, PersonalData, Platform
from modelwright.policy.model.words import Flag, Section, Slug, Text, form

TagKey = Annotated[
    Text,
    form(r"[a-z][a-z0-9_-]*[a-z0-9]", "a tag's key in lower case", "cost-centre", longest=63),
]
TagSource = Annotated[
    Text, form(r"[A-Za-z0-9]([\w-]*[A-Za-z0-9])?", "a source or a constant", "cost_centre")
]


class Policy(Section):
    """Everything that `platform.yml` says."""

    schema_version: Literal[1] = Field(alias="schema", examples=["1"])
    sample: Flag = Field(default=False, examples=["false"])
    organisation: Organisation
    platform: Platform
    environments: Annotated[tuple[Slug, ...], Field(min_length=1)] = Field(
        examples=["[dev, staging, prod]"]
    )
    archetypes: Annotated[dict[Slug, Archetype], Field(min_length=1)]
    naming: Naming
    personal_data: PersonalData
    brands: Annotated[dict[Slug, Brand], Field(min_length=1)]
    teams: Annotated[dict[Slug, Team], Field(min_length=1)]
    available: Available
    options: Options
    tags: dict[TagKey, TagSource]
    secrets: tuple[Secret, ...]
    github: GitHub = GitHub()
