"""Runs a program without a shell: its environment, timeout, exit code and errors."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Container, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

from modelwright.adapters.system.environment import environment_of
from modelwright.adapters.system.urls import without_credentials
from modelwright.errors import ExternalSystemError, FailedProgramError, MissingProgramError
from modelwright.policy.resource_limits import without_resource_limits

_SHOWN_LINES: Final = 6


def run(
    command: Sequence[str],
    *,
    folder: Path,
    env: Mapping[str, str] | None = None,
    seconds: float | None = None,
    credentials: bool = False,
) -> str:
    """Run a program to its end and return what it printed.

    Args:
        command: The program and its arguments; no shell reads them.
        folder: Where it runs.
        env: Variables on top of those that the program needs.
        seconds: How long it may take, with whatever it starts; None is without end.
        credentials: Whether git reaches a host, and its credential helpers may need a token.

    Raises:
        MissingProgramError: It is not installed.
        ExternalSystemError: It took too long or ended with an error; `where` is the
            command.
    """
    where = without_credentials(shlex.join(command))
    environment = environment_of(command[0], env, credentials=credentials)
    process = _start_process(command, folder, environment, own_session=seconds is not None)
    try:
        stdout, complaint = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired as error:
        _kill(process)
        raise ExternalSystemError(
            f"it did not end within {seconds:.0f} seconds",
            where=where,
            next_step="look whether the host can be reached",
        ) from error
    except BaseException:
        _kill(process)
        raise
    if process.returncode:
        raise _failure(command, process.returncode, complaint.strip() or stdout, folder)
    return stdout


def _start_process(
    command: Sequence[str], folder: Path, env: Mapping[str, str], *, own_session: bool
) -> subprocess.Popen[str]:
    try:
        with without_resource_limits():
            return subprocess.Popen(  # noqa: S603 -- a list of arguments, no shell
                command,
                cwd=folder,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                start_new_session=own_session,
            )
    except FileNotFoundError as error:
        raise MissingProgramError(command[0], where=shlex.join(command)) from error


def _kill(process: subprocess.Popen[str]) -> None:
    """End a program, and what it started where it has a session of its own."""
    if sys.platform != "win32":
        with suppress(ProcessLookupError):
            if os.getpgid(process.pid) == process.pid:
                os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.communicate()


def output(  # noqa: PLR0913 -- what a run follows from
    command: Sequence[str],
    *,
    folder: Path,
    env: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    exit_codes: Container[int] = (0,),
    descriptors: Sequence[int] = (),
) -> bytes:
    """Run a program to its end and return what it printed, as bytes.

    Args:
        command: The program and its arguments; no shell reads them.
        folder: Where it runs.
        env: Variables on top of those that the program needs.
        stdin: Its standard input.
        exit_codes: The exit codes that are no error.
        descriptors: File descriptors that it keeps open, such as a lock's.

    Raises:
        MissingProgramError: It is not installed.
        ExternalSystemError: It ended with another code.
    """
    try:
        with without_resource_limits():
            done = subprocess.run(  # noqa: S603 -- a list of arguments, no shell
                command,
                cwd=folder,
                env=environment_of(command[0], env),
                input=stdin,
                capture_output=True,
                check=False,
                pass_fds=descriptors,
            )
    except FileNotFoundError as error:
        raise MissingProgramError(command[0], where=shlex.join(command)) from error
    if done.returncode not in exit_codes:
        raise _failure(command, done.returncode, done.stderr.decode(errors="replace"), folder)
    return done.stdout


def start(
    command: Sequence[str], *, env: Mapping[str, str], errors: IO[bytes]
) -> subprocess.Popen[bytes]:
    """Start a program that reads and answers through pipes.

    Args:
        command: The program and its arguments; no shell reads them.
        env: Variables on top of those that the program needs.
        errors: The file that takes its standard error.

    Raises:
        MissingProgramError: It is not installed.
    """
    try:
        with without_resource_limits():
            return subprocess.Popen(  # noqa: S603 -- a list of arguments, no shell
                command,
                env=environment_of(command[0], env),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
    except FileNotFoundError as error:
        raise MissingProgramError(command[0], where=shlex.join(command)) from error


def _failure(command: Sequence[str], code: int, complaint: str, folder: Path) -> FailedProgramError:
    output = without_credentials(_summary(complaint))
    return FailedProgramError(
        f"it ended with code {code}: {output}",
        where=without_credentials(shlex.join(command)),
        next_step=f"run it in {folder} to see more",
        output=output,
    )


def _summary(complaint: str) -> str:
    """Return the first and the last lines of an error output: cause and consequence."""
    lines = [line.strip() for line in complaint.splitlines() if line.strip()]
    if len(lines) > 2 * _SHOWN_LINES:
        lines = [*lines[:_SHOWN_LINES], "...", *lines[-_SHOWN_LINES:]]
    return " / ".join(lines) or "it said nothing"
