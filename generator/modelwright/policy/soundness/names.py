"""Naming rules agree with each other, and leave room for every brand and archetype."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from modelwright.policy.rules import AGREEMENT, READING, refusals
from modelwright.policy.soundness.finding import Disagreement, Plain
from modelwright.policy.yaml_text import Path

__all__ = ["disagreements"]

NEEDED: Final = ("repository", "use_case", "reserved", "python", "derived")
GITHUB_LENGTH: Final = 100


def disagreements(policy: Plain) -> Iterator[Disagreement]:
    """Yield repeated rule ids, names that GitHub cuts, and brands that no name has room for."""
    naming = policy.get("naming", {})
    yield from _ids(naming)
    longest = naming.get("repository", {}).get("max_length", 0)
    if longest > GITHUB_LENGTH:
        path = ("naming", "repository", "max_length")
        problem = f"repository names may have {longest} characters, and GitHub takes 100"
        yield Disagreement(path, problem, "write at most 100")
    if policy.get("environments"):
        yield from _rooms(policy)


def _ids(naming: Plain) -> Iterator[Disagreement]:
    rules: list[tuple[Path, Plain]] = [
        (("naming", key, "id"), naming.get(key, {})) for key in NEEDED[:-1]
    ]
    derived = naming.get("derived", [])
    rules += [(("naming", "derived", index, "id"), rule) for index, rule in enumerate(derived)]
    seen = {READING: "the reading of names", AGREEMENT: "the agreement of names"}
    for path, rule in rules:
        identity = rule.get("id")
        if identity in seen:
            problem = f"rule id {identity} belongs to {seen[identity]} already"
            yield Disagreement(path, problem, "write an id that no other rule has")
        elif identity:
            seen[identity] = ".".join(str(step) for step in path[:-1])


def _rooms(policy: Plain) -> Iterator[Disagreement]:
    try:
        yield from _crowded_brands(policy)
    except KeyError:
        # A rule lacks a part, which is a fault of its own: nothing can be said about room.
        return


def _crowded_brands(policy: Plain) -> Iterator[Disagreement]:
    example = policy["naming"]["use_case"]["example"]
    for brand in policy["brands"]:
        for key, archetype in policy["archetypes"].items():
            found = refusals(policy, brand=brand, use_case=example, suffix=archetype["suffix"])
            if found:
                problem = (
                    f"brand '{brand}' with archetype '{key}' has no room for the example use case:"
                    f" {found[0].rule}: {found[0].problem}"
                )
                yield Disagreement(
                    ("brands", brand), problem, "shorten brand or suffix, or mend the rule"
                )
                break
