"""The documents that GitHub answers with, whole, in the shape of its description."""

import base64

from tests.github.fake.state import NOW, Environment, Organisation, Repository, State, Team

_REPOSITORY_LINKS = [
    "archive_url",
    "assignees_url",
    "blobs_url",
    "branches_url",
    "collaborators_url",
    "comments_url",
    "commits_url",
    "compare_url",
    "contents_url",
    "contributors_url",
    "deployments_url",
    "downloads_url",
    "events_url",
    "forks_url",
    "git_commits_url",
    "git_refs_url",
    "git_tags_url",
    "hooks_url",
    "issue_comment_url",
    "issue_events_url",
    "issues_url",
    "keys_url",
    "labels_url",
    "languages_url",
    "merges_url",
    "milestones_url",
    "notifications_url",
    "pulls_url",
    "releases_url",
    "stargazers_url",
    "statuses_url",
    "subscribers_url",
    "subscription_url",
    "tags_url",
    "teams_url",
    "trees_url",
]
_USER_LINKS = [
    "events_url",
    "followers_url",
    "following_url",
    "gists_url",
    "organizations_url",
    "received_events_url",
    "repos_url",
    "starred_url",
    "subscriptions_url",
]


def node(number: int) -> str:
    return base64.b64encode(f"fake:{number}".encode()).decode()


def account(state: State, login: str) -> dict:
    organisation = state.organisations.get(login.lower())
    identifier = organisation.id if organisation else state.user(login)
    url = f"{state.url}/users/{login}"
    return {
        "login": login,
        "id": identifier,
        "node_id": node(identifier),
        "avatar_url": f"{state.url}/avatars/{login}",
        "gravatar_id": "",
        "html_url": f"{state.url}/{login}",
        "site_admin": False,
        "type": "Organization" if organisation else "User",
        "url": url,
        **{name: f"{url}/{name.removesuffix('_url')}" for name in _USER_LINKS},
    }


def private_user(state: State, login: str) -> dict:
    counts = [
        "followers",
        "following",
        "public_gists",
        "public_repos",
        "collaborators",
        "disk_usage",
        "owned_private_repos",
        "private_gists",
        "total_private_repos",
    ]
    empty = ("bio", "blog", "company", "email", "hireable", "location", "name")
    return {
        **account(state, login),
        **dict.fromkeys(counts, 0),
        **dict.fromkeys(empty),
        "created_at": NOW,
        "updated_at": NOW,
        "two_factor_authentication": True,
        "user_view_type": "private",
    }


def organisation_document(state: State, found: Organisation, *, owner: bool) -> dict:
    url = f"{state.url}/orgs/{found.login}"
    names = ("repos", "events", "hooks", "issues", "members", "public_members")
    seen_by_owners = {
        "plan": {
            "name": found.plan,
            "space": 1,
            "private_repos": 999999,
            "filled_seats": len(found.members),
            "seats": 50,
        },
        "default_repository_permission": "none",
        "members_can_create_repositories": found.create_repositories,
        "members_can_create_private_repositories": found.private_repositories,
        "members_can_create_public_repositories": False,
        "members_can_create_internal_repositories": found.plan == "enterprise",
    }
    return {
        "login": found.login,
        "url": url,
        "id": found.id,
        "node_id": node(found.id),
        **{f"{name}_url": f"{url}/{name}" for name in names},
        "avatar_url": f"{state.url}/avatars/{found.login}",
        "description": "An organisation that exists in tests alone",
        "html_url": f"{state.url}/{found.login}",
        "has_organization_projects": True,
        "has_repository_projects": True,
        **dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0),
        "type": "Organization",
        "created_at": NOW,
        "updated_at": NOW,
        "archived_at": None,
        **(seen_by_owners if owner else {}),
    }


