"""Bounds the CPU time and the memory of work on texts that a stranger wrote.

Where the system has no such limits (Windows), or none for memory (macOS), the work runs without.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Final

from modelwright.errors import RefusedError

__all__ = ["CPU_SECONDS", "MEMORY", "bounded", "lifted"]

CPU_SECONDS: Final = 5.0
MEMORY: Final = 512 * 1024 * 1024
_AGAIN: Final = 0.5
_active = False
_usual: tuple[int, int] | None = None


class _TimeUp(BaseException):
    """The work took longer than it may; no `except Exception` of a template's engine takes it."""


@contextmanager
def bounded(where: str, *, next_step: str = "") -> Iterator[None]:
    """Bound the work inside; within another bounded work, that one's bounds hold.

    Args:
        where: What is worked on, for a person.
        next_step: What the person does next.

    Raises:
        RefusedError: It took more than 5 seconds of CPU time or 512 MB of memory, or is nested
            too deeply.
    """
    global _active  # noqa: PLW0603 -- one clock and one limit for the whole process
    if _active:
        yield
        return
    step = next_step or "tell the platform team; nothing was written"
    _active = True
    try:
        with _clock(), _memory():
            try:
                yield
            finally:
                _active = False
    except _TimeUp as error:
        problem = f"it took more than {CPU_SECONDS:.0f} seconds to work out"
        raise RefusedError(problem, where=where, next_step=step) from error
    except MemoryError as error:
        problem = f"it took more than {MEMORY >> 20} MB of memory to work out"
        raise RefusedError(problem, where=where, next_step=step) from error
    except RecursionError as error:
        raise RefusedError("it is nested too deeply", where=where, next_step=step) from error


@contextmanager
def lifted() -> Iterator[None]:
    """Lift the bound on memory for the moment in which another program starts."""
    if _usual is None:
        yield
        return
    import resource  # noqa: PLC0415 -- as below

    kept = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, _usual)
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, kept)


@contextmanager
def _clock() -> Iterator[None]:
    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGPROF, _ring)
    signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS, _AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _ring(_: int, __: FrameType | None) -> None:
    if _active:
        raise _TimeUp


@contextmanager
def _memory() -> Iterator[None]:
    global _usual  # noqa: PLW0603 -- as above
    used = _used()
    if not used or sys.platform == "win32":
        yield
        return
    import resource  # noqa: PLC0415 -- there is none on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = used + MEMORY
    if soft != resource.RLIM_INFINITY and soft < wanted:
        yield
        return
    _usual = (soft, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (wanted, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, _usual)
        _usual = None


def _used() -> int:
    """Return the bytes of data that this process has; 0 where the system does not tell."""
    with suppress(OSError, ValueError, IndexError):
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[5]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")
    return 0
