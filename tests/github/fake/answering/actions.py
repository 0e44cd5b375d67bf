"""What actions may do in a repository, and the claims of its OIDC tokens."""

from tests.github.fake.routing import Answer, RefusedError, answers

_BASE = "/repos/{owner}/{repo}/actions/permissions"
_OIDC = "/repos/{owner}/{repo}/actions/oidc/customization/sub"
_READ, _WRITE = "administration:read", "administration:write"
# They ignore what they do not know, without a word.
OLDER = ("3.17.0", "3.18.0")
FIRST_PERMISSIONS = {"enabled": True, "allowed_actions": "all", "sha_pinning_required": False}
FIRST_WORKFLOW = {"default_workflow_permissions": "read", "can_approve_pull_request_reviews": False}


@answers("GET", _BASE, needs=_READ)
def _permissions(state, call, repository):
    told = dict(repository.actions)
    if state.server in OLDER:
        told.pop("sha_pinning_required", None)
    if told.get("allowed_actions") == "selected":
        url = f"{state.url}/repos/{repository.full_name}/actions/permissions/selected-actions"
        told["selected_actions_url"] = url
    return told


@answers("PUT", _BASE, needs=_WRITE)
def _set_permissions(state, call, repository):
    organisation = state.organisations[repository.owner.lower()]
    body = call.body
    if body["enabled"] and (
        organisation.enabled_repositories == "none"
        or (
            organisation.enabled_repositories == "selected"
            and repository.id not in organisation.selected_repositories
        )
    ):
        raise RefusedError(409, "Actions is disabled for this repository by its organization.")
    if organisation.allowed_actions == "selected" and body.get("allowed_actions") == "all":
        raise RefusedError(409, "Allowed actions are set by the organization.")
    repository.actions = body if body["enabled"] else {"enabled": False}
    return Answer(204)


@answers("GET", f"{_BASE}/selected-actions", needs=_READ)
def _selected(state, call, repository):
    _needs_selected(repository)
    return repository.selected_actions


@answers("PUT", f"{_BASE}/selected-actions", needs=_WRITE)
def _set_selected(state, call, repository):
    _needs_selected(repository)
    repository.selected_actions = {
        "github_owned_allowed": False,
        "verified_allowed": False,
        "patterns_allowed": [],
        **call.body,
    }
    return Answer(204)


def _needs_selected(repository) -> None:
    if repository.actions.get("allowed_actions") != "selected":
        raise RefusedError(409, "Conflict: allowed_actions is not selected.")


@answers("GET", f"{_BASE}/workflow", needs=_READ)
def _workflow(state, call, repository):
    return repository.workflow


@answers("PUT", f"{_BASE}/workflow", needs=_WRITE)
def _set_workflow(state, call, repository):
    repository.workflow |= call.body
    return Answer(204)


@answers("GET", f"{_BASE}/access", needs=_READ)
def _access(state, call, repository):
    return {"access_level": repository.access}


@answers("PUT", f"{_BASE}/access", needs=_WRITE)
def _set_access(state, call, repository):
    if not repository.settings["private"]:
        raise RefusedError(422, "Access policy only applies to internal and private repositories.")
    repository.access = call.body["access_level"]
    return Answer(204)


@answers("GET", _OIDC, needs="actions:read")
def _oidc(state, call, repository):
    return repository.oidc


@answers("PUT", _OIDC, needs="actions:write")
def _set_oidc(state, call, repository):
    body = call.body
    if not body["use_default"] and not body.get("include_claim_keys"):
        raise RefusedError(422, "include_claim_keys must be given when use_default is false.")
    repository.oidc = body
    return Answer(201, {})
