"""Environments, who approves in them, and the branches that may deploy."""

from tests.github.fake.documents import environment_document, node
from tests.github.fake.routing import Answer, RefusedError, answers, listed
from tests.github.fake.state import Environment, number

_ALL = "/repos/{owner}/{repo}/environments"
_ONE = _ALL + "/{environment_name}"
_GATED = {"reviewers", "wait_timer", "prevent_self_review"}
_POLICIES = _ONE + "/deployment-branch-policies"


def _plan(state, repository) -> str:
    if state.server or not repository.settings["private"]:
        return "enterprise"
    return state.organisations[repository.owner.lower()].plan


def _found(call, repository) -> Environment:
    found = repository.environments.get(call.params["environment_name"])
    if found is None:
        raise RefusedError(404, "Not Found")
    return found


def _checked_reviewers(state, repository, reviewers: list[dict]) -> None:
    teams = state.organisations[repository.owner.lower()].teams
    readers = {team.id for slug, team in teams.items() if slug in repository.teams}
    readers |= {state.user(login) for login in repository.collaborators}
    if len(reviewers) > 6 or any(entry["id"] not in readers for entry in reviewers):
        raise RefusedError(
            422,
            "Failed to create the environment protection rule. A reviewer must "
            "have access to the repository, and six are the most.",
        )


def _checked(state, repository, body: dict) -> None:
    plan = _plan(state, repository)
    if plan == "free":
        raise RefusedError(404, "Not Found")
    # Even a field that only says that there is no reviewer is refused.
    if plan not in {"enterprise", "business_plus"} and _GATED & set(body):
        raise RefusedError(
            422,
            "Failed to create the environment protection rule. Please ensure the "
            "billing plan supports the required reviewers protection rule.",
        )
    policy = body.get("deployment_branch_policy")
    if policy and policy["protected_branches"] == policy["custom_branch_policies"]:
        raise RefusedError(
            422, "protected_branches and custom_branch_policies cannot have the same value."
        )
    _checked_reviewers(state, repository, body.get("reviewers") or [])


@answers("GET", _ALL, needs="actions:read")
def _all(state, call, repository):
    found = [
        environment_document(state, repository, one) for one in repository.environments.values()
    ]
    return listed(state, call, found, "environments")


@answers("GET", _ONE, needs="actions:read")
def _read(state, call, repository):
    return environment_document(state, repository, _found(call, repository))


@answers("PUT", _ONE, needs="administration:write")
def _put(state, call, repository):
    body = call.body or {}
    _checked(state, repository, body)
    name = call.params["environment_name"]
    found = repository.environments.setdefault(name, Environment(name))
    found.wait_timer = body.get("wait_timer") or 0
    found.prevent_self_review = bool(body.get("prevent_self_review"))
    found.reviewers = body.get("reviewers") or []
    found.branch_policy = body.get("deployment_branch_policy")
    if not (found.branch_policy or {}).get("custom_branch_policies"):
        found.branch_policies = {}
    return environment_document(state, repository, found)


@answers("DELETE", _ONE, needs="administration:write")
def _remove(state, call, repository):
    del repository.environments[_found(call, repository).name]
    return Answer(204)


@answers("GET", _POLICIES, needs="actions:read")
def _policies(state, call, repository):
    found = list(_found(call, repository).branch_policies.values())
    return listed(state, call, found, "branch_policies")


@answers("POST", _POLICIES, needs="administration:write")
def _add_policy(state, call, repository):
    found = _found(call, repository)
    if not (found.branch_policy or {}).get("custom_branch_policies"):
        raise RefusedError(404, "Not Found")
    body = call.body
    if body["name"] in {one["name"] for one in found.branch_policies.values()}:
        return Answer(303)
    identifier = number()
    made = {
        "id": identifier,
        "node_id": node(identifier),
        "name": body["name"],
        "type": body.get("type", "branch"),
    }
    found.branch_policies[identifier] = made
    return made


@answers("DELETE", _POLICIES + "/{branch_policy_id}", needs="administration:write")
def _remove_policy(state, call, repository):
    policies = _found(call, repository).branch_policies
    if policies.pop(int(call.params["branch_policy_id"]), None) is None:
        raise RefusedError(404, "Not Found")
    return Answer(204)
