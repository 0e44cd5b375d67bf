"""Reads a repository on GitHub: its settings, its answers file, who has access, its git tree."""

from __future__ import annotations

import tempfile
from base64 import b64decode
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import yaml

from modelwright.adapters.github.client import GitHub
from modelwright.adapters.github.push import git_environment
from modelwright.adapters.system.process import run
from modelwright.paths import ANSWERS_FILE
from modelwright.policy.yaml_reader import CONSTRUCTION_ERRORS, size_problem
from modelwright.provisioning.actual_state import ActualEnvironment, ActualState
from modelwright.provisioning.desired_state import DEFAULT_BRANCH, RULESET_NAME, DesiredState
from modelwright.provisioning.unplanned_access import TreeEntry

__all__ = ["read_access_paths", "read_answers", "read_repository", "read_tree"]

_ABSENT: Final = HTTPStatus.NOT_FOUND
_LONGEST_RECORD: Final = 65536
_RENAMED: Final = (HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.TEMPORARY_REDIRECT)
# What it is called, where it is read, under which key its list stands, and what names an entry.
_ACCESS_PATHS: Final = (
    ("deploy keys", "keys", "", "title"),
    ("webhooks", "hooks", "", "id"),
    ("pending invitations", "invitations", "", "id"),
    ("runners of its own", "actions/runners", "runners", "name"),
)


def read_repository(github: GitHub, desired: DesiredState) -> ActualState:
    """Return a repository as it is; where it does not exist, that takes one call.

    Raises:
        ExternalSystemError: GitHub cannot be reached, or denies a read.
    """
    path = desired.path
    answer = github.call("GET", path, accept=(_ABSENT, *_RENAMED))
    if answer.status in _RENAMED:
        # The name leads to a repository that was renamed: it is somebody's.
        return ActualState(repository={"description": "", "renamed": True})
    if answer.status == _ABSENT:
        return ActualState()
    state = github.in_parallel(_tasks(github, path, _Reads(github, path, desired)))
    state["selected"] = state["actions"].pop("selected", None)
    state["ruleset"], state["other_rulesets"] = state.pop("rulesets")
    return ActualState(repository=answer.data, **state)


def _tasks(github: GitHub, path: str, reads: _Reads) -> dict[str, Callable[[], Any]]:
    """Return the reads of a repository that exists, by what they give."""
    return {
        "branches": reads.branches,
        "alerts": reads.alerts,
        "actions": reads.actions,
        "workflow": lambda: github.call("GET", f"{path}/actions/permissions/workflow").data,
        "access": reads.access,
        "oidc": lambda: github.call("GET", f"{path}/actions/oidc/customization/sub").data,
        "environments": reads.environments,
        "variables": lambda: reads.values("actions/variables?per_page=30"),
        "secrets": lambda: reads.names("actions/secrets?per_page=100", "secrets"),
        "granted_secrets": lambda: reads.names(
            "actions/organization-secrets?per_page=100", "secrets"
        ),
        "granted_variables": lambda: reads.names(
            "actions/organization-variables?per_page=30", "variables"
        ),
        "labels": lambda: {row["name"]: row for row in github.pages(f"{path}/labels?per_page=100")},
        "rulesets": reads.rulesets,
        "teams": lambda: {
            row["slug"]: row["permission"] for row in github.pages(f"{path}/teams?per_page=100")
        },
        "people": reads.people,
        "properties": reads.properties,
    }


def read_answers(github: GitHub, desired: DesiredState) -> Mapping[str, Any] | None:
    """Return the answers of the project on the default branch; None where they cannot be read.

    They are written by whoever may write to the repository: text to compare, nothing to trust.
    """
    path = f"{desired.path}/contents/{ANSWERS_FILE}"
    file = github.call("GET", path, accept=(_ABSENT,)).data
    try:
        content = b64decode(file["content"]).decode()
        bounded = len(content) <= _LONGEST_RECORD and not size_problem(content)
        answers = yaml.safe_load(content) if bounded else None
    except (*CONSTRUCTION_ERRORS, RecursionError, yaml.YAMLError):
        return None
    return answers if isinstance(answers, dict) else None


