"""Runs a command in a child process, and tells what ended it where that was a stranger's text.

Bounds inside one process end what Python runs; what a library written in C runs only ends with its
process. So the system's own limits end the child, and its parent, which did nothing, tells why.
Where a process cannot be forked (Windows) the command runs without a parent.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from mmap import mmap
from typing import Final

__all__ = ["supervise"]

_PASSED_ON: Final = ("SIGINT", "SIGTERM", "SIGHUP")
_BY_A_TEXT: Final = ("SIGXCPU", "SIGSEGV", "SIGBUS", "SIGABRT", "SIGKILL")


def supervise(work: Callable[[Sequence[str]], int], arguments: Sequence[str]) -> int:
    """Run a command in a child process and return its exit code, in that child and in its parent.

    Args:
        work: The command line.
        arguments: What it is given.
    """
    if sys.platform == "win32":
        return work(arguments)
    bound = mmap(-1, 1)
    alive, held = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(held)
        _end_with(alive)
        from modelwright.policy import resource_limits  # noqa: PLC0415 -- the parent needs none of it

        resource_limits.announce_to(bound)
        return work(arguments)
    os.close(alive)
    code = _code_of(child, bound, arguments)
    os.close(held)
    return code


def _end_with(parent: int) -> None:
    """End this process when its parent is killed, which then closes its end of a pipe."""

    def watch() -> None:
        os.read(parent, 1)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def _code_of(child: int, bound: mmap, arguments: Sequence[str]) -> int:
    for name in _PASSED_ON:
        signal.signal(getattr(signal, name), lambda number, _: _pass_on(number, child))
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status):
        return os.WEXITSTATUS(status)
    ended_by = os.WTERMSIG(status)
    if bound[0] and signal.Signals(ended_by).name in _BY_A_TEXT:
        return _refusal(arguments)
    if ended_by != signal.SIGKILL:
        signal.signal(ended_by, signal.SIG_DFL)
    os.kill(os.getpid(), ended_by)
    return 128 + ended_by


def _pass_on(number: int, child: int) -> None:
    """Pass a signal on to the child, unless the terminal sent it to both."""
    with suppress(OSError):
        if number == signal.SIGINT and os.tcgetpgrp(sys.stderr.fileno()) == os.getpgrp():
            return
    with suppress(ProcessLookupError):
        os.kill(child, number)


def _refusal(arguments: Sequence[str]) -> int:
    from modelwright.cli.errors import print_error  # noqa: PLC0415 -- for this alone
    from modelwright.cli.main import wants_json  # noqa: PLC0415
    from modelwright.errors import RefusedError  # noqa: PLC0415

    error = RefusedError(
        "it took more time or memory than the system let it have",
        where="a text of the platform or the project",
        next_step="tell the platform team; nothing was written",
    )
    return print_error(error, as_json=wants_json(arguments))
