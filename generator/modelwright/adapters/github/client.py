"""A thin client of GitHub's REST API: retry with backoff, rate limits, pages, parallel calls.

A call is sent again only where that does no harm: where it is idempotent or was never sent.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Container, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, TypeVar

import httpx

from modelwright import __version__
from modelwright.errors import ExternalSystemError

__all__ = [
    "LONGEST_WAIT",
    "ExpiredError",
    "GitHub",
    "GitHubError",
    "Response",
    "UncertainError",
    "UnreachableError",
    "retry",
    "seconds_to_wait",
]

Key = TypeVar("Key")
Value = TypeVar("Value")
LONGEST_WAIT: Final = 300.0
MAX_TRIES: Final = 4
MAX_PARALLEL: Final = 8
_DEFAULT_WAIT: Final = 60.0
_IDEMPOTENT: Final = ("GET", "PUT", "PATCH", "DELETE")
_NEVER_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_SERVER_FAULTS: Final = (500, 502, 503, 504)
_NEXT_STEPS: Final[Mapping[int, str]] = {
    HTTPStatus.UNAUTHORIZED: "get a new token, then run the command again",
    HTTPStatus.FORBIDDEN: "use a token with the rights that docs/create.md lists, such as an app's",
}


class GitHubError(ExternalSystemError):
    """GitHub refused a call.

    Attributes:
        status: HTTP status of the answer.
    """

    def __init__(self, problem: str, *, where: str, next_step: str, status: int) -> None:
        super().__init__(problem, where=where, next_step=next_step)
        self.status = status


class ExpiredError(GitHubError):
    """The token is not valid, or no longer."""


class UnreachableError(ExternalSystemError):
    """GitHub could not be reached, or did not answer in time."""


class UncertainError(UnreachableError):
    """Nobody knows whether a call took effect."""


class _TransientError(UnreachableError):
    """A call failed that may be sent again."""


@dataclass(frozen=True)
class Response:
    """What GitHub answered; names of headers are in lower case."""

    status: int
    data: Any
    headers: Mapping[str, str] = field(default_factory=dict)


def retry(
    attempt: Callable[[], Value],
    *,
    when: Callable[[ExternalSystemError], bool],
    pause: float,
    tries: int = MAX_TRIES,
) -> Value:
    """Return what an attempt returns; after a failure that may pass, wait and try again.

    Args:
        attempt: What may fail.
        when: Whether to try again after an error.
        pause: Seconds before the second try; it doubles with each, give or take a half, so that
            several clients do not come back at once.
        tries: How many attempts there are at most.

    Raises:
        ExternalSystemError: The last attempt failed, or one for good.
    """
    number = 1
    while True:
        try:
            return attempt()
        except ExternalSystemError as error:
            if number == tries or not when(error):
                raise
        time.sleep(pause * 2 ** (number - 1) * random.uniform(0.5, 1.5))  # noqa: S311 -- jitter
        number += 1


class GitHub:
    """A connection to one GitHub.

    Args:
        address: The API's base URL.
        token: What authorises the calls; it stands in one header and nowhere else.
        pause: Seconds before the second try; it doubles with each.
        timeout: Seconds that one call may take.
    """

    def __init__(
        self, address: str, token: str, *, pause: float = 0.5, timeout: float = 15.0
    ) -> None:
        self.address = address
        self.pause = pause
        self.calls = 0
        self._token = token
        self._not_before = 0.0
        self._lock = threading.Lock()
        self._cache: dict[str, tuple[str, Response]] = {}
        self._client = httpx.Client(
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {token}",
                "User-Agent": f"modelwright/{__version__}",
                "X-GitHub-Api-Version": "2022-11-28",
            },
            timeout=timeout,
            follow_redirects=False,
            limits=httpx.Limits(max_connections=MAX_PARALLEL),
        )

    def __repr__(self) -> str:
        return f"GitHub({self.address!r})"

    def use(self, token: str) -> None:
        """Authorise the calls that follow with another token."""
        self._token = token
        self._client.headers["Authorization"] = f"Bearer {token}"
        self._cache.clear()

    def close(self) -> None:
        """Close every connection."""
        self._client.close()

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        accept: Container[int] = (),
    ) -> Response:
        """Send one call and return its answer.

        Args:
            method: HTTP method.
            path: Path with its query, below the API's address.
            body: What is sent as JSON; None sends none.
            accept: The statuses of 300 and above that are no fault.

        Raises:
            GitHubError: GitHub refused it.
            UncertainError: It cannot be sent twice, and nobody knows whether it took effect.
            UnreachableError: GitHub cannot be reached, or asks for a long pause.
        """
        response = retry(
            lambda: self._send(method, path, body),
            when=lambda error: isinstance(error, _TransientError),
            pause=self.pause,
        )
        if response.status < HTTPStatus.MULTIPLE_CHOICES or response.status in accept:
            return response
        kind = ExpiredError if response.status == HTTPStatus.UNAUTHORIZED else GitHubError
        message = _message(response).replace(self._token, "***")
        raise kind(
            f"GitHub answered {response.status}: {message}",
            where=f"{method} {path}",
            next_step=_NEXT_STEPS.get(response.status, "correct it, then run the command again"),
            status=response.status,
        )

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None) -> Response:
        self._wait()
        etag, cached = self._cache.get(path, ("", None)) if method == "GET" else ("", None)
        headers = {"If-None-Match": etag} if etag else {}
        try:
            self.calls += 1
            answer = self._client.request(method, self.address + path, json=body, headers=headers)
        except httpx.TransportError as error:
            again = method in _IDEMPOTENT or isinstance(error, _NEVER_SENT)
            fault = str(error) or type(error).__name__
            raise self._transport_error(method, path, fault, again=again) from error
        if answer.status_code in _SERVER_FAULTS:
            fault = f"it answered {answer.status_code}"
            raise self._transport_error(method, path, fault, again=method in _IDEMPOTENT)
        if answer.status_code == HTTPStatus.NOT_MODIFIED and cached is not None:
            return cached
        response = Response(answer.status_code, _data(answer), dict(answer.headers))
        self._obey_rate_limit(method, path, response)
        if method == "GET" and "etag" in response.headers:
            self._cache[path] = (response.headers["etag"], response)
        return response

    def _transport_error(
        self, method: str, path: str, fault: str, *, again: bool
    ) -> UnreachableError:
        if again:
            return _TransientError(
                f"GitHub cannot be reached: {fault}",
                where=f"{method} {self.address}{path}",
                next_step="check the network, then run the command again, with --resume if it "
                "began",
            )
        return UncertainError(
            f"GitHub did not say whether it was done: {fault}",
            where=f"{method} {path}",
            next_step="run the command again with --resume",
        )

    def _obey_rate_limit(self, method: str, path: str, response: Response) -> None:
        """Note how long the next call has to wait.

        Raises:
            UnreachableError: The answer asks to come back later.
        """
        wait = seconds_to_wait(
            response.status, response.headers, _message(response), now=time.time()
        )
        if wait is None:
            return
        if wait > LONGEST_WAIT:
            raise UnreachableError(
                f"GitHub limits the rate of calls for another {wait / 60:.0f} minutes",
                where=self.address,
                next_step="run the command again then, with --resume where it had begun",
            )
        with self._lock:
            self._not_before = max(self._not_before, time.monotonic() + wait)
        raise self._transport_error(method, path, "it limits the rate of calls", again=True)

    def _wait(self) -> None:
        with self._lock:
            left = self._not_before - time.monotonic()
        if left > 0:
            time.sleep(left)

    def exists(self, path: str) -> bool:
        """Say whether there is something at a path.

        Raises:
            ExternalSystemError: GitHub cannot be reached, or denies the read.
        """
        response = self.call("GET", path, accept=(HTTPStatus.NOT_FOUND,))
        return response.status != HTTPStatus.NOT_FOUND

    def pages(self, path: str, key: str = "", *, accept: Container[int] = ()) -> list[Any]:
        """Return every entry of a list that GitHub gives page by page.

        Args:
            path: Path with a query.
            key: Where the list stands in an answer; empty where the answer is the list.
            accept: Statuses that mean an empty list.
        """
        entries: list[Any] = []
        number = 1
        while True:
            page = path if number == 1 else f"{path}&page={number}"
            response = self.call("GET", page, accept=accept)
            if response.status >= HTTPStatus.BAD_REQUEST:
                return entries
            rows = response.data[key] if key else response.data
            entries += rows
            total = response.data.get("total_count") if key else None
            more = 'rel="next"' in response.headers.get("link", "")
            if not rows or not (more or (total is not None and len(entries) < total)):
                return entries
            number += 1

    def in_parallel(self, tasks: Mapping[Key, Callable[[], Value]]) -> dict[Key, Value]:
        """Run tasks at the same time, as many as GitHub likes; return each one's result.

        Raises:
            ExternalSystemError: One of them failed; the others were done.
        """
        with ThreadPoolExecutor(MAX_PARALLEL) as pool:
            futures = {key: pool.submit(task) for key, task in tasks.items()}
        return {key: future.result() for key, future in futures.items()}


def seconds_to_wait(
    status: int, headers: Mapping[str, str], message: str, *, now: float
) -> float | None:
    """Return the pause that a rate-limited answer asks for; None where it is no such answer.

    Args:
        status: HTTP status.
        headers: Headers of the answer, with names in any case.
        message: The answer's own words.
        now: Current time, in seconds since the Unix epoch (UTC).

    Returns:
        Seconds to wait, never negative; 60 where GitHub gives no figure.

    Source:
        GitHub REST API, "Rate limits for the REST API".
    """
    if status not in (HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS):
        return None
    lower = {name.lower(): value for name, value in headers.items()}
    if "retry-after" in lower:
        return _number(lower["retry-after"])
    if lower.get("x-ratelimit-remaining") == "0":
        return max(0.0, _number(lower.get("x-ratelimit-reset", ""), now + _DEFAULT_WAIT) - now)
    if status == HTTPStatus.TOO_MANY_REQUESTS or "rate limit" in message.lower():
        return _DEFAULT_WAIT
    return None


def _number(text: str, otherwise: float = _DEFAULT_WAIT) -> float:
    try:
        return max(0.0, float(text))
    except ValueError:
        return otherwise


def _data(response: httpx.Response) -> Any:  # noqa: ANN401 -- any JSON
    try:
        return response.json() if response.content else None
    except ValueError:
        return None


def _message(response: Response) -> str:
    if not isinstance(response.data, dict):
        return "nothing that can be read"
    errors = response.data.get("errors") or ()
    details = [one if isinstance(one, str) else str(one.get("message", "")) for one in errors]
    return "; ".join(filter(None, [str(response.data.get("message", "")), *details]))
