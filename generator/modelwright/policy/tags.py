"""Cost tags: which ones a project carries, and how each target writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from modelwright.policy.names import project_name

REQUIRED_SOURCES: Final = ("brand", "team", "cost_centre", "repository", "archetype", "environment")
SOURCES: Final = (*REQUIRED_SOURCES, "data_class", "allocation_key")
NO_LIMIT: Final = 1000


@dataclass(frozen=True)
class Target:
    """A place that cost tags are written to.

    Attributes:
        id: Name of the target in code and messages.
        title: Name of the target for people.
        key: Form of a key there: `{prefix}` is the organisation's, `{key}` the policy's.
        key_pattern: Pattern of the policy's part of a key, without anchors.
        key_length: Longest key in characters, as the target counts it (without its prefix).
        value_pattern: Pattern of a value, without anchors.
        value_length: Longest value in characters.
        tags: Most tags that one resource takes.
        source: Where the row comes from.
        lower: Whether values are written in lower case there.
    """

    id: str
    title: str
    key: str
    key_pattern: str
    key_length: int
    value_pattern: str
    value_length: int
    tags: int
    source: str
    lower: bool = False


LABEL: Final = r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?"

TARGETS: Final = {
    target.id: target
    for target in (
        Target(
            id="kubernetes",
            title="a Kubernetes label",
            key="{prefix}/{key}",
            key_pattern=r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?",
            key_length=63,
            value_pattern=LABEL,
            value_length=63,
            tags=NO_LIMIT,
            source="kubernetes/website, concepts/overview/working-with-objects/labels.md",
        ),
        Target(
            id="oci",
            title="an OCI image label",
            key="{prefix}/{key}",
            key_pattern=r"[a-z]([-.a-z0-9]*[a-z0-9])?",
            key_length=NO_LIMIT,
            value_pattern=r"[ -~]*",
            value_length=NO_LIMIT,
            tags=NO_LIMIT,
            source="opencontainers/image-spec, annotations.md; Docker, object labels, key format",
        ),
        Target(
            id="databricks-aws",
            title="a Databricks tag on AWS",
            key="{key}",
            key_pattern=r"[\w +\-=.:/@]+",
            key_length=127,
            value_pattern=r"[\w +\-=.:/@]*",
            value_length=255,
            tags=25,
            source="databricks/cli, libs/tags/aws.go; jobs take 25 tags (bundle JSON Schema)",
        ),
        Target(
            id="databricks-azure",
            title="a Databricks tag on Azure",
            key="{key}",
            key_pattern=r"[^<>*&%;\\/+?]+",
            key_length=512,
            value_pattern=r"[ -~]*",
            value_length=256,
            tags=25,
            source="databricks/cli, libs/tags/azure.go; jobs take 25 tags (bundle JSON Schema)",
        ),
        Target(
            id="databricks-gcp",
            title="a Databricks tag on GCP",
            key="{key}",
            key_pattern=r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]",
            key_length=63,
            value_pattern=r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]",
            value_length=63,
            tags=25,
            source="databricks/cli, libs/tags/gcp.go; jobs take 25 tags (bundle JSON Schema)",
        ),
        Target(
            id="gcp",
            title="a GCP label",
            key="{key}",
            key_pattern=r"[a-z][a-z0-9_-]*",
            key_length=63,
            value_pattern=r"[a-z0-9_-]*",
            value_length=63,
            tags=64,
            source="cloud.google.com, resource labels: requirements",
            lower=True,
        ),
        Target(
            id="mlflow",
            title="an MLflow tag",
            key="{key}",
            key_pattern=r"[\w /.:-]+",
            key_length=250,
            value_pattern=r"[ -~]*",
            value_length=5000,
            tags=NO_LIMIT,
            source="mlflow/mlflow, mlflow/utils/validation.py",
        ),
        Target(
            id="github",
            title="a GitHub custom property",
            key="{key}",
            key_pattern=r"[A-Za-z0-9_$#-]+",
            key_length=75,
            value_pattern=r"[ !#-~]*",
            value_length=NO_LIMIT,
            tags=100,
            source="github/docs, managing custom properties for repositories in your organization",
        ),
    )
}


def limit_problem(target: Target, key: str, value: str) -> str:
    """Return why a target refuses a tag, or nothing; the value is judged as it is written there."""
    value = value.lower() if target.lower else value
    if len(key) > target.key_length:
        return f"{target.title} takes keys of at most {target.key_length} characters"
    if not re.search(rf"\A(?:{target.key_pattern})\Z", key, re.ASCII):
        return f"{target.title} does not take a key of this form ({target.key_pattern})"
    if len(value) > target.value_length:
        return f"{target.title} takes at most {target.value_length} characters"
    if not re.search(rf"\A(?:{target.value_pattern})\Z", value, re.ASCII):
        return f"{target.title} does not take a value of this form ({target.value_pattern})"
    return ""


def cost_tags(
    policy: Mapping[str, Any], answers: Mapping[str, Any], environment: str = ""
) -> dict[str, str]:
    """Return a project's cost tags by key, as finance writes them.

    Args:
        policy: The policy as a plain mapping.
        answers: `archetype`, `team`, `brand`, `use_case`; an empty or absent `cost_centre` is the
            team's own.
        environment: What the tagged thing runs in; empty for a repository or an image, which then
            carry no tag of an environment.
    """
    team, brand, archetype = answers["team"], answers["brand"], answers["archetype"]
    values = {
        "brand": brand,
        "team": team,
        "cost_centre": answers.get("cost_centre") or policy["teams"][team]["cost_centre"],
        "repository": project_name(policy, answers),
        "archetype": archetype,
        "data_class": answers.get("personal_data", "personal"),
        "allocation_key": answers.get("allocation_key") or "none",
        "environment": environment,
    }
    tags = {key: values.get(source, source) for key, source in policy["tags"].items()}
    return {key: value for key, value in tags.items() if value}


def tags_for_target(tags: Mapping[str, str], target: str, *, prefix: str = "") -> dict[str, str]:
    """Write tags in the form of a target of `TARGETS`; only GCP's are lower-cased.

    Args:
        tags: Tags by the policy's keys.
        target: Id of the target, such as `kubernetes`.
        prefix: The policy's `organisation.cost_tag_prefix`, for targets whose keys have one.
    """
    form = TARGETS[target]
    return {
        form.key.format(prefix=prefix, key=key): value.lower() if form.lower else value
        for key, value in tags.items()
    }
