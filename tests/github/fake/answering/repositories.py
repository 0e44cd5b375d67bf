"""Repositories: made, read, changed, deleted."""

import re
import shutil

from tests.github.fake.access import at_least, is_owner, organisation_of, role_in
from tests.github.fake.answering.actions import FIRST_PERMISSIONS, FIRST_WORKFLOW
from tests.github.fake.answering.labels import first_labels
from tests.github.fake.answering.teams import rights
from tests.github.fake.documents import repository_document
from tests.github.fake.git_http import bare_repository
from tests.github.fake.routing import Answer, RefusedError, answers
from tests.github.fake.state import Repository

_ONE = "/repos/{owner}/{repo}"
_FIRST = {
    "description": None,
    "homepage": None,
    "private": False,
    "visibility": "public",
    "default_branch": "main",
    "archived": False,
    "is_template": False,
    "has_issues": True,
    "has_projects": True,
    "has_wiki": True,
    "has_discussions": False,
    "has_downloads": True,
    "allow_squash_merge": True,
    "allow_merge_commit": True,
    "allow_rebase_merge": True,
    "allow_auto_merge": False,
    "delete_branch_on_merge": False,
    "allow_update_branch": False,
    "squash_merge_commit_title": "COMMIT_OR_PR_TITLE",
    "squash_merge_commit_message": "COMMIT_MESSAGES",
    "merge_commit_title": "MERGE_MESSAGE",
    "merge_commit_message": "PR_TITLE",
    "web_commit_signoff_required": False,
    "allow_forking": False,
}


def _invalid(field: str, message: str) -> RefusedError:
    return RefusedError(
        422,
        "Validation Failed",
        [{"resource": "Repository", "code": "custom", "field": field, "message": message}],
    )


def _checked_text(body: dict) -> None:
    text = body.get("description") or ""
    if len(text) > 350:
        raise _invalid("description", "description cannot be more than 350 characters")
    if re.search(r"[\x00-\x1f\x7f]", text):
        raise _invalid("description", "description control characters are not allowed")


def checked_properties(organisation, wanted: dict) -> None:
    """Every property stands in the organisation's schema, and its value is of its kind."""
    for name, value in wanted.items():
        told = organisation.properties.get(name)
        allowed = (told or {}).get("allowed_values")
        if told is None or (value is not None and allowed and value not in allowed):
            raise RefusedError(
                422,
                "Validation Failed",
                [{"resource": "CustomProperty", "code": "invalid", "field": name}],
            )
        if isinstance(value, str) and not re.fullmatch(r"[ !#-~]{0,75}", value):
            raise RefusedError(
                422,
                "Validation Failed",
                [{"resource": "CustomProperty", "code": "invalid", "field": name}],
            )


def may_set_properties(state, organisation, token, wanted: dict) -> None:
    """A repository's own people set what the definition leaves to them, and nothing else."""
    if token.kind == "installation" or is_owner(state, organisation, token):
        return
    for name in wanted:
        if organisation.properties[name].get("values_editable_by") != "org_and_repo_actors":
            raise RefusedError(403, f"You may not set the custom property {name}.")


def _may_create(state, call, organisation, body: dict) -> None:
    token = call.token
    member = token.kind == "installation" or token.login in organisation.members
    if token.kind == "actions" or not member or not organisation.create_repositories:
        raise RefusedError(
            403, "You need admin access to the organization before adding a repository to it."
        )
    private = body.get("private") or body.get("visibility") == "private"
    if private and not organisation.private_repositories:
        raise RefusedError(
            422,
            "Validation Failed",
            [
                {
                    "resource": "Repository",
                    "code": "custom",
                    "field": "visibility",
                    "message": "private repositories are disabled by the organization",
                }
            ],
        )


@answers("POST", "/orgs/{org}/repos", needs="administration:write")
def _make(state, call):
    organisation, body = organisation_of(state, call), call.body
    _may_create(state, call, organisation, body)
    _checked_text(body)
    name = re.sub(r"[^A-Za-z0-9._-]", "-", body["name"]).removesuffix(".git")
    key = f"{organisation.login}/{name}".lower()
    if key in state.repositories:
        raise _invalid("name", "name already exists on this account")
    properties = body.get("custom_properties", {})
    checked_properties(organisation, properties)
    may_set_properties(state, organisation, call.token, properties)
    settings = _FIRST | {key: body[key] for key in _FIRST if key in body}
    _show(organisation, settings, body)
    found = Repository(organisation.login, name, state.folder / f"{key}.git", settings)
    found.git.parent.mkdir(parents=True, exist_ok=True)
    bare_repository(found.git)
    _first_state(state, call, organisation, found, properties)
    return Answer(201, _document(state, call, found))