def team_document(state: State, organisation: Organisation, team: Team) -> dict:
    url = f"{state.url}/organizations/{organisation.id}/team/{team.id}"
    return {
        "id": team.id,
        "node_id": node(team.id),
        "url": url,
        "members_url": f"{url}/members{{/member}}",
        "repositories_url": f"{url}/repos",
        "html_url": f"{state.url}/orgs/{organisation.login}/teams/{team.slug}",
        "name": team.slug.replace("-", " "),
        "slug": team.slug,
        "description": None,
        "privacy": "closed",
        "permission": "pull",
        "parent": None,
        "type": "organization",
    }


def full_team(state: State, organisation: Organisation, team: Team) -> dict:
    return {
        **team_document(state, organisation, team),
        "created_at": NOW,
        "updated_at": NOW,
        "members_count": len(team.members),
        "repos_count": sum(team.slug in found.teams for found in state.repositories.values()),
        "organization": organisation_document(state, organisation, owner=False),
    }


def minimal_repository(state: State, found: Repository) -> dict:
    url = f"{state.url}/repos/{found.full_name}"
    return {
        "id": found.id,
        "node_id": node(found.id),
        "name": found.name,
        "full_name": found.full_name,
        "owner": account(state, found.owner),
        "private": found.settings["private"],
        "html_url": f"{state.url}/{found.full_name}",
        "description": found.settings["description"],
        "fork": False,
        "url": url,
        **{name: f"{url}/{name.removesuffix('_url')}" for name in _REPOSITORY_LINKS},
    }


def repository_document(state: State, found: Repository, *, permissions: dict) -> dict:
    web = f"{state.url}/{found.full_name}"
    counts = [
        "forks",
        "forks_count",
        "open_issues",
        "open_issues_count",
        "stargazers_count",
        "watchers",
        "watchers_count",
        "network_count",
        "subscribers_count",
        "size",
    ]
    return {
        **minimal_repository(state, found),
        **found.settings,
        **dict.fromkeys(counts, 0),
        "clone_url": f"{web}.git",
        "git_url": f"{web}.git",
        "ssh_url": f"git@localhost:{found.full_name}.git",
        "svn_url": web,
        "has_pages": False,
        "language": None,
        "license": None,
        "mirror_url": None,
        "disabled": False,
        "topics": found.topics,
        "custom_properties": found.properties,
        "permissions": permissions,
        "organization": account(state, found.owner),
        "pushed_at": NOW,
        "created_at": NOW,
        "updated_at": NOW,
    }


def environment_document(state: State, found: Repository, environment: Environment) -> dict:
    url = f"{state.url}/repos/{found.full_name}/environments/{environment.name}"
    rules = []
    if environment.wait_timer:
        rules.append({"type": "wait_timer", "wait_timer": environment.wait_timer})
    if environment.reviewers:
        rules.append(
            {
                "type": "required_reviewers",
                "prevent_self_review": environment.prevent_self_review,
                "reviewers": [_reviewer(state, found, entry) for entry in environment.reviewers],
            }
        )
    if environment.branch_policy:
        rules.append({"type": "branch_policy"})
    for place, rule in enumerate(rules):
        rule |= {"id": environment.id * 10 + place, "node_id": node(environment.id * 10 + place)}
    return {
        "id": environment.id,
        "node_id": node(environment.id),
        "name": environment.name,
        "url": url,
        "html_url": f"{state.url}/{found.full_name}/deployments/activity_log",
        "created_at": NOW,
        "updated_at": NOW,
        "protection_rules": rules,
        "deployment_branch_policy": environment.branch_policy,
    }


def _reviewer(state: State, found: Repository, entry: dict) -> dict:
    organisation = state.organisations[found.owner.lower()]
    if entry["type"] == "Team":
        team = next(team for team in organisation.teams.values() if team.id == entry["id"])
        return {"type": "Team", "reviewer": team_document(state, organisation, team)}
    login = next(login for login, number in state.users.items() if number == entry["id"])
    return {"type": "User", "reviewer": account(state, login)}
