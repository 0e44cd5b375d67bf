"""The journal of an update: written before the work tree is touched, for recovery and undo."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from modelwright.update.file_entry import FileEntry

VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Journal:
    """An update that is being applied.

    Attributes:
        head: The commit that the project is at.
        commit: The commit that holds the result.
        prefix: The project's path in the work tree, with a slash at its end.
        before: The entry of every path that changes, inside the work tree; None where it is new.
        after: The same afterwards; None where it is removed.
        unmerged: The stages of each path that the index will hold as unmerged.
        outcome: The outcome of the command, as `--json` prints it.
    """

    head: str
    commit: str
    prefix: str
    before: dict[str, FileEntry | None]
    after: dict[str, FileEntry | None]
    unmerged: dict[str, dict[int, FileEntry]]
    outcome: dict[str, Any]

    @property
    def paths(self) -> list[str]:
        """The paths that change, removals first, so that a folder can become a file."""
        return sorted(self.after, key=lambda path: (self.after[path] is not None, path))

    def text(self) -> str:
        """Return the journal as its file holds it."""
        return json.dumps({"version": VERSION, **vars(self)}, ensure_ascii=True, default=vars)


def journal_from(text: str) -> Journal:
    """Read a journal.

    Raises:
        ValueError: It is cut short, or of another version.
    """
    data = json.loads(text)
    if not isinstance(data, dict) or data.pop("version", None) != VERSION:
        raise ValueError
    for side in ("before", "after"):
        data[side] = {path: _entry(entry) for path, entry in data[side].items()}
    data["unmerged"] = {
        path: {int(stage): FileEntry(**entry) for stage, entry in stages.items()}
        for path, stages in data["unmerged"].items()
    }
    return Journal(**data)


def _entry(data: dict[str, Any] | None) -> FileEntry | None:
    return FileEntry(**data) if data else None
