"""The rules that a project's names keep, and the sentence of each refusal.

Pure: the standard library alone, on the policy as a plain mapping, so that Cookiecutter's hook runs
it in whatever Python it has. `templates/_shared/naming.jinja` says the same in Copier's own words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Iterator, Mapping  # noqa: UP035 - Cookiecutter's Python may be older

from modelwright.policy.names import (
    derived_names,
    package_name,
    parse_repository_name,
    repository_name,
)
from modelwright.policy.reserved_names import LIBRARY_NAMES, PYTHON_NAMES, TOOL_NAMES

LONGEST_SHOWN = 60
READING = "NAM005"
AGREEMENT = "NAM006"
LIBRARIES = "NAM007"


@dataclass(frozen=True)
class Refusal:
    """A value that a rule refuses.

    Attributes:
        rule: Stable id of the rule, such as `NAM002`.
        kind: What the value is, such as `use case`.
        value: The value as it was given.
        problem: What is wrong with it, without a full stop.
        next_step: What to do instead.
        since: Platform version from which the rule holds; empty where it always did.
    """

    rule: str
    kind: str
    value: str
    problem: str
    next_step: str
    since: str = ""

    @property
    def sentence(self) -> str:
        """Rule, problem and next step in one line: what every entry point prints."""
        return f"{self.rule}: {self.problem}; {self.next_step}"


def show(value: str) -> str:
    r"""Return a value in quotes and in ASCII, so that look-alikes and control characters show.

    The Jinja macros print the same through `"%a" | format(value)`.
    """
    if len(value) > LONGEST_SHOWN:
        return f"{value[:LONGEST_SHOWN]!a}..."
    return ascii(value)


@dataclass(frozen=True)
class NamingRule:
    """One name's form: a pattern without anchors, and its length in characters."""

    id: str
    kind: str
    pattern: str
    wording: str
    max_length: int
    min_length: int = 1
    since: str = ""

    @classmethod
    def of(cls, entry: Mapping[str, Any], kind: str) -> NamingRule:
        """Read a rule out of the policy's plain mapping."""
        return cls(
            id=entry["id"],
            kind=kind,
            pattern=entry["pattern"],
            wording=entry["wording"],
            max_length=entry["max_length"],
            min_length=entry.get("min_length", 1),
            since=entry.get("since", ""),
        )

    @property
    def limits(self) -> str:
        """The length in words: `3 to 30 characters`."""
        if self.min_length == 1:
            return f"at most {self.max_length} characters"
        return f"{self.min_length} to {self.max_length} characters"

    def holds(self, value: str) -> bool:
        """Say whether a value has this form; the length first, so that no long value is matched."""
        if not self.min_length <= len(value) <= self.max_length:
            return False
        return re.search(rf"\A(?:{self.pattern})\Z", value) is not None

    def refuse(self, value: str, next_step: str) -> Refusal:
        """Return the refusal of a value that does not hold."""
        problem = f"{self.kind} {show(value)} is not {self.wording} ({self.limits})"
        return Refusal(self.id, self.kind, value, problem, next_step, self.since)


def refusals(policy: Mapping[str, Any], *, brand: str, use_case: str, suffix: str) -> list[Refusal]:
    """Return every refusal of a use case and of the names that follow from it.

    The order is fixed: form of the use case (the only one where it fails, since nothing can be
    derived from it), reserved words, names of Python, of libraries and tools, repository name, its
    reading back, then the derived names in the policy's order.

    Args:
        policy: The policy as a plain mapping.
        brand: Brand that the project belongs to.
        use_case: The answer to judge.
        suffix: Suffix of the project's archetype; may be empty.
    """
    rule = NamingRule.of(policy["naming"]["use_case"], "use case")
    if not rule.holds(use_case):
        return [rule.refuse(use_case, _example(policy))]
    found = [*_word_refusals(policy, use_case)]
    found += _repository_refusals(policy, brand, use_case, suffix)
    names = derived_names(policy, brand=brand, use_case=use_case, suffix=suffix)
    for entry in policy["naming"]["derived"]:
        rule = NamingRule.of(entry, entry["kind"])
        found += _form_refusals(policy, rule, names[rule.kind], use_case)
    return found


def repository_refusal(
    policy: Mapping[str, Any], name: str, *, brand: str, use_case: str, suffix: str
) -> Refusal | None:
    """Refuse a folder's or a remote's name that is not the one which the answers give."""
    expected = repository_name(policy["naming"], brand=brand, use_case=use_case, suffix=suffix)
    if name == expected:
        return None
    problem = f"repository name {show(name)} is not the one that its answers give"
    return Refusal(AGREEMENT, "repository name", name, problem, f"rename it to {show(expected)}")


def binds(refusal: Refusal, born: str) -> bool:
    """Say whether a rule binds a project born under a platform version such as `v0.3.0`.

    What was legal at birth stays legal: a rule with a later `since` warns an old project.
    """
    if not born or not refusal.since:
        return True
    return _numbers(born) >= _numbers(refusal.since)


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]


def _example(policy: Mapping[str, Any]) -> str:
    return f"choose a name like {show(policy['naming']['use_case']['example'])}"


def _word_refusals(policy: Mapping[str, Any], use_case: str) -> Iterator[Refusal]:
    reserved, python = policy["naming"]["reserved"], policy["naming"]["python"]
    if use_case in reserved["words"]:
        problem = f"use case {show(use_case)} is a reserved word"
        since = reserved.get("since", "")
        yield Refusal(reserved["id"], "use case", use_case, problem, _example(policy), since)
    package = package_name(use_case)
    if package in PYTHON_NAMES:
        problem = f"Python package {show(package)} is a keyword or a standard module of Python"
        since = python.get("since", "")
        yield Refusal(python["id"], "Python package", package, problem, _example(policy), since)
    elif package in LIBRARY_NAMES or package in TOOL_NAMES:
        problem = f"Python package {show(package)} hides a library or a tool of that name"
        yield Refusal(LIBRARIES, "Python package", package, problem, _example(policy))


def _repository_refusals(
    policy: Mapping[str, Any], brand: str, use_case: str, suffix: str
) -> Iterator[Refusal]:
    naming = policy["naming"]
    name = repository_name(naming, brand=brand, use_case=use_case, suffix=suffix)
    rule = NamingRule.of(naming["repository"], "repository name")
    yield from _form_refusals(policy, rule, name, use_case)
    suffixes = [archetype["suffix"] for archetype in policy["archetypes"].values()]
    parts = parse_repository_name(naming, name, policy["brands"], suffixes)
    if parts is not None and parts.use_case != use_case:
        reading = f"brand {show(parts.brand)} and use case {show(parts.use_case)}"
        problem = f"repository name {show(name)} reads as {reading}"
        yield Refusal(READING, "repository name", name, problem, _example(policy))


def _form_refusals(
    policy: Mapping[str, Any], rule: NamingRule, value: str, use_case: str
) -> Iterator[Refusal]:
    if rule.holds(value):
        return
    excess = len(value) - rule.max_length
    if excess > 0:
        yield rule.refuse(
            value, f"choose a use case of at most {len(use_case) - excess} characters"
        )
    else:
        yield rule.refuse(value, _example(policy))
