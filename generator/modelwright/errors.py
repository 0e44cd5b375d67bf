"""What a user can cause, as a tree of errors; only `cli` turns one into text and an exit code.

ModelwrightError            70  a fault of ours, unless a family below says otherwise
 - UsageError                2  the command line is wrong
    - MissingAnswerError          a question has no answer and nobody can be asked
 - RefusedError              3  the policy or a rule refuses an answer; nothing was written
    - policy.faults.PolicyError   platform.yml itself is unsound
    - UnansweredError             a version asks what an existing project does not answer
    - UnknownVersionError         a template has no such version
    - UnrenderableError           a template does not render for these answers
 - ExternalSystemError         4  git, disk or network failed; nothing was lost
    - MissingProgramError         a program is not installed
 - FindingsError             1  the work is done and a person must look
 - StoppedError            130  a signal ended it; it says what became of the work
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar


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


class MissingAnswerError(UsageError):
    """A question has no answer and there is no terminal to ask.

    Attributes:
        names: The questions.
    """

    def __init__(
        self, problem: str, names: Sequence[str], *, where: str = "", next_step: str = ""
    ) -> None:
        options = " ".join(f"--data {name}=..." for name in names)
        super().__init__(problem, where=where, next_step=next_step or f"add {options}")
        self.names = tuple(names)


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


class UnansweredError(RefusedError):
    """A version asks what an existing project does not answer.

    Attributes:
        names: The questions.
    """

    def __init__(
        self, problem: str, names: Sequence[str], *, where: str = "", next_step: str = ""
    ) -> None:
        super().__init__(problem, where=where, next_step=next_step)
        self.names = tuple(names)


class UnknownVersionError(RefusedError):
    """A template has no such version.

    Attributes:
        nearest: Versions that it has, the likeliest that were meant.
    """

    def __init__(self, problem: str, nearest: Sequence[str], *, where: str = "") -> None:
        next_step = f"choose {' or '.join(nearest)}" if nearest else "it has no release: tag one"
        super().__init__(problem, where=where, next_step=next_step)
        self.nearest = tuple(nearest)


class UnrenderableError(RefusedError):
    """A template does not render for these answers: the platform team must fix it."""


class ExternalSystemError(ModelwrightError):
    """Git, the disk, the network or another service failed; nothing was lost."""

    exit_code = 4


class MissingProgramError(ExternalSystemError):
    """A program is not installed, or not on the PATH.

    Attributes:
        program: Its name.
    """

    def __init__(self, program: str, *, where: str = "") -> None:
        super().__init__(
            f"{program} is not installed, or not on the PATH",
            where=where,
            next_step=f"install {program}",
        )
        self.program = program


class FailedProgramError(ExternalSystemError):
    """A program ended with an error.

    Attributes:
        output: What it printed about it, shortened and without credentials.
    """

    def __init__(self, problem: str, *, where: str, next_step: str, output: str) -> None:
        super().__init__(problem, where=where, next_step=next_step)
        self.output = output


class FindingsError(ModelwrightError):
    """The work is done and a person must look: findings, conflicts, drift."""

    exit_code = 1


class StoppedError(ModelwrightError):
    """A signal, such as Ctrl-C, ended it."""

    exit_code = 130
