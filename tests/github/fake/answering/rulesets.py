"""Rulesets of a repository."""

from tests.github.fake.routing import Answer, RefusedError, answers, listed
from tests.github.fake.state import NOW, number

_BASE = "/repos/{owner}/{repo}/rulesets"
_KEPT = ("name", "target", "enforcement", "bypass_actors", "conditions", "rules")
# GitHub writes these into a rule that leaves them out.
_FILLED = {
    "pull_request": {
        "allowed_merge_methods": ["merge", "squash", "rebase"],
        "required_reviewers": [],
    },
    "required_status_checks": {"do_not_enforce_on_create": False},
}


def _wrong(message: str) -> dict[str, str]:
    return {"resource": "RepositoryRuleset", "code": "custom", "message": message}


def _affordable(state, repository) -> None:
    organisation = state.organisations[repository.owner.lower()]
    if organisation.plan == "free" and repository.settings["private"]:
        raise RefusedError(
            403, "Upgrade to GitHub Pro or make this repository public to enable this feature."
        )


def _rule(rule: dict) -> dict:
    if rule["type"] not in _FILLED:
        return dict(rule)
    return {**rule, "parameters": {**_FILLED[rule["type"]], **rule.get("parameters", {})}}


def _checked(state, repository, body: dict, own: int | None = None) -> dict:
    _affordable(state, repository)
    kept = {name: body[name] for name in _KEPT if name in body}
    if any(
        found["name"] == kept.get("name") and found["id"] != own
        for found in repository.rulesets.values()
    ):
        raise RefusedError(422, "Validation Failed", [_wrong("Name must be unique")])
    contexts = [
        check["context"]
        for rule in kept.get("rules", [])
        if rule["type"] == "required_status_checks"
        for check in rule["parameters"]["required_status_checks"]
    ]
    if len(contexts) != len(set(contexts)):
        raise RefusedError(422, "Validation Failed", [_wrong("Invalid rule")])
    if "rules" in kept:
        kept["rules"] = [_rule(rule) for rule in kept["rules"]]
    return kept


def _document(state, repository, found: dict, *, whole: bool = True) -> dict:
    identifier = found["id"]
    url = f"{state.url}/repos/{repository.full_name}/rulesets/{identifier}"
    told = {
        **found,
        "source_type": "Repository",
        "source": repository.full_name,
        "node_id": f"RRS_{identifier}",
        "created_at": NOW,
        "updated_at": NOW,
        "_links": {"self": {"href": url}, "html": {"href": url}},
    }
    if whole:
        return told | {"current_user_can_bypass": "never"}
    return {
        name: told[name] for name in told if name not in {"rules", "conditions", "bypass_actors"}
    }


@answers("GET", _BASE, needs="metadata:read")
def _all(state, call, repository):
    _affordable(state, repository)
    found = [_document(state, repository, one, whole=False) for one in repository.rulesets.values()]
    return listed(state, call, found)


@answers("POST", _BASE, needs="administration:write")
def _make(state, call, repository):
    checked = _checked(state, repository, call.body)
    made = {
        "id": number(),
        "target": "branch",
        "bypass_actors": [],
        "conditions": {},
        "rules": [],
        **checked,
    }
    repository.rulesets[made["id"]] = made
    return Answer(201, _document(state, repository, made))


def _found(call, repository) -> dict:
    found = repository.rulesets.get(int(call.params["ruleset_id"]))
    if found is None:
        raise RefusedError(404, "Not Found")
    return found


@answers("GET", _BASE + "/{ruleset_id}", needs="metadata:read")
def _read(state, call, repository):
    return _document(state, repository, _found(call, repository))


@answers("PUT", _BASE + "/{ruleset_id}", needs="administration:write")
def _change(state, call, repository):
    found = _found(call, repository)
    found |= _checked(state, repository, call.body, found["id"])
    return _document(state, repository, found)


@answers("DELETE", _BASE + "/{ruleset_id}", needs="administration:write")
def _remove(state, call, repository):
    del repository.rulesets[_found(call, repository)["id"]]
    return Answer(204)
