"""What a policy does not say yet, and a first deployment needs; each with where it goes.

The platform's workflows refuse to deploy without these; this reports them before anything is made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from modelwright.policy.secrets import secret_kinds

CLUSTER: Final = "KUBERNETES_CLUSTER"
TENANT: Final = "IDENTITY_TENANT"
INDEX: Final = "PACKAGE_INDEX"
_ECR: Final = re.compile(r"\d+\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(/.*)?")
_ARTIFACTS: Final = re.compile(r"([a-z]+-[a-z]+\d+)-docker\.pkg\.dev(/.*)?")


@dataclass(frozen=True)
class MissingSetting:
    """One thing that is still to be said.

    Attributes:
        where: Its place: a path in `platform.yml`, or a setting on GitHub.
        problem: What is lacking, and what for.
        blocks: Whether the first deployment fails without it.
    """

    where: str
    problem: str
    blocks: bool = True


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """What a project's workflows do."""

    kubernetes: bool = False
    databricks: bool = False
    image: bool = False


def brand_gaps(policy: Mapping[str, Any], brand: str) -> list[MissingSetting]:
    """Return what a brand's projects lack, whatever their archetype."""
    databricks = policy["brands"][brand]["runtime"] == "databricks"
    usual = Deployment(kubernetes=not databricks, databricks=databricks, image=not databricks)
    return [
        *project_gaps(policy, brand, usual),
        *_choices(policy, brand),
        *_index_login(policy, brand),
        *_service_identity(policy, brand),
    ]


def project_gaps(policy: Mapping[str, Any], brand: str, needs: Deployment) -> list[MissingSetting]:
    """Return what the first deployment of one project would fail for."""
    entry = policy["brands"][brand]
    found = [*_variables(policy, brand, needs)]
    if needs.databricks:
        found += _workspaces(policy, brand)
    if needs.image:
        found += _region(brand, entry)
    return found


def _variables(
    policy: Mapping[str, Any], brand: str, needs: Deployment
) -> Iterator[MissingSetting]:
    entry = policy["brands"][brand]
    needed = {CLUSTER: "which cluster it deploys to"} if needs.kubernetes else {}
    if _asks_for_tenant(entry["cloud"], entry["auth"], needs):
        needed[TENANT] = "who trusts its repositories"
    named = secret_kinds(policy, brand)
    for name, purpose in needed.items():
        lacking = [
            environment
            for environment in policy["environments"]
            if name not in entry.get("variables", {}).get(environment, {}) and name not in named
        ]
        if lacking:
            yield MissingSetting(
                f"brands.{brand}.variables.{_any_of(lacking)}.{name}",
                f"nothing says {purpose}, in {', '.join(lacking)}",
            )


def _asks_for_tenant(cloud: str, auth: str, needs: Deployment) -> bool:
    federated = auth == "oidc" and cloud in {"azure", "gcp"}
    if needs.kubernetes and (cloud == "azure" or federated):
        return True
    if needs.image and federated:
        return True
    return needs.databricks and auth == "client-secret" and cloud == "azure"


def _workspaces(policy: Mapping[str, Any], brand: str) -> Iterator[MissingSetting]:
    known = policy["brands"][brand]["databricks"]
    lacking = [one for one in policy["environments"] if not known.get(one, {}).get("host")]
    if lacking:
        yield MissingSetting(
            f"brands.{brand}.databricks.{_any_of(lacking)}.host",
            f"there is no Databricks workspace for {', '.join(lacking)}",
        )


def _region(brand: str, entry: Mapping[str, Any]) -> Iterator[MissingSetting]:
    registry, region = entry["registry"], entry["region"]
    found = _ECR.fullmatch(registry) or _ARTIFACTS.fullmatch(registry)
    if found and found[1] != region:
        yield MissingSetting(
            f"brands.{brand}.registry",
            f"the registry is in {found[1]}, and the brand in {region}",
            blocks=entry["cloud"] == "aws",
        )


def _choices(policy: Mapping[str, Any], brand: str) -> Iterator[MissingSetting]:
    entry = policy["brands"][brand]
    if entry["monitoring"] == "none":
        yield MissingSetting(
            f"brands.{brand}.monitoring",
            "nothing watches its projects: no alert reaches anybody",
            blocks=False,
        )
    elif entry["runtime"] == "kubernetes" and "prometheus_operator" not in entry["capabilities"]:
        yield MissingSetting(
            f"brands.{brand}.capabilities",
            "without prometheus_operator a project's alert rules reach no cluster by themselves",
            blocks=False,
        )
    unpaid = [one for one, place in entry["databricks"].items() if not place["budget_policy_id"]]
    if unpaid:
        yield MissingSetting(
            f"brands.{brand}.databricks.{_any_of(unpaid)}.budget_policy_id",
            "what runs serverless there has no cost tags",
            blocks=False,
        )


def _index_login(policy: Mapping[str, Any], brand: str) -> Iterator[MissingSetting]:
    index = policy["available"]["package_index"]
    if index and not any(INDEX in name for name in secret_kinds(policy, brand)):
        yield MissingSetting(
            "secrets",
            f"where {index} asks for a login, nothing names its user and password "
            f"({INDEX}_USERNAME, {INDEX}_PASSWORD)",
            blocks=False,
        )


def _service_identity(policy: Mapping[str, Any], brand: str) -> Iterator[MissingSetting]:
    """Yield what identifies the brand's service principals, which no file may hold."""
    ours = secret_kinds(policy, brand, level="organisation")
    for kind in ("variable", "secret"):
        names = [name for name, found in ours.items() if found == kind]
        if names:
            yield MissingSetting(
                f"GitHub, {policy['organisation']['github']}, Settings, Secrets and variables, "
                f"Actions, {kind}s",
                f"the service identity: {', '.join(names)}",
                blocks=False,
            )


def _any_of(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{{{', '.join(names)}}}"
