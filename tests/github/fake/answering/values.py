"""Variables and secrets of a repository and of its environments."""

import re

from tests.github.fake.routing import Answer, RefusedError, answers, listed
from tests.github.fake.sealing import KEY_ID, opened, public_key
from tests.github.fake.state import NOW

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def variable(name: str, value: str) -> dict:
    return {"name": name, "value": value, "created_at": NOW, "updated_at": NOW}


def secret(name: str) -> dict:
    return {"name": name, "created_at": NOW, "updated_at": NOW}


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name) or name.upper().startswith("GITHUB_"):
        raise RefusedError(
            422,
            "Variable names can only contain alphanumeric characters and "
            "underscores, and must not start with GITHUB_ or a number.",
        )
    return name.upper()


def _environment(call, repository):
    found = repository.environments.get(call.params["environment_name"])
    if found is None:
        raise RefusedError(404, "Not Found")
    return found


def _add(variables: dict, body: dict) -> Answer:
    name = _checked(body["name"])
    if name in variables:
        raise RefusedError(409, "Already exists - Variable already exists")
    variables[name] = body["value"]
    return Answer(201, {})


def _change(variables: dict, call) -> Answer:
    name = call.params["name"].upper()
    if name not in variables:
        raise RefusedError(404, "Not Found")
    variables[name] = call.body.get("value", variables[name])
    return Answer(204)


def _remove(variables: dict, call) -> Answer:
    if variables.pop(call.params["name"].upper(), None) is None:
        raise RefusedError(404, "Not Found")
    return Answer(204)


def _listed(state, call, variables: dict) -> Answer:
    size = int(call.query.get("per_page", 10))
    if size > 30:
        raise RefusedError(422, "A page of variables holds at most 30.")
    found = [variable(name, value) for name, value in sorted(variables.items())]
    return listed(state, call, found, "variables")


_REPOSITORY = "/repos/{owner}/{repo}/actions/variables"
_IN_ENVIRONMENT = "/repos/{owner}/{repo}/environments/{environment_name}"


@answers("GET", _REPOSITORY, needs="actions_variables:read")
def _variables(state, call, repository):
    return _listed(state, call, repository.variables)


@answers("GET", _REPOSITORY + "/{name}", needs="actions_variables:read")
def _variable(state, call, repository):
    name = call.params["name"].upper()
    if name not in repository.variables:
        raise RefusedError(404, "Not Found")
    return variable(name, repository.variables[name])


@answers("POST", _REPOSITORY, needs="actions_variables:write")
def _add_variable(state, call, repository):
    return _add(repository.variables, call.body)


@answers("PATCH", _REPOSITORY + "/{name}", needs="actions_variables:write")
def _change_variable(state, call, repository):
    return _change(repository.variables, call)


@answers("DELETE", _REPOSITORY + "/{name}", needs="actions_variables:write")
def _remove_variable(state, call, repository):
    return _remove(repository.variables, call)


@answers("GET", _IN_ENVIRONMENT + "/variables", needs="environments:read")
def _environment_variables(state, call, repository):
    return _listed(state, call, _environment(call, repository).variables)


@answers("POST", _IN_ENVIRONMENT + "/variables", needs="environments:write")
def _add_environment_variable(state, call, repository):
    return _add(_environment(call, repository).variables, call.body)


@answers("PATCH", _IN_ENVIRONMENT + "/variables/{name}", needs="environments:write")
def _change_environment_variable(state, call, repository):
    return _change(_environment(call, repository).variables, call)


@answers("DELETE", _IN_ENVIRONMENT + "/variables/{name}", needs="environments:write")
def _remove_environment_variable(state, call, repository):
    return _remove(_environment(call, repository).variables, call)


def _put_secret(secrets: dict, call) -> Answer:
    body = call.body
    if body.get("key_id") != KEY_ID:
        raise RefusedError(422, "Validation Failed")
    name = _checked(call.params["secret_name"])
    new = name not in secrets
    secrets[name] = opened(body["encrypted_value"])
    return Answer(201, {}) if new else Answer(204)


@answers("GET", "/repos/{owner}/{repo}/actions/secrets", needs="secrets:read")
def _secrets(state, call, repository):
    return listed(state, call, [secret(name) for name in sorted(repository.secrets)], "secrets")


@answers("GET", "/repos/{owner}/{repo}/actions/secrets/public-key", needs="secrets:read")
def _key(state, call, repository):
    return {"key_id": KEY_ID, "key": public_key()}


@answers("PUT", "/repos/{owner}/{repo}/actions/secrets/{secret_name}", needs="secrets:write")
def _set_secret(state, call, repository):
    return _put_secret(repository.secrets, call)


@answers("DELETE", "/repos/{owner}/{repo}/actions/secrets/{secret_name}", needs="secrets:write")
def _remove_secret(state, call, repository):
    if repository.secrets.pop(call.params["secret_name"].upper(), None) is None:
        raise RefusedError(404, "Not Found")
    return Answer(204)


@answers("GET", _IN_ENVIRONMENT + "/secrets", needs="environments:read")
def _environment_secrets(state, call, repository):
    names = sorted(_environment(call, repository).secrets)
    return listed(state, call, [secret(name) for name in names], "secrets")


@answers("GET", _IN_ENVIRONMENT + "/secrets/public-key", needs="environments:read")
def _environment_key(state, call, repository):
    _environment(call, repository)
    return {"key_id": KEY_ID, "key": public_key()}


@answers("PUT", _IN_ENVIRONMENT + "/secrets/{secret_name}", needs="environments:write")
def _set_environment_secret(state, call, repository):
    return _put_secret(_environment(call, repository).secrets, call)


@answers("DELETE", _IN_ENVIRONMENT + "/secrets/{secret_name}", needs="environments:write")
def _remove_environment_secret(state, call, repository):
    secrets = _environment(call, repository).secrets
    if secrets.pop(call.params["secret_name"].upper(), None) is None:
        raise RefusedError(404, "Not Found")
    return Answer(204)
