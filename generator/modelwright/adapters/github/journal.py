"""The journal of a creation on the disk: each line is there before its call is sent."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from modelwright.errors import ExternalSystemError, UsageError
from modelwright.provisioning.journal import is_journal, runs, runs_for

__all__ = ["JournalFile"]


class JournalFile:
    """A file of lines that only grows."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()

    def lines(self) -> list[str]:
        """Return what it holds; nothing where it is not there.

        Raises:
            ExternalSystemError: It cannot be read.
            UsageError: It is something else than a journal.
        """
        try:
            found = self.path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        except UnicodeDecodeError:
            found = [""]
        except OSError as error:
            raise self._unusable(error) from error
        if not is_journal(found):
            raise UsageError(
                "the file is no journal of a creation, and is left as it is",
                where=str(self.path),
                next_step="name another file with --journal",
            )
        return found

    def remove(self, repository: str) -> None:
        """Delete it where it tells of one repository alone; any other file is left as it is."""
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
