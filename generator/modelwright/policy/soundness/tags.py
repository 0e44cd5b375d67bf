"""Cost tags: the required ones are there, and every value fits every target."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from modelwright.policy.choices import nearest
from modelwright.policy.limits import TARGETS, limit_problem
from modelwright.policy.soundness.finding import Disagreement, Plain
from modelwright.policy.tags import REQUIRED_SOURCES, SOURCES
from modelwright.policy.yaml_text import Path

__all__ = ["disagreements"]

SAMPLE_VALUES: Final = {"data_class": "pseudonymous", "allocation_key": "by-requests"}
MANAGER: Final = "modelwright"


def disagreements(policy: Plain) -> Iterator[Disagreement]:
    """Yield missing and doubtful tags, and values that a target does not take."""
    tags = policy.get("tags")
    if tags is None:
        return
    yield from _sources(tags)
    yield from _counts(tags)
    for key, source in tags.items():
        for path, value in _values(policy, key, source):
            yield from _limits(key, value, path)


def _sources(tags: Plain) -> Iterator[Disagreement]:
    given = list(tags.values())
    for source in (*REQUIRED_SOURCES, MANAGER):
        if source not in given:
            key = "managed-by" if source == MANAGER else source.replace("_", "-")
            problem = f"no cost tag carries {source}"
            yield Disagreement(("tags",), problem, f"add `{key}: {source}`")
    for key, source in tags.items():
        near = nearest(source, SOURCES)
        if source not in (*SOURCES, MANAGER) and near:
            problem = f"cost tag '{key}' is the constant '{source}', which is nearly a source"
            yield Disagreement(("tags", key), problem, f"write {' or '.join(near)}")


def _counts(tags: Plain) -> Iterator[Disagreement]:
    for target in TARGETS.values():
        if len(tags) > target.tags:
            problem = f"{len(tags)} cost tags are more than {target.title} has room for"
            yield Disagreement(("tags",), problem, f"keep at most {target.tags}")


def _values(policy: Plain, key: str, source: str) -> Iterator[tuple[Path, str]]:
    """Yield every value that a tag can have, and where the policy says it."""
    sections = {"brand": "brands", "team": "teams", "archetype": "archetypes"}
    if source in sections:
        section = sections[source]
        yield from (((section, entry), entry) for entry in policy.get(section, {}))
    elif source == "environment":
        names = enumerate(policy.get("environments", []))
        yield from ((("environments", index), name) for index, name in names)
    elif source == "cost_centre":
        for team, entry in policy.get("teams", {}).items():
            yield ("teams", team, "cost_centre"), entry.get("cost_centre", "x")
    elif source == "repository":
        longest = policy.get("naming", {}).get("repository", {}).get("max_length", 1)
        yield ("naming", "repository", "max_length"), "x" * longest
    else:
        yield ("tags", key), SAMPLE_VALUES.get(source, source)


def _limits(key: str, value: str, path: Path) -> Iterator[Disagreement]:
    for target in TARGETS.values():
        problem = limit_problem(target, key, value)
        if problem:
            shown = f"{value[:60]!a} ({len(value)} characters)"
            yield Disagreement(
                path, f"cost tag '{key}' can be {shown}, but {problem}", "write a shorter value"
            )
            return
