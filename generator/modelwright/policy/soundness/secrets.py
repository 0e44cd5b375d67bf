"""Secrets: every expanded name is one that GitHub takes, and no two are the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from modelwright.policy.secrets import NAME_PATTERN, needed_secrets
from modelwright.policy.soundness.finding import Disagreement, Plain, write_one_of

__all__ = ["disagreements"]

FIELDS: Final = {"name", "purpose", "kind", "level", "owner", "rotated_by"}
MOST: Final = {"organisation": 100, "repository": 100, "environment": 100}


def disagreements(policy: Plain) -> Iterator[Disagreement]:
    """Yield archetypes and names that nothing knows or GitHub refuses, and names met twice."""
    archetypes = policy.get("archetypes", {})
    for index, entry in enumerate(policy.get("secrets", [])):
        for name in entry.get("archetypes", []):
            if archetypes and name not in archetypes:
                problem = f"secrets[{index}] is for '{name}', which is no archetype"
                path = ("secrets", index, "archetypes")
                yield Disagreement(path, problem, write_one_of(name, archetypes))
    if policy.get("brands") and policy.get("environments"):
        yield from _names(policy)
        yield from _counts(policy)


def _names(policy: Plain) -> Iterator[Disagreement]:
    seen: dict[str, int] = {}
    for index, entry in enumerate(policy.get("secrets", [])):
        if not entry.keys() >= FIELDS:
            continue
        found = set(_expanded(policy, entry))
        refused = sorted(name for name in found if not re.search(rf"\A(?:{NAME_PATTERN})\Z", name))
        shared = sorted(name for name in found if name in seen)
        path = ("secrets", index, "name")
        if refused:
            problem = f"GitHub takes no secret named {refused[0]}"
            yield Disagreement(path, problem, "write a name without GITHUB_ or a digit in front")
        if shared:
            problem = f"{shared[0]} is the name of secrets[{seen[shared[0]]}] too"
            yield Disagreement(path, problem, "write a name of its own")
        seen |= dict.fromkeys(found, index)


def _expanded(policy: Plain, entry: Plain) -> Iterator[str]:
    everywhere = {key: entry[key] for key in FIELDS}
    alone = {**policy, "secrets": [everywhere]}
    for brand in policy["brands"]:
        for secret in needed_secrets(alone, archetype="any", brand=brand, auth="any"):
            yield secret.name


def _counts(policy: Plain) -> Iterator[Disagreement]:
    for level, most in MOST.items():
        number = sum(entry.get("level") == level for entry in policy.get("secrets", []))
        if number > most:
            problem = f"{number} secrets at level {level}; GitHub shows a project at most {most}"
            yield Disagreement(("secrets",), problem, "keep fewer, or move some to another level")
