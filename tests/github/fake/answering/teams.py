"""Teams, their members, and what they may do in a repository."""

from tests.github.fake.access import organisation_of
from tests.github.fake.documents import account, full_team, repository_document, team_document
from tests.github.fake.routing import Answer, RefusedError, answers, listed

_PERMISSIONS = ("pull", "triage", "push", "maintain", "admin")
_ROLE_NAMES = {"pull": "read", "push": "write"}


def _team(state, call):
    organisation = organisation_of(state, call)
    team = organisation.teams.get(call.params["team_slug"])
    if team is None:
        raise RefusedError(404, "Not Found")
    return organisation, team


def rights(permission: str) -> dict[str, bool]:
    level = _PERMISSIONS.index(permission)
    return {name: place <= level for place, name in enumerate(_PERMISSIONS)}


@answers("GET", "/orgs/{org}/teams/{team_slug}", needs="members:read")
def _read(state, call):
    return full_team(state, *_team(state, call))


@answers("GET", "/orgs/{org}/teams/{team_slug}/memberships/{username}", needs="members:read")
def _membership(state, call):
    organisation, team = _team(state, call)
    login = call.params["username"]
    pending = f"{login} (pending)" in team.members
    if login not in team.members and not pending:
        raise RefusedError(404, "Not Found")
    return {
        "role": "member",
        "state": "pending" if pending else "active",
        "url": f"{state.url}/organizations/{organisation.id}/team/{team.id}/memberships/x",
    }


def _repository(state, call):
    found = state.repositories.get(f"{call.params['owner']}/{call.params['repo']}".lower())
    if found is None:
        raise RefusedError(404, "Not Found")
    if call.token.kind == "actions":
        raise RefusedError(403, "Resource not accessible by integration")
    return found


@answers("PUT", "/orgs/{org}/teams/{team_slug}/repos/{owner}/{repo}", needs="members:read")
def _grant(state, call):
    _, team = _team(state, call)
    found = _repository(state, call)
    permission = call.body.get("permission", "push")
    if permission not in _PERMISSIONS:
        raise RefusedError(422, "Validation Failed")
    found.teams[team.slug] = permission
    return Answer(204)


@answers("GET", "/orgs/{org}/teams/{team_slug}/repos/{owner}/{repo}", needs="members:read")
def _granted(state, call):
    _, team = _team(state, call)
    found = _repository(state, call)
    if team.slug not in found.teams:
        raise RefusedError(404, "Not Found")
    if "repository" not in call.headers.get("accept", ""):
        return Answer(204)
    permission = found.teams[team.slug]
    return repository_document(state, found, permissions=rights(permission)) | {
        "role_name": _ROLE_NAMES.get(permission, permission),
        "has_downloads": True,
    }


@answers("DELETE", "/orgs/{org}/teams/{team_slug}/repos/{owner}/{repo}", needs="members:read")
def _revoke(state, call):
    _, team = _team(state, call)
    _repository(state, call).teams.pop(team.slug, None)
    return Answer(204)


@answers("GET", "/repos/{owner}/{repo}/teams", needs="administration:read")
def _teams(state, call, repository):
    organisation = state.organisations[repository.owner.lower()]
    found = [
        {
            **team_document(state, organisation, organisation.teams[slug]),
            "permission": permission,
            "permissions": rights(permission),
        }
        for slug, permission in sorted(repository.teams.items())
        if slug in organisation.teams
    ]
    return listed(state, call, found)


@answers("GET", "/repos/{owner}/{repo}/collaborators", needs="metadata:read")
def _collaborators(state, call, repository):
    wanted = call.query.get("permission")
    found = [
        {
            **account(state, login),
            "permissions": rights(permission),
            "role_name": _ROLE_NAMES.get(permission, permission),
        }
        for login, permission in repository.collaborators.items()
        if wanted is None or rights(permission)[wanted]
    ]
    return listed(state, call, found)


@answers("DELETE", "/repos/{owner}/{repo}/collaborators/{username}", needs="administration:write")
def _remove(state, call, repository):
    repository.collaborators.pop(call.params["username"], None)
    return Answer(204)
