"""People, organisations, and what an organisation allows."""

from tests.github.fake.access import is_owner, organisation_of
from tests.github.fake.answering.actions import FIRST_PERMISSIONS
from tests.github.fake.documents import organisation_document, private_user
from tests.github.fake.routing import Answer, RefusedError, answers


@answers("GET", "/user")
def _user(state, call):
    if call.token.kind in {"installation", "actions"}:
        raise RefusedError(403, "Resource not accessible by integration")
    return private_user(state, call.token.login)


@answers("GET", "/users/{username}")
def _anybody(state, call):
    login = call.params["username"]
    if login not in state.users:
        raise RefusedError(404, "Not Found")
    return private_user(state, login)


@answers("GET", "/orgs/{org}")
def _organisation(state, call):
    found = organisation_of(state, call)
    told = organisation_document(state, found, owner=is_owner(state, found, call.token))
    version = {"x-github-enterprise-version": state.server} if state.server else {}
    return Answer(200, told, version)


@answers("GET", "/orgs/{org}/properties/schema", needs="organization_custom_properties:read")
def _properties(state, call):
    found = organisation_of(state, call)
    return [
        {
            "property_name": name,
            "url": f"{state.url}/orgs/{found.login}/properties/schema/{name}",
            "source_type": "organization",
            "required": False,
            "description": None,
            "allowed_values": None,
            "values_editable_by": "org_actors",
            **told,
        }
        for name, told in found.properties.items()
    ]


@answers("GET", "/orgs/{org}/actions/permissions", needs="organization_administration:read")
def _actions(state, call):
    found = organisation_of(state, call)
    told = {
        "enabled_repositories": found.enabled_repositories,
        "allowed_actions": found.allowed_actions,
        "sha_pinning_required": False,
    }
    if found.enabled_repositories == "selected":
        url = f"{state.url}/organizations/{found.id}/actions/permissions/repositories"
        told["selected_repositories_url"] = url
    return told


def _switch(method: str, how: str) -> None:
    path = "/orgs/{org}/actions/permissions/repositories/{repository_id}"

    @answers(method, path, needs="organization_administration:write")
    def _switched(state, call):
        found = organisation_of(state, call)
        identifier = int(call.params["repository_id"])
        if found.enabled_repositories != "selected":
            raise RefusedError(409, "Conflict")
        getattr(found.selected_repositories, how)(identifier)
        for one in state.repositories.values():
            if one.id == identifier and how == "add":
                one.actions = dict(FIRST_PERMISSIONS)
        return Answer(204)


_switch("PUT", "add")
_switch("DELETE", "discard")
