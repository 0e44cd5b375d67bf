"""The fake itself: what a test starts, fills, breaks and questions afterwards."""

import hashlib
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.github.fake import answering, faults, git_http
from tests.github.fake.access import Limits, bearer, repository_or_none, require
from tests.github.fake.routing import Answer, Call, RefusedError, route_of
from tests.github.fake.server import Server
from tests.github.fake.state import Organisation, Repository, State, Team, Token

__all__ = ["Exchange", "FakeGitHub"]

_ROUTES = answering.MODULES
_NO_ANSWER = {faults.RESET_BEFORE, faults.RESET_AFTER, faults.TIMEOUT}
_AFTER = {None, faults.RESET_AFTER, faults.TIMEOUT}


@dataclass(frozen=True)
class Exchange:
    """A call, its answer, and the fault that struck; `landed` where the call took effect."""

    call: Call
    answer: Answer
    fault: str | None = None
    landed: bool = True

    @property
    def signature(self) -> str:
        return faults.signature(self.call)

    @property
    def is_git(self) -> bool:
        return git_http.is_git(self.call.target)


class FakeGitHub:
    """GitHub on loopback; `url` is the base of its API and of its git repositories."""

    def __init__(self, folder: Path, *, latency: float = 0.0) -> None:
        self.state = State(folder)
        self.limits = Limits()
        self.latency = latency
        self.exchanges: list[Exchange] = []
        self.crashes: list[str] = []
        self._faults: list[faults.Fault] = []
        self._lock = threading.RLock()
        self._server = Server(self)
        self.url = self.state.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def running(self) -> Iterator["FakeGitHub"]:
        self._server.thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()

    # What a test puts there.

    def organisation(self, login: str, **settings) -> Organisation:
        return self.state.organisations.setdefault(login.lower(), Organisation(login, **settings))

    def team(self, organisation: str, slug: str, *members: str) -> Team:
        found = self.state.organisations[organisation.lower()]
        for login in members:
            self.state.user(login)
            found.members.setdefault(login, "member")
        return found.teams.setdefault(slug, Team(slug, set(members)))

    def remove_team(self, organisation: str, slug: str) -> None:
        """As when an owner deletes it: its access and its reviews go with it."""
        gone = self.state.organisations[organisation.lower()].teams.pop(slug)
        for repository in self.state.repositories.values():
            repository.teams.pop(slug, None)
            for environment in repository.environments.values():
                environment.reviewers = [
                    entry for entry in environment.reviewers if entry["id"] != gone.id
                ]

    def token(self, value: str, login: str, **settings) -> Token:
        return self.state.tokens.setdefault(value, Token(value, login, **settings))

    def repository(self, full_name: str) -> Repository | None:
        return self.state.repositories.get(full_name.lower())

    # What a test breaks.

    def fail(
        self,
        matches: Callable[[Call], bool] | str | int,
        kind: str,
        *,
        times: int = 1,
        skip: int = 0,
    ) -> faults.Fault:
        """Let a call fail: by its number from now (0 is the next), its signature, or a test."""
        if isinstance(matches, int):
            skip, chosen = matches, lambda _call: True
        elif isinstance(matches, str):

            def chosen(call):
                return faults.signature(call) == matches
        else:
            chosen = matches
        fault = faults.Fault(chosen, kind, times, skip)
        self._faults.append(fault)
        return fault

    def mend(self) -> None:
        """No more faults."""
        self._faults.clear()

    # What a test asks.

    @property
    def calls(self) -> list[str]:
        return [exchange.signature for exchange in self.exchanges]

    @property
    def writes(self) -> list[Exchange]:
        return self.writes_since(0)

    def writes_since(self, mark: int) -> list[Exchange]:
        """The calls that took effect and were no reads, from an exchange's number on."""
        return [
            found
            for found in self.exchanges[mark:]
            if found.landed
            and found.answer.status < 400
            and found.call.method != "GET"
            and not found.call.target.endswith("/git-upload-pack")
        ]

    def answers_of(self, signature: str) -> list[Answer]:
        return [found.answer for found in self.exchanges if found.signature == signature]

    # What the server asks.

    def receive(self, method: str, target: str, headers: dict, content: bytes):
        """Answer a request: the answer, and the fault that the connection shall show.

        A call is under way from its arrival, so its latency counts.
        """
        with self._lock:
            self.limits.under_way += 1
            self.limits.most_under_way = max(self.limits.most_under_way, self.limits.under_way)
        try:
            time.sleep(self.latency)
            call = Call(method, target.removeprefix("/api/v3"), headers, content)
            with self._lock:
                fault = next((found for found in self._faults if found.strikes(call)), None)
            answer, landed = self._answer(call, fault.kind if fault else None)
        finally:
            with self._lock:
                self.limits.under_way -= 1
        exchange = Exchange(call, answer, fault.kind if fault else None, landed)
        with self._lock:
            self.exchanges.append(exchange)
        return answer, exchange.fault if exchange.fault in _NO_ANSWER else None

    def _answer(self, call: Call, fault: str | None) -> tuple[Answer, bool]:
        if fault not in _AFTER:
            return faults.answer_of(fault, call), False
        try:
            if git_http.is_git(call.target):
                return self._git(call), True
            with self._lock:
                return self._rest(call), True
        except RefusedError as refused:
            return self._finished(call, refused.answer), False
        except Exception:
            self.crashes.append(f"{call.method} {call.target}\n{traceback.format_exc()}")
            return Answer(500, {"message": "the fake crashed"}), False

    def _git(self, call: Call) -> Answer:
        answer = git_http.serve(self.state, call.method, call.target, call.headers, call.content)
        if call.target.endswith("/git-receive-pack"):
            with self._lock:
                answering.after_push(self.state, call)
        return answer

    def _rest(self, call: Call) -> Answer:
        call.token = bearer(self.state, call.headers.get("authorization", ""))
        call.route, call.params = route_of(call.method, call.path)
        self.limits.take(call)
        repository = repository_or_none(self.state, call)
        require(self.state, call, call.route, repository)
        arguments = [repository] if repository else []
        answer = call.route.function(self.state, call, *arguments)
        if not isinstance(answer, Answer):
            answer = Answer(200, answer)
        return self._finished(call, answer)

    def _finished(self, call: Call, answer: Answer) -> Answer:
        """The headers of every answer, and 304 for what the caller has already."""
        headers = {
            "content-type": "application/json; charset=utf-8",
            **self.limits.headers,
            "x-github-request-id": f"FAKE:{len(self.exchanges)}",
            **answer.headers,
        }
        if call.token and call.token.kind == "classic":
            headers["x-oauth-scopes"] = ", ".join(call.token.scopes)
        if call.method == "GET" and answer.status == 200:
            headers["etag"] = f'"{hashlib.sha256(answer.content).hexdigest()[:32]}"'
            if call.headers.get("if-none-match") == headers["etag"]:
                self.limits.used -= 1
                return Answer(304, None, headers)
        return Answer(answer.status, answer.body, headers)
