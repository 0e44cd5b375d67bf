"""Reads what a new repository depends on in its organisation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Any

from modelwright.adapters.github.client import ExpiredError, GitHub, GitHubError, Response
from modelwright.provisioning.desired_state import DesiredState
from modelwright.provisioning.organisation_state import OrganisationState
from modelwright.provisioning.preflight import teams_named

__all__ = ["read_organisation"]


class _Reads:
    """Reads that may be denied; the denials are collected for one report."""

    def __init__(self, github: GitHub) -> None:
        self.github = github
        self.denied: list[str] = []

    def get(self, path: str, *, needed: str) -> Response:
        """Return a response; a refusal is collected as a denial, and counts as 404."""
        try:
            return self.github.call("GET", path, accept=(HTTPStatus.NOT_FOUND,))
        except ExpiredError:
            raise
        except GitHubError as error:
            self._deny(needed, error)
            return Response(HTTPStatus.NOT_FOUND, None)

    def secrets(self, organisation: str) -> dict[str, str]:
        """Return the visibility of every secret of an organisation."""
        path = f"/orgs/{organisation}/actions/secrets?per_page=100"
        try:
            rows = self.github.pages(path, "secrets")
        except ExpiredError:
            raise
        except GitHubError as error:
            self._deny("the organisation's secrets", error)
            return {}
        return {row["name"]: row["visibility"] for row in rows}

    def _deny(self, needed: str, error: GitHubError) -> None:
        self.denied.append(f"the token may not read {needed}: {error.problem}")


def read_organisation(
    github: GitHub, desired: DesiredState, *, actors: Sequence[str], app: bool
) -> OrganisationState:
    """Return what the organisation has.

    An app acts for nobody in person: the actors are then who requests the repository.

    Raises:
        ExternalSystemError: GitHub cannot be reached, or the token is not valid.
    """
    reads = _Reads(github)
    org = f"/orgs/{desired.organisation}"

    def get(path: str, needed: str) -> Callable[[], Response]:
        return partial(reads.get, path, needed=needed)

    tasks: dict[str, Callable[[], Any]] = {
        "requester": partial(_requester, reads, org, desired.team, actors, app=app),
        "secrets": partial(reads.secrets, desired.organisation),
        "account": get(org, "the organisation"),
        "properties": get(f"{org}/properties/schema", "the custom properties"),
        "actions": get(f"{org}/actions/permissions", "which actions may run"),
        "publisher": get("/apps/github-actions", "who publishes checks"),
    }
    for slug in teams_named(desired):
        tasks[f"team {slug}"] = get(f"{org}/teams/{slug}", f"the team {slug}")
    for grant in desired.grants:
        if grant.kind == "variable":
            path = f"{org}/actions/variables/{grant.name}"
            tasks[f"variable {grant.name}"] = get(path, f"the variable {grant.name}")
    state = _state(github.in_parallel(tasks))
    personal = not state.known and _is_personal_account(reads, desired.organisation)
    return replace(state, personal=personal, denied=tuple(reads.denied))


def _state(answers: Mapping[str, Any]) -> OrganisationState:
    """Return what answers say by the name of what was read."""
    account = answers["account"]
    details = account.data or {}
    return OrganisationState(
        **answers["requester"],
        known=account.status == HTTPStatus.OK,
        server=account.headers.get("x-github-enterprise-version", ""),
        plan=_plan_name(details.get("plan")),
        may_create=details.get("members_can_create_private_repositories"),
        secrets=answers["secrets"],
        teams={slug: row["id"] for slug, row in _existing(answers, "team ")},
        variables={name: row["visibility"] for name, row in _existing(answers, "variable ")},
        properties=_definitions(answers["properties"]),
        actions=answers["actions"].data or {},
        integration=(answers["publisher"].data or {}).get("id", 0),
    )


def _existing(answers: Mapping[str, Any], kind: str) -> Iterator[tuple[str, Any]]:
    for key, answer in answers.items():
        if key.startswith(kind) and answer.status == HTTPStatus.OK:
            yield key.removeprefix(kind), answer.data


def _plan_name(plan: object) -> str:
    """Return the name of a plan; empty where GitHub gives none that can be read."""
    name = plan.get("name") if isinstance(plan, dict) else None
    return name if isinstance(name, str) else ""


def _requester(
    reads: _Reads, org: str, team: str, actors: Sequence[str], *, app: bool
) -> dict[str, Any]:
    admin, scopes = "", None
    if not app:
        user = reads.get("/user", needed="whose it is")
        admin = (user.data or {}).get("login", "")
        if "x-oauth-scopes" in user.headers:
            scopes = frozenset(one.strip() for one in user.headers["x-oauth-scopes"].split(","))
    requesters = tuple(dict.fromkeys(actors)) if app else tuple(filter(None, [admin]))
    members = tuple(
        login
        for login in requesters
        if _is_member(reads, f"{org}/teams/{team}/memberships/{login}")
    )
    return {"requesters": requesters, "members": members, "admin": admin, "scopes": scopes}


def _is_personal_account(reads: _Reads, login: str) -> bool:
    account = reads.get(f"/users/{login}", needed="whose account it is").data
    return isinstance(account, dict) and account.get("type") == "User"


def _is_member(reads: _Reads, path: str) -> bool:
    return (reads.get(path, needed="the team's members").data or {}).get("state") == "active"


def _definitions(schema: Response) -> Mapping[str, Mapping[str, Any]] | None:
    if schema.status != HTTPStatus.OK:
        return None
    return {row["property_name"]: row for row in schema.data}
