"""Judges what a policy's shape cannot say: whether its parts agree with each other.

Environments, brands and teams name each other; rule ids and secrets are unique; names and cost tags
keep the limits of GitHub and of each target. Each check reads the plain data without the values of
a wrong shape: so it finds its faults in a file that has others, and ignores a part that is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from modelwright.policy.choices import choices_on_offer, nearest
from modelwright.policy.faults import Fault
from modelwright.policy.rules import AGREEMENT, READING, refusals
from modelwright.policy.secrets import NAME_PATTERN, needed_secrets
from modelwright.policy.tags import REQUIRED_SOURCES, SOURCES, TARGETS, limit_problem
from modelwright.policy.yaml_reader import Document, ValuePath

Plain = Mapping[str, Any]

RULES: Final = ("repository", "use_case", "reserved", "python")
LONGEST_REPOSITORY_NAME: Final = 100
SECRET_FIELDS: Final = {"name", "purpose", "kind", "level", "owner", "rotated_by"}
MOST_SECRETS: Final = {"organisation": 100, "repository": 100, "environment": 100}
SAMPLE_VALUES: Final = {"data_class": "pseudonymous", "allocation_key": "by-requests"}
MANAGER: Final = "modelwright"


@dataclass(frozen=True)
class Disagreement:
    """A value that does not agree with another part of the policy."""

    path: ValuePath
    problem: str
    next_step: str


def soundness_faults(document: Document, misshapen: Iterable[ValuePath] = ()) -> list[Fault]:
    """Return where the parts of a policy disagree.

    Args:
        document: The policy's document.
        misshapen: Paths of the values whose shape is wrong.
    """
    checks = (
        _environment_disagreements,
        _retirement_disagreements,
        _team_disagreements,
        _name_disagreements,
        _tag_disagreements,
        _secret_disagreements,
    )
    data = _without(document.data, list(misshapen))
    return [
        Fault(document.line(*finding.path), finding.problem, finding.next_step)
        for check in checks
        for finding in check(data)
    ]


def _nearest_step(value: str, choices: Iterable[str]) -> str:
    """Return the step that names the choices nearest to a value, or else all of them."""
    choices = list(choices)
    return f"write {' or '.join(nearest(value, choices) or choices)}"


def _environment_disagreements(policy: Plain) -> Iterator[Disagreement]:
    """Yield repeated environments, and whatever does not match them."""
    environments = policy.get("environments", [])
    for index, name in enumerate(environments):
        if name in environments[:index]:
            path = ("environments", index)
            yield Disagreement(path, f"environment '{name}' stands twice", "keep one of the two")
    brands = policy.get("brands", {})
    for key, brand in brands.items():
        if brand.get("runtime") == "databricks" and brand.get("databricks") == {}:
            problem = f"brand '{key}' runs on Databricks and has no workspace"
            fix = "name its workspaces under databricks, or write runtime: kubernetes"
            yield Disagreement(("brands", key, "runtime"), problem, fix)
        yield from _missing_workspaces(key, brand.get("databricks", {}), environments)
    if environments:
        yield from _unknown_environments(policy, environments)


def _missing_workspaces(
    brand: str, workspaces: Plain, environments: list[str]
) -> Iterator[Disagreement]:
    for name in environments:
        # An empty mapping says that the brand has no Databricks.
        if workspaces and name not in workspaces:
            problem = f"brand '{brand}' has no workspace for the environment '{name}'"
            path = ("brands", brand, "databricks")
            yield Disagreement(path, problem, f"add `{name}:` with host and budget_policy_id")


def _unknown_environments(policy: Plain, environments: list[str]) -> Iterator[Disagreement]:
    sections: list[tuple[ValuePath, str, Plain]] = [
        (("github", "reviewers"), "there are reviewers", policy.get("github", {}))
    ]
    for key, brand in policy.get("brands", {}).items():
        sections += [
            (("brands", key, "databricks"), f"brand '{key}' has a workspace", brand),
            (("brands", key, "variables"), f"brand '{key}' has variables", brand),
        ]
    for path, what, section in sections:
        for name in section.get(str(path[-1]), {}):
            if name not in environments:
                problem = f"{what} for '{name}', which is no environment"
                yield Disagreement((*path, name), problem, _nearest_step(name, environments))


def _retirement_disagreements(policy: Plain) -> Iterator[Disagreement]:
    """Yield successors that new projects cannot take, and sections with nothing on offer."""
    for section in ("archetypes", "brands", "teams"):
        entries = policy.get(section, {})
        on_offer = choices_on_offer(entries)
        if entries and not on_offer:
            problem = f"every entry of {section} is retired or renamed"
            yield Disagreement((section,), problem, "leave at least one on offer")
        for key, entry in entries.items():
            successor = entry.get("renamed_to")
            if successor and successor not in on_offer:
                problem = f"{section}.{key} was renamed to '{successor}', which is not on offer"
                yield Disagreement(
                    (section, key, "renamed_to"), problem, _nearest_step(successor, on_offer)
                )


def _team_disagreements(policy: Plain) -> Iterator[Disagreement]:
    """Yield unknown and repeated brands, and cost centres that GCP would confuse."""
    yield from _colliding_cost_centres(policy)
    brands = policy.get("brands", {})
    if not brands:
        return
    for key, team in policy.get("teams", {}).items():
        yield from _unknown_brands(key, team.get("brands", []), list(brands))
        if key in choices_on_offer({key: team}) and team.get("brands"):
            yield from _closed_brands(key, team["brands"], policy)


def _unknown_brands(team: str, names: list[str], brands: list[str]) -> Iterator[Disagreement]:
    for index, brand in enumerate(names):
        path = ("teams", team, "brands", index)
        if brand not in brands:
            problem = f"team '{team}' works for '{brand}', which is no brand"
            yield Disagreement(path, problem, _nearest_step(brand, brands))
        elif brand in names[:index]:
            problem = f"team '{team}' names the brand '{brand}' twice"
            yield Disagreement(path, problem, "keep one of the two")


def _closed_brands(team: str, names: list[str], policy: Plain) -> Iterator[Disagreement]:
    known = {brand: policy["brands"][brand] for brand in names if brand in policy["brands"]}
    if known and not choices_on_offer(known):
        problem = f"team '{team}' works only for brands that are retired or renamed"
        path = ("teams", team, "brands")
        yield Disagreement(
            path, problem, f"retire the team, or add {choices_on_offer(policy['brands'])[0]}"
        )


def _colliding_cost_centres(policy: Plain) -> Iterator[Disagreement]:
    seen: dict[str, str] = {}
    for key, team in policy.get("teams", {}).items():
        code = team.get("cost_centre", "")
        first = seen.setdefault(code.lower(), code)
        if code != first:
            problem = f"cost centres '{first}' and '{code}' are the same in GCP's lower case"
            path = ("teams", key, "cost_centre")
            yield Disagreement(path, problem, f"write '{first}', or ask finance for another code")


def _name_disagreements(policy: Plain) -> Iterator[Disagreement]:
    """Yield repeated rule ids, names that GitHub cuts, and brands that no name has room for."""
    naming = policy.get("naming", {})
    yield from _repeated_rule_ids(naming)
    longest = naming.get("repository", {}).get("max_length", 0)
    if longest > LONGEST_REPOSITORY_NAME:
        path = ("naming", "repository", "max_length")
        problem = f"repository names may have {longest} characters, and GitHub takes 100"
        yield Disagreement(path, problem, "write at most 100")
    if policy.get("environments"):
        # Where a rule lacks a part, which is a fault of its own, nothing can be said about room.
        with suppress(KeyError):
            yield from _crowded_brands(policy)


def _repeated_rule_ids(naming: Plain) -> Iterator[Disagreement]:
    rules: list[tuple[ValuePath, Plain]] = [
        (("naming", key, "id"), naming.get(key, {})) for key in RULES
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
                    ("brands", brand), problem, "shorten brand or suffix, or fix the rule"
                )
                break


def _tag_disagreements(policy: Plain) -> Iterator[Disagreement]:
    """Yield missing and doubtful tags, and values that a target does not take."""
    tags = policy.get("tags")
    if tags is None:
        return
    yield from _doubtful_tag_sources(tags)
    yield from _crowded_targets(tags)
    for key, source in tags.items():
        for path, value in _possible_values(policy, key, source):
            yield from _refused_values(key, value, path)


def _doubtful_tag_sources(tags: Plain) -> Iterator[Disagreement]:
    names = list(tags.values())
    for source in (*REQUIRED_SOURCES, MANAGER):
        if source not in names:
            key = "managed-by" if source == MANAGER else source.replace("_", "-")
            problem = f"no cost tag carries {source}"
            yield Disagreement(("tags",), problem, f"add `{key}: {source}`")
    for key, source in tags.items():
        near = nearest(source, SOURCES)
        if source not in (*SOURCES, MANAGER) and near:
            problem = f"cost tag '{key}' is the constant '{source}', which is nearly a source"
            yield Disagreement(("tags", key), problem, f"write {' or '.join(near)}")


def _crowded_targets(tags: Plain) -> Iterator[Disagreement]:
    for target in TARGETS.values():
        if len(tags) > target.tags:
            problem = f"{len(tags)} cost tags are more than {target.title} has room for"
            yield Disagreement(("tags",), problem, f"keep at most {target.tags}")


def _possible_values(policy: Plain, key: str, source: str) -> Iterator[tuple[ValuePath, str]]:
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


def _refused_values(key: str, value: str, path: ValuePath) -> Iterator[Disagreement]:
    for target in TARGETS.values():
        problem = limit_problem(target, key, value)
        if problem:
            shown = f"{value[:60]!a} ({len(value)} characters)"
            yield Disagreement(
                path, f"cost tag '{key}' can be {shown}, but {problem}", "write a shorter value"
            )
            return


def _secret_disagreements(policy: Plain) -> Iterator[Disagreement]:
    """Yield unknown archetypes, and secrets whose names GitHub refuses or that share one."""
    archetypes = policy.get("archetypes", {})
    for index, entry in enumerate(policy.get("secrets", [])):
        for name in entry.get("archetypes", []):
            if archetypes and name not in archetypes:
                problem = f"secrets[{index}] is for '{name}', which is no archetype"
                path = ("secrets", index, "archetypes")
                yield Disagreement(path, problem, _nearest_step(name, archetypes))
    if policy.get("brands") and policy.get("environments"):
        yield from _refused_secret_names(policy)
        yield from _crowded_levels(policy)


def _refused_secret_names(policy: Plain) -> Iterator[Disagreement]:
    seen: dict[str, int] = {}
    for index, entry in enumerate(policy.get("secrets", [])):
        if not entry.keys() >= SECRET_FIELDS:
            continue
        found = set(_secret_names(policy, entry))
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


def _secret_names(policy: Plain, entry: Plain) -> Iterator[str]:
    everywhere = {key: entry[key] for key in SECRET_FIELDS}
    alone = {**policy, "secrets": [everywhere]}
    for brand in policy["brands"]:
        for secret in needed_secrets(alone, archetype="any", brand=brand, auth="any"):
            yield secret.name


def _crowded_levels(policy: Plain) -> Iterator[Disagreement]:
    for level, most in MOST_SECRETS.items():
        number = sum(entry.get("level") == level for entry in policy.get("secrets", []))
        if number > most:
            problem = f"{number} secrets at level {level}; GitHub shows a project at most {most}"
            yield Disagreement(("secrets",), problem, "keep fewer, or move some to another level")


def _without(data: dict[str, Any], paths: list[ValuePath]) -> dict[str, Any]:
    if not paths:
        return data
    data = deepcopy(data)
    for path in paths:
        _remove(data, path[:-1] if path[-1:] == ("[key]",) else path)
    return data


def _remove(data: Any, path: ValuePath) -> None:  # noqa: ANN401 - any value of a YAML file
    parents = [data]
    for step in path[:-1]:
        try:
            parents.append(parents[-1][step])
        except (KeyError, IndexError, TypeError):
            return
    # Taking one item out of a list would move the others: the whole list goes.
    while path and isinstance(parents[-1], list):
        path = path[:-1]
        parents.pop()
    if path and isinstance(parents[-1], dict):
        parents[-1].pop(path[-1], None)
