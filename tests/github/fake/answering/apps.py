"""GitHub Apps: the installation, and the token that lives for an hour."""

import time

from tests.github.fake.access import organisation_of
from tests.github.fake.documents import account, node
from tests.github.fake.routing import Answer, RefusedError, answers
from tests.github.fake.state import NOW, Token, number

GITHUB_ACTIONS = 15368


def _application(call):
    if call.token.kind != "app":
        raise RefusedError(401, "A JSON web token could not be decoded")


@answers("GET", "/apps/{app_slug}")
def _app(state, call):
    if call.params["app_slug"] != "github-actions":
        raise RefusedError(404, "Not Found")
    return {
        "id": GITHUB_ACTIONS,
        "slug": "github-actions",
        "node_id": node(GITHUB_ACTIONS),
        "owner": account(state, "github"),
        "name": "GitHub Actions",
        "description": "Automate your workflow from idea to production",
        "external_url": "https://help.github.com/en/actions",
        "html_url": "https://github.com/apps/github-actions",
        "created_at": NOW,
        "updated_at": NOW,
        "permissions": {"actions": "write", "contents": "write"},
        "events": ["check_run"],
    }


@answers("GET", "/orgs/{org}/installation")
def _installation(state, call):
    _application(call)
    found = organisation_of(state, call)
    url = f"{state.url}/app/installations/{found.installation}"
    return {
        "id": found.installation,
        "app_id": 1,
        "app_slug": "modelwright-button",
        "target_id": found.id,
        "target_type": "Organization",
        "single_file_name": None,
        "repository_selection": "all",
        "access_tokens_url": f"{url}/access_tokens",
        "html_url": url,
        "repositories_url": f"{state.url}/installation/repositories",
        "events": [],
        "account": account(state, found.login),
        "permissions": dict(call.token.permissions),
        "created_at": NOW,
        "updated_at": NOW,
        "suspended_by": None,
        "suspended_at": None,
    }


@answers("POST", "/app/installations/{installation_id}/access_tokens")
def _access_token(state, call):
    _application(call)
    identifier = int(call.params["installation_id"])
    found = next(
        (one for one in state.organisations.values() if one.installation == identifier), None
    )
    if found is None:
        raise RefusedError(404, "Not Found")
    value = f"ghs_canary{number()}installation"
    granted = dict(call.token.permissions)
    wanted = call.body.get("permissions", granted)
    if any(granted.get(name) not in {level, "write"} for name, level in wanted.items()):
        raise RefusedError(422, "The permissions requested are not granted to this installation.")
    named = call.body.get("repositories", [])
    for name in named:
        if f"{found.login}/{name}".lower() not in state.repositories:
            raise RefusedError(422, "There is at least one repository that does not exist.")
    one = f"{found.login}/{named[0]}" if named else None
    state.tokens[value] = Token(value, found.login, "installation", wanted, repository=one)
    expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
    return Answer(
        201,
        {
            "token": value,
            "expires_at": expires,
            "permissions": wanted,
            "repository_selection": "selected" if named else "all",
        },
    )


@answers("DELETE", "/installation/token")
def _revoke(state, call):
    if call.token.kind != "installation":
        raise RefusedError(403, "You must authenticate with an installation access token.")
    call.token.expired = True
    return Answer(204)
