"""What GitHub answers when a call fails.

SurroundingsError
 - GitHubError        GitHub refused a call
    - ExpiredError    the token is not valid, or no longer
 - UnreachableError   GitHub could not be reached, or did not answer in time
 - UncertainError     nobody knows whether a call took effect; it must not be sent again unread
"""

from __future__ import annotations

from modelwright.errors import SurroundingsError

__all__ = ["ExpiredError", "GitHubError", "UncertainError", "UnreachableError"]


class GitHubError(SurroundingsError):
    """GitHub refused a call.

    Attributes:
        status: HTTP status of the answer.
    """

    def __init__(self, problem: str, *, where: str, next_step: str, status: int) -> None:
        super().__init__(problem, where=where, next_step=next_step)
        self.status = status


class ExpiredError(GitHubError):
    """The token is not valid, or no longer."""


class UnreachableError(SurroundingsError):
    """GitHub could not be reached, or did not answer in time."""


class UncertainError(UnreachableError):
    """Nobody knows whether a call took effect."""
