"""The outcome of an update: what it did or would do, its exit code, its JSON document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from modelwright.errors import ExternalSystemError, FindingsError
from modelwright.update.conflicts import Conflict

Status = Literal["current", "planned", "updated", "conflicts"]


@dataclass(frozen=True, kw_only=True)
class AnswerChange:
    """An answer before and after; None where the question is new, or is gone."""

    question: str
    before: object
    after: object


@dataclass(frozen=True, kw_only=True)
class FileChanges:
    """Paths by what happens to them.

    Attributes:
        renamed: New path by old path.
        deleted: Deleted or moved by the project earlier: the template's change is not taken up.
        standing: The project's file by each path that was not added, because the code host would
            read it in that file's place.
    """

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    standing: dict[str, str] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many files the work tree will see changed."""
        return len(self.added) + len(self.changed) + len(self.removed) + len(self.renamed)


@dataclass(frozen=True, kw_only=True)
class UpdateOutcome:
    """What an update did, or would do.

    Attributes:
        project: The project's folder.
        old: The version that it was at.
        new: The version that it is brought to.
        origin: Where the template was read, for a person.
        pins: The version of the called workflows before and after; empty where it stays.
        changelog: The lines of the template's changelog for the versions between.
        warnings: What the newest rules would refuse in a new project.
        notes: What else a person should know.
        stale_lock: Why `uv.lock` could not be renewed, although it does not match any more.
        undo: The command that takes it back, in any folder.
    """

    status: Status
    old: str
    new: str
    origin: str
    project: str = ""
    files: FileChanges = field(default_factory=FileChanges)
    conflicts: list[Conflict] = field(default_factory=list)
    answers: list[AnswerChange] = field(default_factory=list)
    pins: list[str] = field(default_factory=list)
    changelog: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    stale_lock: str = ""
    undo: str = ""

    @property
    def exit_code(self) -> int:
        """The exit code of the command: a person must look, or something outside failed."""
        if self.conflicts:
            return FindingsError.exit_code
        failed = self.stale_lock and self.status == "updated"
        return ExternalSystemError.exit_code if failed else 0

    def document(self) -> dict[str, Any]:
        """Return the outcome as `--json` prints it."""
        document = asdict(self)
        document["from"], document["to"] = document.pop("old"), document.pop("new")
        for data, conflict in zip(document["conflicts"], self.conflicts, strict=True):
            data.update(problem=conflict.problem, advice=conflict.advice)
        return document


def answer_changes(before: Mapping[str, object], after: Mapping[str, object]) -> list[AnswerChange]:
    """Return what differs between two sets of answers; names with an underscore are left out."""
    return [
        AnswerChange(question=name, before=before.get(name), after=after.get(name))
        for name in sorted({*before, *after})
        if name[:1] != "_" and before.get(name) != after.get(name)
    ]


def outcome_from(document: Mapping[str, Any]) -> UpdateOutcome:
    """Return the outcome that a document describes."""
    data = dict(document)
    data["old"], data["new"] = data.pop("from"), data.pop("to")
    data["files"] = FileChanges(**data["files"])
    data["answers"] = [AnswerChange(**change) for change in data["answers"]]
    data["conflicts"] = [
        Conflict(path=each["path"], kind=each["kind"], aside=each["aside"])
        for each in data["conflicts"]
    ]
    return UpdateOutcome(**data)
