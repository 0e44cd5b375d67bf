"""Limits the CPU time (timeout) and the memory of work on texts that a stranger wrote.

Where the system has no such limits (Windows), or none for memory (macOS), the work runs without.
"""

from __future__ import annotations

import math
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from mmap import mmap
from pathlib import Path
from types import FrameType
from typing import Final

from modelwright.errors import RefusedError

CPU_SECONDS: Final = 5.0
MEMORY: Final = 512 * 1024 * 1024
_INTERRUPT_INTERVAL: Final = 0.5
# After so many more the system ends a process that cannot be interrupted from within.
_GRACE_SECONDS: Final = 3.0
_active = False
_watched: mmap | None = None
_usual_limits: dict[int, tuple[int, int]] = {}


class _TimeUp(BaseException):
    """The work took longer than it may; no `except Exception` of a template's engine takes it."""


@contextmanager
def with_resource_limits(where: str, *, next_step: str = "") -> Iterator[None]:
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
        with _limits(), _clock():
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


def announce_to(watched: mmap) -> None:
    """Let the process that waits for this one see when bounded work is done.

    The system then ends this process where the work cannot be interrupted from within.

    Args:
        watched: Memory that both share; its first byte is 1 during bounded work.
    """
    global _watched  # noqa: PLW0603 -- as above
    _watched = watched


@contextmanager
def without_resource_limits() -> Iterator[None]:
    """Lift the system's limits for the moment in which another program starts: it inherits them."""
    if sys.platform == "win32" or not _usual_limits:
        yield
        return
    import resource  # noqa: PLC0415 -- as below

    kept = {kind: resource.getrlimit(kind) for kind in _usual_limits}
    for kind, limits in _usual_limits.items():
        resource.setrlimit(kind, limits)
    try:
        yield
    finally:
        for kind, limits in kept.items():
            resource.setrlimit(kind, limits)


@contextmanager
def _clock() -> Iterator[None]:
    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGPROF, _interrupt)
    signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS, _INTERRUPT_INTERVAL)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _interrupt(_: int, __: FrameType | None) -> None:
    if _active:
        raise _TimeUp


@contextmanager
def _limits() -> Iterator[None]:
    """Have the system limit this process, as far as it does not already do so more tightly."""
    if sys.platform == "win32":
        yield
        return
    import resource  # noqa: PLC0415 -- there is none on Windows

    maximums = {}
    if used := _used_memory():
        maximums[resource.RLIMIT_DATA] = used + MEMORY
    if _watched is not None:
        maximums[resource.RLIMIT_CPU] = math.ceil(
            time.process_time() + CPU_SECONDS + _GRACE_SECONDS
        )
    for kind, most in maximums.items():
        soft, hard = resource.getrlimit(kind)
        if soft == resource.RLIM_INFINITY or soft > most:
            _usual_limits[kind] = (soft, hard)
            resource.setrlimit(kind, (most, hard))
    _announce(1)
    try:
        yield
    finally:
        _announce(0)
        for kind, limits in _usual_limits.items():
            resource.setrlimit(kind, limits)
        _usual_limits.clear()


def _announce(state: int) -> None:
    if _watched is not None:
        _watched[0] = state


def _used_memory() -> int:
    """Return the bytes of data that this process has; 0 where the system does not tell."""
    with suppress(OSError, ValueError, IndexError):
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[5]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")
    return 0
