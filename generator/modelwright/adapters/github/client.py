"""Sends calls to GitHub: limits obeyed, faults tried again where that cannot do harm."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Container, Mapping, Sequence
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
    "seconds_to_wait",
]


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


LONGEST_WAIT: Final = 300.0
_DEFAULT_WAIT: Final = 60.0
_FORBIDDEN, _TOO_MANY = 403, 429


def seconds_to_wait(
    status: int, headers: Mapping[str, str], message: str, *, now: float
) -> float | None:
    """Return the pause that a rate-limited answer asks for; None where it is no such answer.

    Args:
        status: HTTP status.
        headers: Headers of the answer, with names in any case.
        message: What the answer says.
        now: Current time, in seconds since the Unix epoch (UTC).

    Returns:
        Seconds to wait, never negative; 60 where GitHub gives no figure.
    """
    if status not in (_FORBIDDEN, _TOO_MANY):
        return None
    given = {name.lower(): value for name, value in headers.items()}
    if "retry-after" in given:
        return _number(given["retry-after"])
    if given.get("x-ratelimit-remaining") == "0":
        return max(0.0, _number(given.get("x-ratelimit-reset", ""), now + _DEFAULT_WAIT) - now)
    if status == _TOO_MANY or "rate limit" in message.lower():
        return _DEFAULT_WAIT
    return None


def _number(text: str, otherwise: float = _DEFAULT_WAIT) -> float:
    try:
        return max(0.0, float(text))
    except ValueError:
        return otherwise


Value = TypeVar("Value")
IN_FLIGHT: Final = 8
TRIES: Final = 4
_IDEMPOTENT: Final = ("GET", "PUT", "PATCH", "DELETE")
_BROKEN: Final = (500, 502, 503, 504)
_UNAUTHORISED, _FORBIDDEN, _NOT_MODIFIED, _BAD = 401, 403, 304, 400
_NEXT_STEPS: Final = {
    _UNAUTHORISED: "get a new token, then run the command again",
    _FORBIDDEN: "use a token with the rights that docs/create.md lists, such as the button's",
}


@dataclass(frozen=True)
class Response:
    """What GitHub answered; names of headers are in lower case."""

    status: int
    data: Any
    headers: Mapping[str, str] = field(default_factory=dict)


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
        self._token = token
        self.pause = pause
        self._not_before = 0.0
        self._lock = threading.Lock()
        self._known: dict[str, tuple[str, Response]] = {}
        self.calls = 0
        self._client = httpx.Client(
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {token}",
                "User-Agent": f"modelwright/{__version__}",
                "X-GitHub-Api-Version": "2022-11-28",
            },
            timeout=timeout,
            follow_redirects=False,
            limits=httpx.Limits(max_connections=IN_FLIGHT),
        )

    def __repr__(self) -> str:
        return f"GitHub({self.address!r})"

    def use(self, token: str) -> None:
        """Authorise the calls that follow with another token."""
        self._token = token
        self._client.headers["Authorization"] = f"Bearer {token}"
        self._known.clear()

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
        for tried in range(TRIES):
            answer, fault = self._once(method, path, body)
            if answer is not None and not self._again(answer):
                return self._checked_answer(method, path, answer, accept)
            if fault is not None and not self._harmless(method, fault):
                raise self._uncertain(method, path, fault)
            if fault is not None and tried + 1 < TRIES:
                time.sleep(self.pause * 2**tried * random.uniform(0.5, 1.5))  # noqa: S311 -- jitter
        raise self._unreachable(method, path, fault or "it limits the rate of calls")

    def _once(
        self, method: str, path: str, body: Mapping[str, Any] | None
    ) -> tuple[Response | None, str | httpx.TransportError | None]:
        """Return the answer, or what kept it away."""
        self._wait()
        etag, known = self._known.get(path, ("", None)) if method == "GET" else ("", None)
        headers = {"If-None-Match": etag} if etag else {}
        try:
            self.calls += 1
            response = self._client.request(method, self.address + path, json=body, headers=headers)
        except httpx.TransportError as error:
            return None, error
        if response.status_code in _BROKEN:
            return None, f"it answered {response.status_code}"
        if response.status_code == _NOT_MODIFIED and known is not None:
            return known, None
        answer = Response(response.status_code, _data(response), dict(response.headers))
        if method == "GET" and "etag" in answer.headers:
            self._known[path] = (answer.headers["etag"], answer)
        return answer, None

    def _harmless(self, method: str, fault: str | httpx.TransportError) -> bool:
        unsent = isinstance(fault, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
        return method in _IDEMPOTENT or unsent

    def _again(self, answer: Response) -> bool:
        """Say whether an answer only asks to come back later, and note when."""
        wait = seconds_to_wait(answer.status, answer.headers, _message(answer), now=time.time())
        if wait is None:
            return False
        if wait > LONGEST_WAIT:
            raise UnreachableError(
                f"GitHub limits the rate of calls for another {wait / 60:.0f} minutes",
                where=self.address,
                next_step="run the command again then, with --resume where it had begun",
            )
        with self._lock:
            self._not_before = max(self._not_before, time.monotonic() + wait)
        return True

    def _wait(self) -> None:
        with self._lock:
            left = self._not_before - time.monotonic()
        if left > 0:
            time.sleep(left)

    def _checked_answer(
        self, method: str, path: str, answer: Response, accept: Container[int]
    ) -> Response:
        if answer.status < 300 or answer.status in accept:  # noqa: PLR2004 -- success
            return answer
        kind = ExpiredError if answer.status == _UNAUTHORISED else GitHubError
        next_step = _NEXT_STEPS.get(answer.status, "mend it, then run the command again")
        said = _message(answer).replace(self._token, "***")
        raise kind(
            f"GitHub answered {answer.status}: {said}",
            where=f"{method} {path}",
            next_step=next_step,
            status=answer.status,
        )

    def _uncertain(
        self, method: str, path: str, fault: str | httpx.TransportError
    ) -> ExternalSystemError:
        return UncertainError(
            f"GitHub did not say whether it was done: {_fault_text(fault)}",
            where=f"{method} {path}",
            next_step="run the command again with --resume",
        )

    def _unreachable(
        self, method: str, path: str, fault: str | httpx.TransportError
    ) -> ExternalSystemError:
        return UnreachableError(
            f"GitHub cannot be reached: {_fault_text(fault)}",
            where=f"{method} {self.address}{path}",
            next_step="check the network, then run the command again, with --resume if it began",
        )

    def exists(self, path: str) -> bool:
        """Say whether there is something at a path.

        Raises:
            ExternalSystemError: GitHub cannot be reached, or denies the read.
        """
        answer = self.call("GET", path, accept=(HTTPStatus.NOT_FOUND,))
        return answer.status != HTTPStatus.NOT_FOUND

    def pages(self, path: str, key: str = "", *, accept: Container[int] = ()) -> list[Any]:
        """Return every entry of a list that GitHub gives page by page.

        Args:
            path: Path with a query.
            key: Where the list stands in an answer; empty where the answer is the list.
            accept: Statuses that mean an empty list.
        """
        found: list[Any] = []
        number = 1
        while True:
            answer = self.call(
                "GET", path if number == 1 else f"{path}&page={number}", accept=accept
            )
            if answer.status >= _BAD:
                return found
            rows = answer.data[key] if key else answer.data
            found += rows
            total = answer.data.get("total_count") if key else None
            more = 'rel="next"' in answer.headers.get("link", "")
            if not rows or not (more or (total is not None and len(found) < total)):
                return found
            number += 1

    def in_parallel(self, tasks: Sequence[Callable[[], Value]]) -> list[Value]:
        """Do tasks at the same time, as many as GitHub likes; return their results in order.

        Raises:
            ExternalSystemError: One of them failed; the others were done.
        """
        with ThreadPoolExecutor(IN_FLIGHT) as pool:
            futures = [pool.submit(task) for task in tasks]
        return [future.result() for future in futures]


def _data(response: httpx.Response) -> Any:  # noqa: ANN401 -- any JSON
    try:
        return response.json() if response.content else None
    except ValueError:
        return None


def _message(answer: Response) -> str:
    if not isinstance(answer.data, dict):
        return "nothing that can be read"
    errors = answer.data.get("errors") or ()
    told = [one if isinstance(one, str) else str(one.get("message", "")) for one in errors]
    return "; ".join(filter(None, [str(answer.data.get("message", "")), *told]))


def _fault_text(fault: str | httpx.TransportError) -> str:
    return fault if isinstance(fault, str) else (str(fault) or type(fault).__name__)
