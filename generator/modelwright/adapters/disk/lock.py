"""A lock on a file, for one process at a time; the system lifts it when its holder dies."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from modelwright.errors import ExternalSystemError

_POLL_SECONDS: Final = 0.05

if sys.platform == "win32":
    import msvcrt

    def _try_lock_file(file: IO[bytes]) -> bool:
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock_file(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def try_lock(path: Path) -> IO[bytes] | None:
    """Return a lock's open file, which is held until it is closed; None where another holds it."""
    try:
        file = path.open("ab")
    except OSError:
        return None
    if _try_lock_file(file):
        return file
    file.close()
    return None


@contextmanager
def exclusive_lock(path: Path, *, seconds: float) -> Iterator[int]:
    """Hold a lock until the block ends; yield its descriptor, which a child process may hold too.

    Args:
        path: The lock's file; it stays, because removing it would race with the next holder.
        seconds: How long to wait for another holder.

    Raises:
        ExternalSystemError: Another holds it for longer, or the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("ab")
    except OSError as error:
        raise ExternalSystemError(
            f"it cannot be written: {error.strerror or error}",
            where=str(path),
            next_step="give yourself the right to write there",
        ) from error
    with file:
        end = time.monotonic() + seconds
        while not _try_lock_file(file):
            if time.monotonic() > end:
                raise ExternalSystemError(
                    f"another process holds it for more than {seconds:.0f} seconds"
                    if seconds
                    else "another process holds it",
                    where=str(path),
                    next_step="wait for the other command to end, then run this one again",
                )
            time.sleep(_POLL_SECONDS)
        yield file.fileno()
