"""Atomic write: a file is written beside its place and moved there in one step."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from modelwright.errors import ExternalSystemError


def replace_file(path: Path, content: bytes, *, locked: bool = False) -> None:
    """Write a file, completely or not at all; its folder must exist.

    Args:
        path: The file.
        content: What it holds then.
        locked: Nobody else writes there. The name beside it is fixed, so that the next write
            replaces what a killed process left.

    Raises:
        OSError: It cannot be written; nothing is left behind.
    """
    if locked:
        temporary = str(path.with_suffix(".new"))
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    else:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(temporary).unlink(missing_ok=True)
        raise


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file, completely or not at all, and the folders above it.

    Raises:
        ExternalSystemError: It cannot be written; nothing is left behind.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, content)
    except OSError as error:
        raise ExternalSystemError(
            f"it cannot be written: {error.strerror or error}",
            where=str(path),
            next_step="give yourself the right to write there; nothing was written",
        ) from error