def _show(organisation, settings: dict, body: dict) -> None:
    """`internal` is private with more readers, and an enterprise's alone."""
    wanted = body.get("visibility", "private" if body.get("private") else "public")
    if wanted == "internal" and organisation.plan != "enterprise":
        raise _invalid(
            "visibility",
            "Only organizations associated with an enterprise can set visibility to internal",
        )
    settings |= {"visibility": wanted, "private": wanted != "public"}


def _first_state(state, call, organisation, found: Repository, properties: dict) -> None:
    found.properties = dict(properties)
    found.actions, found.workflow = dict(FIRST_PERMISSIONS), dict(FIRST_WORKFLOW)
    if organisation.enabled_repositories != "all":
        found.actions = {"enabled": False}
    found.labels = first_labels(state, found)
    if call.token.kind in {"classic", "fine-grained"}:
        found.collaborators[call.token.login] = "admin"
    _cheap(organisation, found)
    state.repositories[found.full_name.lower()] = found


def _cheap(organisation, found: Repository) -> None:
    if organisation.plan == "free" and found.settings["private"]:
        found.settings["allow_auto_merge"] = False


def _document(state, call, found: Repository) -> dict:
    role = {"read": "pull", "write": "push", "admin": "admin"}[role_in(state, found, call.token)]
    return repository_document(state, found, permissions=rights(role))


@answers("GET", _ONE, needs="metadata:read")
def _read(state, call, repository):
    return _document(state, call, repository)


@answers("PATCH", _ONE, needs="administration:write")
def _change(state, call, repository):
    body = call.body
    if repository.settings["archived"] and body.get("archived", True):
        raise RefusedError(403, "Repository was archived so is read-only.")
    _checked_text(body)
    branch = body.get("default_branch", repository.settings["default_branch"])
    known = {path.name for path in (repository.git / "refs/heads").glob("*")}
    if "default_branch" in body and branch not in known:
        raise _invalid(
            "default_branch",
            f"The branch {branch} was not found. Please push that "
            "ref first or create it via the Git Data API.",
        )
    repository.settings |= {key: body[key] for key in _FIRST if key in body}
    _cheap(state.organisations[repository.owner.lower()], repository)
    return _document(state, call, repository)


@answers("DELETE", _ONE, needs="administration:write")
def _remove(state, call, repository):
    organisation = state.organisations[repository.owner.lower()]
    token = call.token
    if token.kind == "classic" and "delete_repo" not in token.scopes:
        raise RefusedError(403, "Must have admin rights to Repository.")
    if not organisation.deletes_repositories or not at_least(
        role_in(state, repository, token), "admin"
    ):
        raise RefusedError(403, "Organization members cannot delete repositories.")
    del state.repositories[repository.full_name.lower()]
    for one in [*organisation.secrets.values(), *organisation.variables.values()]:
        one.repositories.discard(repository.id)
    organisation.selected_repositories.discard(repository.id)
    shutil.rmtree(repository.git)
    return Answer(204)


@answers("GET", _ONE + "/properties/values", needs="metadata:read")
def _values(state, call, repository):
    return [
        {"property_name": name, "value": value}
        for name, value in sorted(repository.properties.items())
    ]


@answers("PATCH", _ONE + "/properties/values", needs="repository_custom_properties:write")
def _set_values(state, call, repository):
    wanted = {entry["property_name"]: entry["value"] for entry in call.body["properties"]}
    organisation = state.organisations[repository.owner.lower()]
    checked_properties(organisation, wanted)
    may_set_properties(state, organisation, call.token, wanted)
    repository.properties |= wanted
    repository.properties = {
        name: value for name, value in repository.properties.items() if value is not None
    }
    return Answer(204)


@answers("GET", _ONE + "/vulnerability-alerts", needs="administration:read")
def _alerts(state, call, repository):
    if not repository.vulnerability_alerts:
        raise RefusedError(404, "Vulnerability alerts are disabled.")
    return Answer(204)


@answers("PUT", _ONE + "/vulnerability-alerts", needs="administration:write")
def _set_alerts(state, call, repository):
    repository.vulnerability_alerts = True
    return Answer(204)


@answers("DELETE", _ONE + "/vulnerability-alerts", needs="administration:write")
def _unset_alerts(state, call, repository):
    repository.vulnerability_alerts = False
    return Answer(204)
