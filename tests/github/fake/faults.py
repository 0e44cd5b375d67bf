"""Faults on demand: which call fails, and how."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tests.github.fake.routing import Answer, Call, RefusedError

RESET_BEFORE: Final = "connection reset before it took effect"
RESET_AFTER: Final = "connection reset after it took effect"
SERVER_ERROR: Final = "500"
RATE_LIMIT: Final = "403 rate limit"
UNPROCESSABLE: Final = "422"
TIMEOUT: Final = "timeout"
# Not among GitHub's: a proxy that repeats what it was sent.
QUOTING: Final = "422 that quotes the token"
# What a token lacks a right for.
FORBIDDEN: Final = "403"
FAULTS: Final = (
    RESET_BEFORE,
    RESET_AFTER,
    SERVER_ERROR,
    RATE_LIMIT,
    UNPROCESSABLE,
    TIMEOUT,
)


@dataclass
class Fault:
    """`matches` says which call; `times` how often (-1: always), after `skip` that matched."""

    matches: Callable[[Call], bool]
    kind: str
    times: int = 1
    skip: int = 0
    met: int = 0

    def strikes(self, call: Call) -> bool:
        if not self.matches(call):
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.times == 0:
            return False
        self.times -= 1
        self.met += 1
        return True


def signature(call: Call) -> str:
    """A call's name, the same in every run: numbers that the fake gave out are left out."""
    return f"{call.method} {re.sub(r'/[0-9]+(?=/|$)', '/N', call.path)}"


def answer_of(kind: str, call: Call) -> Answer:
    """What a fault answers where it answers at all."""
    if kind == SERVER_ERROR:
        return Answer(500, {"message": "Server Error"})
    if kind == QUOTING:
        return RefusedError(422, f"I was sent {call.headers.get('authorization')}").answer
    if kind == FORBIDDEN:
        return RefusedError(403, "Resource not accessible by integration").answer
    if kind == UNPROCESSABLE:
        return RefusedError(422, "Validation Failed").answer
    return RefusedError(
        403, "You have exceeded a secondary rate limit.", headers={"retry-after": "1"}
    ).answer
