"""Writes one file whole or not at all."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from modelwright.errors import ExternalSystemError


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file beside its place and move it there in one step.

    Raises:
        ExternalSystemError: It cannot be written; nothing is left behind.
    """
    aside = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(aside).chmod(0o644)
        Path(aside).replace(path)
    except OSError as error:
        if aside is not None:
            with suppress(OSError):
                Path(aside).unlink(missing_ok=True)
        raise ExternalSystemError(
            f"it cannot be written: {error.strerror or error}",
            where=str(path),
            next_step="give yourself the right to write there; nothing was written",
        ) from error
