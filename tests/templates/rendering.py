"""Renders a project for the tests of what it holds, under any policy and with any answers."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Final

import yaml

from modelwright.adapters.disk.tree import FolderTree
from modelwright.adapters.sources.platforms import locate_platform
from modelwright.template.platform import Platform
from modelwright.operations.new.new import new_project
from tests.platforms import platform_copy

REPOSITORY: Final = Path(__file__).parents[2]
SAMPLES: Final[dict[str, dict[str, object]]] = {
    "online-serving": {
        "team": "norda-fraud",
        "brand": "norda",
        "use_case": "fraud-scoring",
        "personal_data": "personal",
        "description": 'Scores card payments "while" the customer waits',
    },
    "batch": {
        "team": "norda-forecasting",
        "brand": "norda",
        "use_case": "demand-forecasting",
        "personal_data": "none",
        "description": 'Forecasts "every" product in every store',
    },
    "streaming-recommendation": {
        "team": "norda-fraud",
        "brand": "norda",
        "use_case": "recommendations",
        "personal_data": "personal",
        "description": 'Recommends "products" while the customer looks at others',
    },
}
VARIATIONS: Final[dict[str, dict[str, object]]] = {
    "defaults": {},
    "every option": dict.fromkeys(
        ("ab_test", "load_test", "databricks", "dashboards", "devcontainer", "compose"), True
    ),
    "no option": {"ab_test": False, "load_test": False},
    "without A/B": {"ab_test": False},
    "without load test": {"load_test": False},
    "databricks": {"databricks": True},
    "dashboards": {"dashboards": True},
    "devcontainer": {"devcontainer": True},
    "compose": {"compose": True},
    "gcp, no gateway": {"team": "velora-search", "brand": "velora", "databricks": True},
    "no capability, client secret": {
        "team": "kitto-marketing",
        "brand": "kitto",
        "databricks": True,
    },
    "several brands": {
        "team": "group-personalisation",
        "brand": "velora",
        "serves": "norda",
        "allocation_key": "by-requests",
    },
    "no personal data": {"personal_data": "none"},
    "client secret": {"team": "kitto-marketing", "brand": "kitto"},
}
# A variation that leaves another archetype as its neighbour does is rendered for that one alone.
ONLY: Final[dict[str, tuple[str, ...]]] = {
    "batch": (
        "defaults", "every option", "no option", "databricks", "dashboards", "gcp, no gateway",
        "no capability, client secret", "several brands", "client secret",
    ),
    "streaming-recommendation": (
        "defaults", "every option", "no option", "without A/B", "gcp, no gateway",
        "no capability, client secret", "no personal data",
    ),
}  # fmt: skip
CASES: Final = [
    (archetype, name)
    for archetype in SAMPLES
    for name in VARIATIONS
    if name in ONLY.get(archetype, VARIATIONS)
]


def sample_of(archetype: str, variation: str) -> dict[str, object]:
    """Return the answers of one case."""
    return {**SAMPLES[archetype], **VARIATIONS[variation]}


def sample_policy() -> dict[str, Any]:
    """Return the policy of this repository, to be changed at will."""
    policy: dict[str, Any] = yaml.safe_load((REPOSITORY / "platform.yml").read_text())
    return policy


def policy_for(*environments: str) -> dict[str, Any]:
    """Return the sample policy with other environments; what each brand has there goes along.

    The last keeps what the sample's last has: who reviews, which workspace.
    """
    policy = {**sample_policy(), "environments": list(environments)}
    before = sample_policy()["environments"][-len(environments) :]
    moved = dict(zip(before, environments, strict=True))

    def renamed(held: dict[str, Any]) -> dict[str, Any]:
        return {moved[name]: body for name, body in held.items() if name in moved}

    for brand in policy["brands"].values():
        brand.update({key: renamed(brand[key]) for key in ("databricks", "variables")})
    policy["github"]["reviewers"] = renamed(policy["github"]["reviewers"])
    return policy


def render(archetype: str, into: Path, version: str = "", **answers: object) -> Path:
    """Make the project that the answers describe in a new folder of `into`; return it."""
    platform = Platform(tree=FolderTree(REPOSITORY), source="", version=version)
    return _made(platform, archetype, into, answers)


def render_under(policy: dict[str, Any], archetype: str, into: Path, **answers: object) -> Path:
    """Do the same as `render` under another policy."""
    with tempfile.TemporaryDirectory() as folder:
        text = yaml.safe_dump(policy, allow_unicode=True)
        platform = locate_platform(str(platform_copy(Path(folder) / "platform", text)))
        return _made(platform, archetype, into, answers)


def _made(platform: Platform, archetype: str, into: Path, answers: dict[str, object]) -> Path:
    given = {**SAMPLES[archetype], **answers}
    return new_project(platform, archetype, into, given=given, defaults=True, ask=None).folder
