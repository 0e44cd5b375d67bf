"""Which function answers which call: `@answers("GET", "/orgs/{org}")` in GitHub's own words."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, quote, unquote

from tests.github.fake.state import State, Token

_GREEDY = {"path", "ref"}


@dataclass(frozen=True)
class Route:
    method: str
    template: str
    pattern: re.Pattern[str]
    function: Callable
    needs: str


@dataclass
class Call:
    """One request that came in, and what the fake knows about it."""

    method: str
    target: str
    headers: dict[str, str]
    content: bytes
    token: Token | None = None
    route: Route | None = None
    params: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> dict[str, str]:
        found = parse_qs(self.target.partition("?")[2], keep_blank_values=True)
        return {name: values[-1] for name, values in found.items()}

    @property
    def body(self) -> dict:
        return json.loads(self.content) if self.content else {}

    @property
    def encoded(self) -> str:
        """The path with a slash inside one parameter encoded, as the description wants it."""
        filled = {name: quote(value, safe="") for name, value in self.params.items()}
        return self.route.template.format(**filled) if self.route else self.path


@dataclass
class Answer:
    status: int = 200
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        return b"" if self.body is None else json.dumps(self.body).encode()


class RefusedError(Exception):
    """The fake refuses a call, with GitHub's status and words."""

    def __init__(self, status: int, message: str, errors=None, headers=None) -> None:
        super().__init__(message)
        body = {"message": message, "documentation_url": "https://docs.github.com/rest"}
        if errors:
            body["errors"] = errors
        self.answer = Answer(status, {**body, "status": str(status)}, headers or {})


ROUTES: list[Route] = []


def answers(method: str, template: str, *, needs: str = ""):
    """Register a function `(state, call[, repository]) -> Answer | document`.

    `needs` is the permission in the words of GitHub Apps, `administration:write`. A path below
    `/repos/{owner}/{repo}` gets the repository as its third argument, or 404 is answered.
    """

    def register(function):
        names = re.sub(
            r"\{(\w+)\}",
            lambda found: f"(?P<{found[1]}>{'.+' if found[1] in _GREEDY else '[^/]+'})",
            template,
        )
        pattern = re.compile(rf"\A{names}\Z")
        ROUTES.append(Route(method, template, pattern, function, needs))
        return function

    return register


def route_of(method: str, path: str) -> tuple[Route, dict[str, str]]:
    known = False
    for route in sorted(ROUTES, key=lambda route: route.template.count("{")):
        found = route.pattern.match(path)
        if found and route.method == method:
            return route, {name: unquote(value) for name, value in found.groupdict().items()}
        known = known or bool(found)
    raise LookupError(f"the fake does not know {method} {path}" + " (its path is known)" * known)


def page(call: Call, found: list) -> list:
    size = min(int(call.query.get("per_page", 30)), 100)
    first = (int(call.query.get("page", 1)) - 1) * size
    return found[first : first + size]


def links(state: State, call: Call, total: int) -> dict[str, str]:
    """The `link` header of a list of `total` entries."""
    size = min(int(call.query.get("per_page", 30)), 100)
    current = int(call.query.get("page", 1))
    if current * size >= total:
        return {}
    rest = "&".join(f"{name}={value}" for name, value in call.query.items() if name != "page")
    following = f"{state.url}{call.path}?{rest}&page={current + 1}".replace("?&", "?")
    return {"link": f'<{following}>; rel="next"'}


def listed(state: State, call: Call, found: list, key: str = "") -> Answer:
    """One page of a list: bare, or under `key` with its total."""
    entries = page(call, found)
    body = {"total_count": len(found), key: entries} if key else entries
    return Answer(200, body, links(state, call, len(found)))
