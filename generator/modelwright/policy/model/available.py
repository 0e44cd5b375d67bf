"""What the organisation already has, its defaults, and the secrets of its service principals."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field

from modelwright.policy.model.words import (
    URL_PATTERN,
    Flag,
    Prose,
    Section,
    Slug,
    Text,
    form,
    unsound_value,
)

PackageIndex = Annotated[
    Text,
    form(
        URL_PATTERN,
        "an https URL without credentials or a final slash, or empty",
        "https://packages.halden-retail.example/simple",
        longest=300,
        empty=True,
    ),
]
LABEL_PATTERN: Final = r"[\w][\w.-]*"


def _check_labels(value: object) -> object:
    labels = value if isinstance(value, list | tuple) else [value]
    for label in labels or [""]:
        if not isinstance(label, str) or not re.fullmatch(LABEL_PATTERN, label, re.ASCII):
            raise unsound_value(
                f"{str(label)[:60]!a} is not a runner's label",
                "write a label such as ubuntu-24.04, or a list of them",
            )
    return value if isinstance(value, str) else tuple(labels)


# One label, or several that a runner must have together.
Runner = Annotated[object, BeforeValidator(_check_labels)]
Image = Annotated[
    Text,
    form(
        r"[a-z0-9]+([.-][a-z0-9]+)*(:\d+)?(/[a-z0-9]+([._-][a-z0-9]+)*)+",
        "an image with its registry, without a tag",
        "docker.io/library/python",
        longest=200,
    ),
]
Tag = Annotated[Text, form(r"\w[\w.-]*", "an image's tag", "3.12-slim")]
Digest = Annotated[
    Text,
    form(r"sha256:[0-9a-f]{64}", "sha256: and 64 hexadecimal digits, or empty", '""', empty=True),
]
Action = Annotated[
    Text, form(r"[\w.-]+/[\w.-]+(/[\w.-]+)*", "an owner and a repository", "actions/checkout")
]
CommitSha = Annotated[
    Text,
    form(
        "[0-9a-f]{40}",
        "a full commit SHA of 40 hexadecimal digits",
        "3d3c42e5aac5ba805825da76410c181273ba90b1",
    ),
]
ActionVersion = Annotated[Text, form(r"v?\d+(\.\d+)*", "a version", "v7.0.1")]
SecretTemplate = Annotated[
    Text,
    form(
        r"([A-Z_]|\{BRAND\}|\{ENVIRONMENT\})([A-Z0-9_]|\{BRAND\}|\{ENVIRONMENT\})*",
        "capitals, digits, _ and the parts {BRAND} and {ENVIRONMENT}",
        '"{BRAND}_{ENVIRONMENT}_CLIENT_ID"',
    ),
]


class BaseImage(Section):
    """The image that every project's image builds on."""

    name: Image = Field(examples=["docker.io/library/python"])
    tag: Tag = Field(examples=["3.12-slim"])
    digest: Digest = Field(examples=['""'])


class MirroredAction(Section):
    """A third-party action, pinned."""

    uses: Action = Field(examples=["actions/checkout"])
    sha: CommitSha = Field(examples=["3d3c42e5aac5ba805825da76410c181273ba90b1"])
    version: ActionVersion = Field(examples=["v7.0.1"])


class Available(Section):
    """Package index, base image, runner and actions; an empty index is the public one."""

    package_index: PackageIndex = Field(examples=['""'])
    base_image: BaseImage
    runner: Runner = Field(examples=["ubuntu-24.04"])
    actions: dict[Slug, MirroredAction]


class Options(Section):
    """The default of every option of a project."""

    ab_test: Flag = Field(examples=["true"])
    load_test: Flag = Field(examples=["true"])
    databricks: Flag = Field(examples=["false"])
    dashboards: Flag = Field(examples=["false"])
    devcontainer: Flag = Field(examples=["false"])
    compose: Flag = Field(examples=["false"])


class Secret(Section):
    """A secret or variable that projects need, by name; never its value."""

    name: SecretTemplate = Field(examples=['"{BRAND}_REGISTRY_TOKEN"'])
    purpose: Prose = Field(examples=["pushes the image to the brand's registry"])
    kind: Literal["secret", "variable"] = Field(examples=["secret"])
    level: Literal["organisation", "repository", "environment"] = Field(examples=["repository"])
    owner: Literal["platform", "team"] = Field(examples=["platform"])
    rotated_by: Literal["platform", "team"] = Field(examples=["platform"])
    auth: tuple[Literal["oidc", "client-secret"], ...] = Field(
        default=(), examples=["[client-secret]"]
    )
    archetypes: tuple[Slug, ...] = Field(default=(), examples=["[online-serving]"])
