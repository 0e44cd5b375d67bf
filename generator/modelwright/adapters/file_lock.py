"""A lock that ends with the process that holds it, however that ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from modelwright.errors import SurroundingsError


@contextmanager
def only_one(path: Path, *, what: str) -> Iterator[int]:
    """Hold a file's lock and yield its descriptor, which a child process may hold on to.

    Args:
        path: The file; made where it is missing, and left there.
        what: What is being done, for the one who comes second.

    Raises:
        SurroundingsError: Somebody else holds it, or it cannot be made.
    """
    try:
        path.parent.mkdir(exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise SurroundingsError(
            f"it cannot be written: {error.strerror}",
            where=str(path),
            next_step="give yourself the right to write there; nothing was changed",
        ) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield handle
    except BlockingIOError as error:
        raise SurroundingsError(
            f"another {what} is running here",
            where=str(path),
            next_step="wait until it has ended, then run the command again",
        ) from error
    finally:
        os.close(handle)
