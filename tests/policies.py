"""Policies for tests: the sample, one of 19 brands and 114 teams, and edits of them."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from modelwright.policy.model.load import read_plain

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = (ROOT / "platform.yml").read_text(encoding="utf-8")

BRANDS = (
    "arbora", "belfin", "corvel", "dunmar", "elzee", "fenrow", "galto", "hoxley", "imbria",
    "jorvik", "kestrel", "lumo", "mareno", "nordhus", "oakline", "pelham", "quill-co", "rosso",
    "sundby",
)  # fmt: skip
TRADES = ("demand", "fraud", "marketing", "pricing", "search", "supply")
CLOUDS = {
    "azure": ("westeurope", "{id}ml.azurecr.io/ml", "https://adb-{n}.1.azuredatabricks.net"),
    "gcp": (
        "europe-west4",
        "europe-west4-docker.pkg.dev/{id}-ml/ml",
        "https://{n}.1.gcp.databricks.com",
    ),
    "aws": (
        "eu-central-1",
        "{n}.dkr.ecr.eu-central-1.amazonaws.com/ml",
        "https://dbc-{n}.cloud.databricks.com",
    ),
}
ENVIRONMENTS = ("dev", "staging", "prod")


def big_policy() -> str:
    """Return the text of a policy of 19 brands and 114 teams, beside the sample's other parts."""
    before, _, rest = SAMPLE.partition("\nbrands:\n")
    after = rest[rest.index("\navailable:\n") :]
    brands = "".join(_brand(index, brand) for index, brand in enumerate(BRANDS))
    teams = "".join(
        _team(index, brand, trade)
        for index, (brand, trade) in enumerate(
            (brand, trade) for brand in BRANDS for trade in TRADES
        )
    )
    before = before.replace("sample: true", "sample: false")
    before = before.replace("norda-fraud-scoring-serve", "arbora-fraud-scoring-serve")
    return f"{before}\nbrands:\n{brands}\nteams:\n{teams}{after}"


def plain(text: str = SAMPLE, changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return a policy as plain data, with some values changed.

    Args:
        text: The policy's text.
        changes: New values by dotted path; a rule's id finds it in the list of derived names.
    """
    policy = read_plain(text)
    for path, value in (changes or {}).items():
        _change(policy, path.split("."), deepcopy(value))
    return policy


def edited(old: str, new: str, text: str = SAMPLE) -> str:
    """Return a policy's text with one piece of it, which must stand there, replaced."""
    before, found, after = text.partition(old)
    if not found:
        raise ValueError(f"the policy does not say {old!r}")
    return f"{before}{new}{after}"


def _change(policy: Any, steps: list[str], value: object) -> None:
    for step in steps[:-1]:
        if isinstance(policy, list):
            policy = next(entry for entry in policy if entry["id"] == step)
        else:
            policy = policy[step]
    policy[steps[-1]] = value


def _brand(index: int, brand: str) -> str:
    cloud = tuple(CLOUDS)[index % 3]
    region, registry, host = CLOUDS[cloud]
    auth = "client-secret" if index % 4 == 0 else "oidc"
    names = {"id": brand.replace("-", ""), "n": str(100000000000 + index)}
    lines = [
        f"  {brand}:",
        f"    cloud: {cloud}",
        f"    region: {region}",
        f"    registry: {registry.format(**names)}",
        "    runtime: kubernetes",
        f"    auth: {auth}",
        f"    capabilities: [{'prometheus_operator' if index % 2 else ''}]",
        f"    monitoring: {'prometheus' if index % 2 else 'none'}",
        "    databricks:",
    ]
    for number, environment in enumerate(ENVIRONMENTS):
        place = host.format(**names).replace("//", f"//{environment}-")
        policy_id = f"0f0f0f0f-0000-4000-8000-{index:08d}{number:04d}"
        lines.append(f'      {environment}: {{host: "{place}", budget_policy_id: {policy_id}}}')
    return "\n".join(lines) + "\n"


def _team(index: int, brand: str, trade: str) -> str:
    team = f"{brand}-{trade}"
    brands = [brand]
    if index % 23 == 0:
        brands.append(BRANDS[(BRANDS.index(brand) + 1) % len(BRANDS)])
    listed = ", ".join(brands)
    return (
        f"  {team}: {{github: {team}, brands: [{listed}], cost_centre: CC-{4000 + index},"
        f" contact: {team}@halden-retail.example}}\n"
    )