class _Reads:
    """The reads that are more than one call, or need another form."""

    def __init__(self, github: GitHub, path: str, desired: DesiredState) -> None:
        self.github = github
        self.path = path
        self.desired = desired

    def branches(self) -> dict[str, str]:
        """Return the commit of every branch."""
        rows = self.github.pages(
            f"{self.path}/branches?per_page=100", accept=(HTTPStatus.CONFLICT,)
        )
        return {row["name"]: row["commit"]["sha"] for row in rows}

    def alerts(self) -> bool:
        """Say whether vulnerability alerts are on."""
        return self.github.exists(f"{self.path}/vulnerability-alerts")

    def actions(self) -> dict[str, Any]:
        """Return what may run; where not all may, with the patterns as `selected`."""
        path = f"{self.path}/actions/permissions"
        permissions = dict(self.github.call("GET", path).data)
        if permissions.get("allowed_actions") == "selected":
            permissions["selected"] = self.github.call("GET", f"{path}/selected-actions").data
        return permissions

    def access(self) -> str:
        """Return who may call its workflows."""
        path = f"{self.path}/actions/permissions/access"
        answer = self.github.call("GET", path, accept=(_ABSENT, HTTPStatus.UNPROCESSABLE_ENTITY))
        return answer.data["access_level"] if answer.status < _ABSENT else "none"

    def values(self, below: str) -> dict[str, str]:
        """Return variables by name."""
        rows = self.github.pages(f"{self.path}/{below}", "variables")
        return {row["name"]: row["value"] for row in rows}

    def names(self, below: str, key: str) -> frozenset[str]:
        """Return the names of secrets or variables."""
        return frozenset(row["name"] for row in self.github.pages(f"{self.path}/{below}", key))

    def people(self) -> tuple[str, ...]:
        """Return the logins of who has access in person."""
        query = "affiliation=direct&per_page=100"
        return tuple(
            row["login"] for row in self.github.pages(f"{self.path}/collaborators?{query}")
        )

    def properties(self) -> dict[str, str]:
        """Return the custom properties that have a value."""
        rows = self.github.call("GET", f"{self.path}/properties/values", accept=(_ABSENT,)).data
        if not isinstance(rows, list):
            return {}
        return {row["property_name"]: row["value"] for row in rows if row["value"] is not None}

    def rulesets(self) -> tuple[Mapping[str, Any] | None, tuple[str, ...]]:
        """Return the rules that bear our name, and the names of the others."""
        path = f"{self.path}/rulesets"
        rows = self.github.pages(
            f"{path}?includes_parents=false&per_page=100", accept=(HTTPStatus.FORBIDDEN, _ABSENT)
        )
        ours = [row for row in rows if row["name"] == RULESET_NAME][:1]
        others = tuple(row["name"] for row in rows if row not in ours)
        details = [self.github.call("GET", f"{path}/{row['id']}").data for row in ours]
        return next(iter(details), None), others

    def environments(self) -> dict[str, ActualEnvironment]:
        """Return every desired environment that exists."""
        path = f"{self.path}/environments?per_page=100"
        rows = {
            row["name"]: row for row in self.github.pages(path, "environments", accept=(_ABSENT,))
        }
        existing = [one for one in self.desired.environments if one.name in rows]
        return {
            one.name: self._environment(rows[one.name], secrets=bool(one.secrets))
            for one in existing
        }

    def _environment(self, row: Mapping[str, Any], *, secrets: bool) -> ActualEnvironment:
        base = f"environments/{row['name']}"
        reviews = [one for one in row.get("protection_rules", ()) if "reviewers" in one]
        reviewers = [one for rule in reviews for one in rule["reviewers"] or ()]
        custom = bool((row.get("deployment_branch_policy") or {}).get("custom_branch_policies"))
        branches = f"{self.path}/{base}/deployment-branch-policies?per_page=100"
        rows = self.github.pages(branches, "branch_policies") if custom else []
        return ActualEnvironment(
            reviewers=frozenset(one["reviewer"]["id"] for one in reviewers),
            self_review=not any(rule.get("prevent_self_review") for rule in reviews),
            custom=custom,
            branches={one["name"]: one["id"] for one in rows},
            variables=self.values(f"{base}/variables?per_page=30"),
            secrets=self.names(f"{base}/secrets?per_page=100", "secrets")
            if secrets
            else frozenset(),
        )


def read_access_paths(github: GitHub, path: str) -> Mapping[str, tuple[str, ...]]:
    """Return the deploy keys, webhooks, invitations and runners of a repository, by kind.

    Raises:
        ExternalSystemError: GitHub denies a read; what cannot be read is not taken to be absent.
    """

    def names(place: str, key: str, name: str) -> tuple[str, ...]:
        rows = github.pages(f"{path}/{place}?per_page=100", key, accept=(_ABSENT,))
        return tuple(str(row.get(name) or row.get("id")) for row in rows)

    return github.in_parallel({kind: partial(names, *read) for kind, *read in _ACCESS_PATHS})


def read_tree(url: str, token: str) -> Mapping[str, TreeEntry]:
    """Return every file of a repository's `main` by its path; nothing of it is checked out.

    Raises:
        ExternalSystemError: Git failed, or the host cannot be reached.
    """
    with tempfile.TemporaryDirectory(prefix="modelwright-") as folder:
        bare = Path(folder) / "bare"
        clone = ("git", "clone", "--quiet", "--bare", "--depth", "1", "--no-tags", "--template=")
        command = (*clone, "--branch", DEFAULT_BRANCH, url, str(bare))
        run(command, folder=Path(folder), env=git_environment(url, token), seconds=120)
        listed = run(("git", "ls-tree", "-r", "-z", "--full-tree", DEFAULT_BRANCH), folder=bare)
    entries = {}
    for line in filter(None, listed.split("\0")):
        about, _, path = line.partition("\t")
        mode, _, identity = about.split(" ")
        entries[path] = TreeEntry(mode, identity)
    return entries
