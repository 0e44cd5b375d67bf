"""Reads what a new repository depends on in its organisation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from modelwright.adapters.github.client import ExpiredError, GitHub, GitHubError, Response
from modelwright.provisioning.desired_state import DesiredState
from modelwright.provisioning.organisation_state import OrganisationState
from modelwright.provisioning.preflight import teams_named

__all__ = ["read_organisation"]

_FIXED: Final = 6


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
    slugs = teams_named(desired)
    variables = [one.name for one in desired.grants if one.kind == "variable"]
    tasks: list[Callable[[], Any]] = [
        partial(_requester, reads, org, desired.team, actors, app=app),
        partial(reads.get, org, needed="the organisation"),
        partial(reads.secrets, desired.organisation),
        partial(reads.get, f"{org}/properties/schema", needed="the custom properties"),
        partial(reads.get, f"{org}/actions/permissions", needed="which actions may run"),
        partial(reads.get, "/apps/github-actions", needed="who publishes checks"),
        *(partial(reads.get, f"{org}/teams/{slug}", needed=f"the team {slug}") for slug in slugs),
        *(
            partial(reads.get, f"{org}/actions/variables/{name}", needed=f"the variable {name}")
            for name in variables
        ),
    ]
    answers = github.in_parallel(tasks)
    by_name = answers[_FIXED:]
    variable_rows = _existing(variables, by_name[len(slugs) :])
    return OrganisationState(
        personal=answers[1].status == HTTPStatus.NOT_FOUND
        and _is_personal_account(reads, desired.organisation),
        teams={slug: row["id"] for slug, row in _existing(slugs, by_name[: len(slugs)]).items()},
        variables={name: row["visibility"] for name, row in variable_rows.items()},
        **_facts(*answers[:_FIXED]),
        denied=tuple(reads.denied),
    )


def _existing(names: Sequence[str], answers: Sequence[Response]) -> dict[str, Any]:
    pairs = zip(names, answers, strict=True)
    return {name: answer.data for name, answer in pairs if answer.status == HTTPStatus.OK}


def _facts(  # noqa: PLR0913, PLR0917 -- one for each read
    who: Mapping[str, Any],
    account: Response,
    secrets: Mapping[str, str],
    schema: Response,
    actions: Response,
    publisher: Response,
) -> dict[str, Any]:
    details = account.data or {}
    server = account.headers.get("x-github-enterprise-version", "")
    return {
        **who,
        "known": account.status == HTTPStatus.OK,
        "server": server,
        "plan": _plan_name(details.get("plan")),
        "may_create": details.get("members_can_create_private_repositories"),
        "secrets": secrets,
        "properties": _definitions(schema),
        "actions": actions.data or {},
        "integration": (publisher.data or {}).get("id", 0),
    }


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
