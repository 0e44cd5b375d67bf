"""What else leads into a repository: deploy keys, webhooks, invitations, runners."""

from tests.github.fake.documents import account, minimal_repository
from tests.github.fake.routing import answers, listed
from tests.github.fake.state import NOW

_ONE = "/repos/{owner}/{repo}"


@answers("GET", _ONE + "/keys", needs="administration:read")
def _keys(state, call, repository):
    found = [
        {
            "id": number,
            "key": "ssh-ed25519 AAAA",
            "url": f"{state.url}/repos/{repository.full_name}/keys/{number}",
            "title": title,
            "verified": True,
            "created_at": NOW,
            "read_only": False,
        }
        for number, title in enumerate(repository.keys, 1)
    ]
    return listed(state, call, found)


@answers("GET", _ONE + "/hooks", needs="repository_hooks:read")
def _hooks(state, call, repository):
    found = [
        {
            "type": "Repository",
            "id": number,
            "name": "web",
            "active": True,
            "events": ["push"],
            "config": {"url": url, "content_type": "json", "insecure_ssl": "0"},
            "updated_at": NOW,
            "created_at": NOW,
            "url": f"{state.url}/repos/{repository.full_name}/hooks/{number}",
            "test_url": f"{state.url}/repos/{repository.full_name}/hooks/{number}/test",
            "ping_url": f"{state.url}/repos/{repository.full_name}/hooks/{number}/pings",
            "last_response": {"code": None, "status": "unused", "message": None},
        }
        for number, url in enumerate(repository.hooks, 1)
    ]
    return listed(state, call, found)


@answers("GET", _ONE + "/invitations", needs="administration:read")
def _invitations(state, call, repository):
    found = [
        {
            "id": number,
            "node_id": f"RI_{number}",
            "repository": minimal_repository(state, repository),
            "invitee": account(state, login),
            "inviter": account(state, "olga-owner"),
            "permissions": "write",
            "created_at": NOW,
            "url": f"{state.url}/user/repository_invitations/{number}",
            "html_url": f"{state.url}/{repository.full_name}/invitations",
        }
        for number, login in enumerate(repository.invitations, 1)
    ]
    return listed(state, call, found)


@answers("GET", _ONE + "/actions/runners", needs="administration:read")
def _runners(state, call, repository):
    found = [
        {
            "id": number,
            "name": name,
            "os": "linux",
            "status": "online",
            "busy": False,
            "labels": [],
        }
        for number, name in enumerate(repository.runners, 1)
    ]
    return listed(state, call, found, "runners")
