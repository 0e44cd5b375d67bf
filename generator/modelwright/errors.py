"""What a user can cause, as a tree of errors; only `cli` turns one into text and an exit code.

ModelwrightError            70  a fault of ours, unless a family below says otherwise
 - UsageError                2  the command line is wrong, or an answer is missing
 - RefusedError              3  the policy or a rule refuses an answer; nothing was written
    - policy.faults.PolicyError   platform.yml itself is unsound
    - UnrenderableError           a template does not render for these answers
 - ExternalSystemError         4  git, disk or network failed; nothing was lost
 - FindingsError             1  the work is done and a person must look
 - StoppedError            130  a signal ended it; it says what became of the work
"""

from __future__ import annotations

from typing import ClassVar

__all__ = [
    "ExternalSystemError",
    "FindingsError",
    "ModelwrightError",
    "RefusedError",
    "StoppedError",
    "UnrenderableError",
    "UsageError",
]


class ModelwrightError(Exception):
    """An error that says what was wrong, where, and what to do next.

    Attributes:
        exit_code: Exit code of the command that ends with this error.
        problem: What was wrong, without a full stop.
        where: File, answer or command that it was found in; empty where there is none.
        next_step: What the reader does next; empty where there is nothing to do.
    """

    exit_code: ClassVar[int] = 70

    def __init__(self, problem: str, *, where: str = "", next_step: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.where = where
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.where}: {self.problem}" if self.where else self.problem


class UsageError(ModelwrightError):
    """The command line is wrong, or an answer is missing and nobody can be asked."""

    exit_code = 2


class RefusedError(ModelwrightError):
    """The policy or a rule refuses an answer; nothing was written.

    Attributes:
        rule: Stable id of the rule that refuses, such as `NAM002`.
    """

    exit_code = 3

    def __init__(
        self, problem: str, *, where: str = "", next_step: str = "", rule: str = ""
    ) -> None:
        super().__init__(problem, where=where, next_step=next_step)
        self.rule = rule


class UnrenderableError(RefusedError):
    """A template does not render for these answers: whoever keeps the platform mends it."""


class ExternalSystemError(ModelwrightError):
    """Git, the disk, the network or another service failed; nothing was lost."""

    exit_code = 4


class FindingsError(ModelwrightError):
    """The work is done and a person must look: findings, conflicts, drift."""

    exit_code = 1


class StoppedError(ModelwrightError):
    """A signal, such as Ctrl-C, ended it."""

    exit_code = 130
