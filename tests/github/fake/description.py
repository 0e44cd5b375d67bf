"""GitHub's own description of its API, and what it says of a request and an answer.

The description (npm `@octokit/openapi`, 13 MB) is fetched once into the cache of the person who
runs the tests, never into the repository.
"""

import json
import os
import re
import subprocess
import tarfile
from functools import cache
from pathlib import Path
from typing import Final

from tests.github.fake.routing import Answer, Call

PACKAGE: Final = "@octokit/openapi@23.0.2"
_MEMBER = "package/generated/api.github.com.json"
_SITE = "https://api.github.com"
# Statuses that any call can meet, whether its description names them or not.
_ANYWHERE = {304, 401, 403, 404, 409, 422, 429, 500, 502, 503}


# As they are when this is imported: the tests themselves run in a home of their own.
_HOME = os.environ.get("HOME", "")
_CACHE = Path(os.environ.get("MODELWRIGHT_TEST_CACHE") or Path.home() / ".cache")


def cache_folder() -> Path:
    """Where what npm gives is kept between test runs."""
    return _CACHE / "modelwright-tests"


def npm(*arguments: str, folder: Path) -> str:
    """Run npm in a folder, with the registry of the person who runs the tests.

    Raises:
        LookupError: npm is not there, or cannot have it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        done = subprocess.run(
            ["npm", *arguments],
            cwd=folder,
            env=os.environ | {"HOME": _HOME},
            capture_output=True,
            text=True,
            check=True,
            timeout=300,
        )
    except subprocess.CalledProcessError as error:
        raise LookupError(f"npm {' '.join(arguments)}: {error.stderr[-300:]}") from error
    except FileNotFoundError as error:
        raise LookupError("npm is not installed: apt-get install npm") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LookupError(f"npm {' '.join(arguments)}: {error}") from error
    return done.stdout


def _fetch(file: Path) -> None:
    archive = file.parent / npm("pack", "--silent", PACKAGE, folder=file.parent).split()[-1]
    with tarfile.open(archive) as opened:
        content = opened.extractfile(_MEMBER).read()
    partial = file.with_suffix(f".{os.getpid()}")
    partial.write_bytes(content)
    partial.replace(file)
    archive.unlink()


class Description:
    """What GitHub says that its API is.

    Raises:
        LookupError: The description cannot be had, or `openapi-core` is not installed.
    """

    def __init__(self, folder: Path) -> None:
        file = folder / f"{PACKAGE.rpartition('@')[2]}.json"
        try:
            from openapi_core import Config, OpenAPI

            if not file.exists():
                _fetch(file)
        except (ImportError, OSError) as error:
            raise LookupError(f"GitHub's description of its API: {error}") from error
        self.document = json.loads(file.read_bytes())
        # GitHub: "Using a value of null will remove or unset the property value", which is
        # `nullable` beside `oneOf`: no validator of this version of OpenAPI reads it so.
        value = self.document["components"]["schemas"]["custom-property-value"]["properties"][
            "value"
        ]
        value["oneOf"].append({"type": "string", "nullable": True, "enum": [None]})
        # GitHub grants rights over variables under these names, which its description leaves out.
        rights = self.document["components"]["schemas"]["app-permissions"]["properties"]
        for name in ("actions_variables", "organization_actions_variables"):
            rights.setdefault(name, {"type": "string", "enum": ["read", "write"]})
        self._api = OpenAPI.from_dict(self.document, Config(spec_validator_cls=None))
        self._judged: dict[str, list[str]] = {}

    def faults(self, call: Call, answer: Answer) -> list[str]:
        """What is wrong with one exchange: empty where the description agrees with both."""
        # Two exchanges that differ in numbers alone are judged alike.
        told = (call.method, call.target, call.content, answer.status, answer.content)
        key = re.sub(r"[0-9]+", "0", repr(told))
        if key not in self._judged:
            self._judged[key] = list(self._judge(call, answer))
        return self._judged[key]

    def _judge(self, call: Call, answer: Answer):
        from openapi_core.testing import MockRequest, MockResponse

        request = MockRequest(
            _SITE,
            call.method,
            call.encoded,
            args=call.query,
            data=call.content,
            content_type="application/json",
        )
        yield from self._undocumented(call)
        if answer.status != 422:
            yield from _told(
                f"request {call.method} {call.target}", self._api.validate_request, request
            )
        if str(answer.status) in self._operation(call).get("responses", {}):
            response = MockResponse(
                answer.content, answer.status, content_type="application/json; charset=utf-8"
            )
            yield from _told(
                f"answer {answer.status} to {call.method} {call.target}",
                self._api.validate_response,
                request,
                response,
            )
        elif answer.status not in _ANYWHERE:
            yield f"{call.method} {call.route.template} never answers {answer.status}"

    def _operation(self, call: Call) -> dict:
        return self.document["paths"].get(call.route.template, {}).get(call.method.lower(), {})

    def _undocumented(self, call: Call):
        """What the description lets through, because its schemas are open: names unknown to it."""
        operation = self._operation(call)
        if not operation:
            yield f"{call.method} {call.route.template} is not in the description"
            return
        queries = {
            found["name"]
            for found in map(self._resolved, operation.get("parameters", []))
            if found["in"] == "query"
        }
        for name in sorted(set(call.query) - queries):
            yield f"{call.method} {call.route.template} has no query parameter {name!r}"
        if call.content:
            media = operation.get("requestBody", {}).get("content", {})
            yield from self._unknown(
                media.get("application/json", {}).get("schema"),
                call.body,
                f"{call.method} {call.route.template}",
            )

    def _unknown(self, schema: dict | None, value: object, where: str):
        if schema is None:
            yield f"{where} takes no body"
            return
        known = self._properties(schema)
        if not isinstance(value, dict) or known is None:
            return
        for name, inner in value.items():
            if name not in known:
                yield f"{where} has no field {name!r}"
            elif isinstance(inner, dict):
                yield from self._unknown(known[name], inner, f"{where} {name}")
            elif isinstance(inner, list):
                items = self._items(known[name])
                for entry in inner:
                    yield from self._unknown(items, entry, f"{where} {name}[]")

    def _properties(self, schema: dict) -> dict | None:
        """The properties of a schema and its alternatives; None where any name may stand."""
        schema = self._resolved(schema)
        found = {name: [inner] for name, inner in schema.get("properties", {}).items()}
        for inner in [part for key in ("allOf", "oneOf", "anyOf") for part in schema.get(key, [])]:
            for name, alternatives in (self._properties(inner) or {}).items():
                found.setdefault(name, []).append(alternatives)
        if not found or schema.get("additionalProperties"):
            return None
        return {name: {"anyOf": one} if len(one) > 1 else one[0] for name, one in found.items()}

    def _items(self, schema: dict) -> dict:
        """What the entries of a list may be, by the schema or any of its alternatives."""
        schema = self._resolved(schema)
        inner = [self._items(part) for part in schema.get("anyOf", [])]
        return {"anyOf": inner} if inner else schema.get("items", {})

    def _resolved(self, schema: dict) -> dict:
        while "$ref" in schema:
            found = self.document
            for part in schema["$ref"].split("/")[1:]:
                found = found[part]
            schema = found
        return schema


def _told(what: str, judge, *arguments):
    """Run openapi-core; its complaint, with the schema's own words, in a line or two."""
    from openapi_core.exceptions import OpenAPIError

    try:
        judge(*arguments)
    except OpenAPIError as error:
        cause = error.__cause__
        inner = getattr(cause, "schema_errors", None) or []
        told = [f"{'/'.join(map(str, one.path))}: {one.message[:300]}" for one in inner]
        yield f"{what}: {'; '.join(told) or str(error)[:500]} {'' if told else cause or ''}".strip()


@cache
def github_description() -> Description:
    """The description, loaded once in a test run."""
    return Description(cache_folder())
