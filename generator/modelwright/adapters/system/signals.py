"""Signals: clean up before one ends the program, and block them while files are exchanged."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

_ENDING_SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


@contextmanager
def signals_blocked() -> Iterator[list[str]]:
    """Block the signals that end a program until the block ends; they are dropped then.

    Yields:
        A list that names, after the block, the signals that were received.
    """
    received: list[str] = []
    if not hasattr(signal, "pthread_sigmask"):
        yield received
        return
    # The mask holds for this thread and what it starts; another thread may take a signal instead.
    in_main = threading.current_thread() is threading.main_thread()
    kept = {name: signal.getsignal(name) for name in _ENDING_SIGNALS if in_main}
    for name in kept:
        signal.signal(name, lambda number, _: received.append(signal.Signals(number).name))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING_SIGNALS)
    try:
        yield received
    finally:
        while pending := signal.sigpending() & set(_ENDING_SIGNALS) - before:
            received.append(signal.Signals(signal.sigwait(pending)).name)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        for name, handler in kept.items():
            signal.signal(name, handler)


@contextmanager
def stopped_by_exception() -> Iterator[None]:
    """Let a signal that ends the program end this block by `KeyboardInterrupt`, as Ctrl-C does.

    So unfinished work is cleaned up. A signal that has another handler, or is ignored, stays so.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    ours = [name for name in _ENDING_SIGNALS if signal.getsignal(name) is signal.SIG_DFL]
    for name in ours:
        signal.signal(name, _interrupt)
    try:
        yield
    finally:
        for name in ours:
            signal.signal(name, signal.SIG_DFL)


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt
