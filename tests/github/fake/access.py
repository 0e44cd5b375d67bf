"""Who may do what: tokens of people, of apps and of workflows."""

import time

from tests.github.fake.proof import application
from tests.github.fake.routing import Call, RefusedError, Route
from tests.github.fake.state import Organisation, Repository, State, Token

_LEVELS = ("none", "read", "write", "admin")
_ROLES = {"pull": "read", "triage": "read", "push": "write", "maintain": "write", "admin": "admin"}
_SCOPES = {"organization": "admin:org", "members": "read:org"}
# What a workflow's own token can never be given.
_BEYOND_A_WORKFLOW = (
    "administration",
    "members",
    "organization",
    "workflows",
    "secrets",
    "environments",
    "actions_variables",
    "repository_custom_properties",
)


def at_least(level: str, wanted: str) -> bool:
    return _LEVELS.index(level) >= _LEVELS.index(wanted)


def bearer(state: State, header: str) -> Token | None:
    """The token of an `authorization` header; 401 where it is none of ours, or expired."""
    scheme, _, value = header.partition(" ")
    if not value:
        return None
    token = state.tokens.get(value) if scheme.lower() in {"bearer", "token"} else None
    if token is None and value.count(".") == 2:
        token = application(state, value)
    if token is None or token.expired or token.calls_left == 0:
        raise RefusedError(401, "Bad credentials")
    if token.calls_left is not None:
        token.calls_left -= 1
    return token


def organisation_of(state: State, call: Call) -> Organisation:
    found = state.organisations.get(call.params["org"].lower())
    if found is None:
        raise RefusedError(404, "Not Found")
    return found


def repository_or_none(state: State, call: Call) -> Repository | None:
    """The repository of a call below `/repos/`, 404 where there is none; else None."""
    if not call.route.template.startswith("/repos/{owner}/{repo}"):
        return None
    name = f"{call.params['owner']}/{call.params['repo']}".lower()
    if name not in state.repositories:
        if call.token is None:
            raise RefusedError(401, "Requires authentication")
        raise RefusedError(404, "Not Found")
    return state.repositories[name]


def is_owner(state: State, organisation: Organisation, token: Token) -> bool:
    if token.kind in {"classic", "fine-grained"}:
        return organisation.members.get(token.login) == "admin"
    return token.kind == "installation" and "organization_plan" in token.permissions


def role_in(state: State, repository: Repository, token: Token) -> str:
    """What a token may do in a repository: none, read, write or admin."""
    if token.kind == "actions":
        return "write" if token.repository == repository.full_name else "none"
    organisation = state.organisations[repository.owner.lower()]
    if token.kind == "installation":
        reaches = token.repository in {None, repository.full_name}
        return "admin" if reaches and token.login.lower() == repository.owner.lower() else "none"
    if organisation.members.get(token.login) == "admin":
        return "admin"
    roles = [repository.collaborators.get(token.login, "")]
    roles += [
        permission
        for slug, permission in repository.teams.items()
        if slug in organisation.teams and token.login in organisation.teams[slug].members
    ]
    return max((_ROLES.get(role, "none") for role in roles), key=_LEVELS.index)


def require(state: State, call: Call, route: Route, repository: Repository | None) -> None:
    """Refuse what this token may not do, as GitHub does: 401, 403, or 404 for the hidden."""
    token = call.token
    if token is None:
        raise RefusedError(401, "Requires authentication")
    name, _, level = route.needs.partition(":")
    if repository:
        role = role_in(state, repository, token)
        if role == "none":
            raise RefusedError(404, "Not Found")
        if level and not at_least(role, level if name != "administration" else "admin"):
            raise RefusedError(403, "Must have admin rights to Repository.")
    if name:
        _require_permission(token, name, level)


def _require_permission(token: Token, name: str, level: str) -> None:
    if token.kind == "classic":
        scope = _SCOPES.get(name.partition("_")[0], "repo")
        wider = {"read:org": {"admin:org", "write:org"}}.get(scope, set())
        if scope not in token.scopes and not wider & set(token.scopes):
            raise RefusedError(403, f"This API operation needs the {scope!r} scope.")
        return
    if token.kind == "actions" and name.startswith(_BEYOND_A_WORKFLOW):
        raise RefusedError(403, "Resource not accessible by integration")
    if not at_least(token.permissions.get(name, "none"), level):
        what = "integration" if token.kind != "fine-grained" else "personal access token"
        raise RefusedError(
            403,
            f"Resource not accessible by {what}",
            headers={"x-accepted-github-permissions": f"{name}={level}"},
        )


class Limits:
    """GitHub's two limits: calls in an hour, and what may be asked in a moment."""

    def __init__(self) -> None:
        self.limit, self.used, self.reset = 5000, 0, int(time.time()) + 3600
        self.concurrent, self.under_way, self.most_under_way = 100, 0, 0
        self.writes_a_minute, self.writes = 80, []
        self.blocked_until, self.retry_after = 0.0, 60
        self.calls_while_blocked = 0

    def exhaust(self, seconds: int) -> None:
        """Let the hour's calls be used up; they come back after `seconds`."""
        self.used, self.reset = self.limit, int(time.time()) + seconds

    def take(self, call: Call) -> None:
        now = time.time()
        if now >= self.reset:
            self.used, self.reset = 0, int(now) + 3600
        if now < self.blocked_until:
            self.calls_while_blocked += 1
            raise self._secondary(self.blocked_until - now)
        if self.used >= self.limit:
            self.calls_while_blocked += 1
            raise RefusedError(
                403, "API rate limit exceeded for installation.", headers=self.headers
            )
        self.used += 1
        self._take_moment(call, now)

    def _take_moment(self, call: Call, now: float) -> None:
        if call.method != "GET":
            self.writes = [*(moment for moment in self.writes if moment > now - 60), now]
        if self.under_way > self.concurrent or len(self.writes) > self.writes_a_minute:
            self.blocked_until = now + self.retry_after
            raise self._secondary(self.retry_after)

    @staticmethod
    def _secondary(seconds: float) -> RefusedError:
        return RefusedError(
            403,
            "You have exceeded a secondary rate limit. Please wait a few minutes before you try "
            "again.",
            headers={"retry-after": str(max(1, round(seconds + 0.5)))},
        )

    @property
    def headers(self) -> dict[str, str]:
        return {
            "x-ratelimit-limit": str(self.limit),
            "x-ratelimit-remaining": str(max(0, self.limit - self.used)),
            "x-ratelimit-used": str(self.used),
            "x-ratelimit-reset": str(self.reset),
            "x-ratelimit-resource": "core",
        }
