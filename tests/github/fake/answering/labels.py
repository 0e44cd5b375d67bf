"""Labels and topics."""

import re

from tests.github.fake.documents import node
from tests.github.fake.routing import Answer, RefusedError, answers, listed
from tests.github.fake.state import number

_OF_A_NEW_REPOSITORY = (
    "bug",
    "documentation",
    "duplicate",
    "enhancement",
    "good first issue",
    "help wanted",
    "invalid",
    "question",
    "wontfix",
)


def label(state, repository, name, color="ededed", description=None, *, default=False) -> dict:
    identifier = number()
    url = f"{state.url}/repos/{repository.full_name}/labels/{name.replace(' ', '%20')}"
    return {
        "id": identifier,
        "node_id": node(identifier),
        "url": url,
        "name": name,
        "description": description,
        "color": color,
        "default": default,
    }


def first_labels(state, repository) -> dict[str, dict]:
    return {name: label(state, repository, name, default=True) for name in _OF_A_NEW_REPOSITORY}


def _checked(body: dict) -> None:
    if not re.fullmatch(r"[0-9a-fA-F]{6}", body.get("color", "ededed")):
        raise RefusedError(
            422, "Validation Failed", [{"resource": "Label", "code": "invalid", "field": "color"}]
        )
    if len(body.get("description") or "") > 100:
        raise RefusedError(
            422,
            "Validation Failed",
            [{"resource": "Label", "code": "invalid", "field": "description"}],
        )


@answers("GET", "/repos/{owner}/{repo}/labels", needs="issues:read")
def _labels(state, call, repository):
    return listed(state, call, list(repository.labels.values()))


@answers("POST", "/repos/{owner}/{repo}/labels", needs="issues:write")
def _make(state, call, repository):
    body = call.body
    _checked(body)
    if body["name"].lower() in {name.lower() for name in repository.labels}:
        raise RefusedError(
            422,
            "Validation Failed",
            [{"resource": "Label", "code": "already_exists", "field": "name"}],
        )
    made = label(state, repository, **body)
    repository.labels[body["name"]] = made
    return Answer(201, made)


@answers("PATCH", "/repos/{owner}/{repo}/labels/{name}", needs="issues:write")
def _change(state, call, repository):
    found = repository.labels.pop(call.params["name"], None)
    if found is None:
        raise RefusedError(404, "Not Found")
    body = call.body
    _checked(body)
    found |= {key: body[key] for key in ("color", "description") if key in body}
    found["name"] = body.get("new_name", found["name"])
    repository.labels[found["name"]] = found
    return found


@answers("DELETE", "/repos/{owner}/{repo}/labels/{name}", needs="issues:write")
def _remove(state, call, repository):
    if repository.labels.pop(call.params["name"], None) is None:
        raise RefusedError(404, "Not Found")
    return Answer(204)


@answers("GET", "/repos/{owner}/{repo}/topics", needs="metadata:read")
def _topics(state, call, repository):
    return {"names": repository.topics}


@answers("PUT", "/repos/{owner}/{repo}/topics", needs="administration:write")
def _set_topics(state, call, repository):
    names = call.body["names"]
    fine = all(re.fullmatch(r"[a-z0-9][a-z0-9-]{0,49}", name) for name in names)
    if not fine or len(names) > 20:
        raise RefusedError(
            422,
            "Topics must start with a lowercase letter or number, consist of 50 "
            "characters or less, and can include hyphens.",
        )
    repository.topics = sorted(names)
    return {"names": repository.topics}
