"""The repository on GitHub as it is, in the shapes of the desired state."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from modelwright.policy.text import LONGEST_DESCRIPTION

__all__ = [
    "RUN_VARIABLE",
    "ActualEnvironment",
    "ActualState",
    "Body",
    "description_with_mark",
    "run_of",
    "run_trailer",
]

RUN_VARIABLE: Final = "MODELWRIGHT_CREATION"
_MARK: Final = re.compile(r"\[modelwright: being created, run ([0-9a-f]{8,32})\] ?")
# An object of GitHub's API, as JSON.
Body = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class ActualEnvironment:
    """One environment as it is.

    Attributes:
        reviewers: Ids of the teams that let a deployment through.
        custom: Whether branches are named one by one.
        branches: The id of every branch policy, by its pattern.
    """

    reviewers: frozenset[int] = frozenset()
    self_review: bool = True
    custom: bool = False
    branches: Mapping[str, int] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class ActualState:
    """A repository as it is; without arguments, one that does not exist.

    Attributes:
        repository: GitHub's answer about it; empty where it does not exist.
        branches: The commit of every branch.
        alerts: Whether vulnerability alerts are on.
        ruleset: The ruleset with our name, with their `id`; None where there are none.
        other_rulesets: The names of its other rulesets, without those of the organisation.
        people: Logins of who has access in person, beside the organisation's owners.
        record: The answers of the project on its default branch; None where there are none.
        from_starter: Whether it holds this very project, started from a template repository.
    """

    repository: Body = field(default_factory=dict)
    branches: Mapping[str, str] = field(default_factory=dict)
    alerts: bool = False
    actions: Body = field(default_factory=dict)
    selected: Body | None = None
    workflow: Body = field(default_factory=dict)
    access: str = ""
    oidc: Body = field(default_factory=dict)
    environments: Mapping[str, ActualEnvironment] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()
    granted_secrets: frozenset[str] = frozenset()
    granted_variables: frozenset[str] = frozenset()
    labels: Mapping[str, Body] = field(default_factory=dict)
    ruleset: Body | None = None
    teams: Mapping[str, str] = field(default_factory=dict)
    other_rulesets: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    record: Body | None = None
    from_starter: bool = False

    @property
    def granted(self) -> Mapping[str, frozenset[str]]:
        """The organisation's secrets and variables that it may read, by the kind of a grant."""
        return {"secret": self.granted_secrets, "variable": self.granted_variables}

    @property
    def exists(self) -> bool:
        """Whether there is such a repository."""
        return bool(self.repository)

    @property
    def run(self) -> str:
        """The run that is making it; empty where none is."""
        return run_of(self.repository.get("description"))

    @property
    def made_by(self) -> str:
        """The run that claims to make or to have made it; anybody who may write can claim it."""
        return self.run or self.variables.get(RUN_VARIABLE, "")


def description_with_mark(description: str, run: str) -> str:
    """Return the description of a repository that a run is making, cut to what GitHub takes."""
    return f"[modelwright: being created, run {run}] {description}"[:LONGEST_DESCRIPTION].rstrip()


def run_of(description: str | None) -> str:
    """Return the run that is making a repository; empty where none is."""
    match = _MARK.match(description or "")
    return match[1] if match else ""


def run_trailer(run: str) -> str:
    """Return the last line of the first commit's message."""
    return f"Modelwright-Run: {run}"
