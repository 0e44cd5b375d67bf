"""An organisation's secrets and variables, and which repositories they are granted to."""

from tests.github.fake.access import organisation_of
from tests.github.fake.documents import minimal_repository
from tests.github.fake.routing import Answer, RefusedError, answers, listed
from tests.github.fake.state import NOW


def _document(state, organisation, kind, found) -> dict:
    told = {
        "name": found.name,
        "created_at": NOW,
        "updated_at": NOW,
        "visibility": found.visibility,
    }
    if kind == "variables":
        told["value"] = found.value
    if found.visibility == "selected":
        url = f"{state.url}/orgs/{organisation.login}/actions/{kind}/{found.name}/repositories"
        told["selected_repositories_url"] = url
    return told


def _one(state, call, kind, name):
    organisation = organisation_of(state, call)
    found = getattr(organisation, kind).get(call.params[name].upper())
    if found is None:
        raise RefusedError(404, "Not Found")
    return organisation, found


def seen(state, repository, kind) -> list:
    """What of an organisation's a repository sees: GitHub's plans and visibility decide.

    Of more than a hundred secrets, the first hundred by name.
    """
    organisation = state.organisations[repository.owner.lower()]
    if organisation.plan == "free" and repository.settings["private"]:
        return []
    found = [
        one
        for _, one in sorted(getattr(organisation, kind).items())
        if one.visibility == "all"
        or (one.visibility == "private" and repository.settings["private"])
        or (one.visibility == "selected" and repository.id in one.repositories)
    ]
    return found[:100] if kind == "secrets" else found


def _lists(kind: str, base: str, permission: str) -> None:
    @answers("GET", base, needs=f"{permission}:read")
    def _all(state, call):
        organisation = organisation_of(state, call)
        found = [
            _document(state, organisation, kind, value)
            for _, value in sorted(getattr(organisation, kind).items())
        ]
        return listed(state, call, found, kind)


def _reads(kind: str, one: str, name: str, permission: str) -> None:
    @answers("GET", one, needs=f"{permission}:read")
    def _read(state, call):
        organisation, found = _one(state, call, kind, name)
        return _document(state, organisation, kind, found)

    @answers("GET", f"{one}/repositories", needs=f"{permission}:read")
    def _repositories(state, call):
        _, found = _one(state, call, kind, name)
        everything = state.repositories.values()
        granted = [minimal_repository(state, r) for r in everything if r.id in found.repositories]
        return listed(state, call, granted, "repositories")


def _changes(kind: str, one: str, name: str, permission: str) -> None:
    def changed(state, call, how):
        _, found = _one(state, call, kind, name)
        if found.visibility != "selected":
            raise RefusedError(409, "Conflict")
        identifier = int(call.params["repository_id"])
        if identifier not in {repository.id for repository in state.repositories.values()}:
            raise RefusedError(404, "Not Found")
        getattr(found.repositories, how)(identifier)
        return Answer(204)

    @answers("PUT", f"{one}/repositories/{{repository_id}}", needs=f"{permission}:write")
    def _grant(state, call):
        return changed(state, call, "add")

    @answers("DELETE", f"{one}/repositories/{{repository_id}}", needs=f"{permission}:write")
    def _revoke(state, call):
        return changed(state, call, "discard")


for _kind, _name, _permission in (
    ("secrets", "secret_name", "organization_secrets"),
    ("variables", "name", "organization_actions_variables"),
):
    _base = f"/orgs/{{org}}/actions/{_kind}"
    _lists(_kind, _base, _permission)
    _reads(_kind, f"{_base}/{{{_name}}}", _name, _permission)
    _changes(_kind, f"{_base}/{{{_name}}}", _name, _permission)


@answers("GET", "/repos/{owner}/{repo}/actions/organization-secrets", needs="secrets:read")
def _secrets(state, call, repository):
    found = [
        {"name": one.name, "created_at": NOW, "updated_at": NOW}
        for one in seen(state, repository, "secrets")
    ]
    return listed(state, call, found, "secrets")


@answers(
    "GET", "/repos/{owner}/{repo}/actions/organization-variables", needs="actions_variables:read"
)
def _variables(state, call, repository):
    found = [
        {"name": one.name, "value": one.value, "created_at": NOW, "updated_at": NOW}
        for one in seen(state, repository, "variables")
    ]
    return listed(state, call, found, "variables")
