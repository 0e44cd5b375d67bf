"""The journal file of `create`: a line is flushed to the disk before its call is sent."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from modelwright.errors import ExternalSystemError, UsageError
from modelwright.provisioning.journal import is_journal, runs, runs_for

__all__ = ["JournalFile"]


class JournalFile:
    """An append-only file of lines."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()

    def lines(self) -> list[str]:
        """Return its lines; none where it does not exist.

        Raises:
            ExternalSystemError: It cannot be read.
            UsageError: It is no journal.
        """
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        except UnicodeDecodeError:
            lines = [""]
        except OSError as error:
            raise self._unusable(error) from error
        if not is_journal(lines):
            raise UsageError(
                "the file is no journal of a creation, and is left as it is",
                where=str(self.path),
                next_step="name another file with --journal",
            )
        return lines

    def remove(self, repository: str) -> None:
        """Delete it where it is about this repository alone; else leave it."""
        lines = self.lines()
        if lines and runs_for(lines, repository) == runs(lines):
            self.path.unlink(missing_ok=True)

    def add(self, line: str) -> None:
        """Write a line and wait until the disk has it.

        Raises:
            ExternalSystemError: It cannot be written.
        """
        try:
            with self._lock:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                with self.path.open("a", encoding="utf-8") as file:
                    file.write(line)
                    file.flush()
                    os.fsync(file.fileno())
        except OSError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: Exception) -> ExternalSystemError:
        return ExternalSystemError(
            f"the journal cannot be used: {getattr(error, 'strerror', None) or error}",
            where=str(self.path),
            next_step="name another file with --journal",
        )
