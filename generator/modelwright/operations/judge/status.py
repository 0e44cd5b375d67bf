"""`modelwright status`: how far a project is from its template, its drift, what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from modelwright.adapters.disk.stored_answers import stored_answers
from modelwright.adapters.git.project import ownership_problem
from modelwright.adapters.worktree.journal import has_interrupted_update
from modelwright.errors import RefusedError
from modelwright.operations.update.answers import refused_today
from modelwright.operations.update.render import RenderedVersion, Versions
from modelwright.operations.update.source import is_older, source_of, version_order
from modelwright.paths import ANSWERS_FILE
from modelwright.template.history import History
from modelwright.template.tree import RenderedFile, Tree

_INTERRUPTED: Final = "an update was interrupted here; run modelwright update, which finishes it"


@dataclass(frozen=True, kw_only=True)
class Distance:
    """From one version to the newest.

    Attributes:
        latest: The newest release; the version itself where none is newer.
        behind: How many releases lie between, the newest counted.
        days: How many days lie between the two releases; 0 where either day is not known.
    """

    latest: str
    behind: int
    days: int


def distance(history: History, current: str) -> Distance:
    """Return how far a version is from the newest release of its history."""
    releases = history.releases
    newest = releases[-1].version if releases else current
    latest = current if is_older(newest, current) else newest
    between = [
        release
        for release in releases
        if version_order(current) is not None
        and is_older(current, release.version)
        and not is_older(latest, release.version)
    ]
    days = {release.version: release.day for release in releases}
    known = current in days and latest in days
    return Distance(
        latest=latest,
        behind=len(between),
        days=max(0, (days[latest] - days[current]).days) if known else 0,
    )


@dataclass(frozen=True, kw_only=True)
class Status:
    """The state of a project against its template.

    Attributes:
        kind: Whether it is a project or an organisation's platform, whose template is modelwright.
        version: The template's version that the project is at.
        latest: The newest release; the project's own where it is the newest.
        behind: How many releases lie between.
        days: How many days lie between the two releases; 0 where either day is not known.
        changes: How many files of the project an update would change, the answers file left out.
        drift: Managed files that differ from the template, or are missing.
        refused: What the newest rules refuse, which an update needs answered first.
        warnings: What the newest rules would refuse in a new project.
    """

    kind: Literal["project", "platform"] = "project"
    project: str
    version: str
    latest: str
    origin: str
    behind: int = 0
    days: int = 0
    changes: int = 0
    drift: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def update_to_be_had(self) -> bool:
        """Whether an update would change the project, or needs an answer first."""
        return bool(self.changes or self.refused)

    def document(self) -> dict[str, Any]:
        """Return the status as `--json` prints it."""
        return {**asdict(self), "update_to_be_had": self.update_to_be_had}


def status(
    path: Path,
    *,
    platform: str = "",
    offline: bool = False,
    trust: bool = False,
    answers_file: str = ANSWERS_FILE,
) -> Status:
    """Return the state of a project; nothing is changed.

    Args:
        path: Its folder.
        platform: Where to read the template, instead of the source in the answers.
        offline: Contact no host.
        trust: Accept a template that would run code.
        answers_file: The path of its answers file.

    Raises:
        RefusedError: It is no project, or there is no such version.
        ExternalSystemError: The template cannot be read.
    """
    stored = stored_answers(path, answers_file)
    with source_of(stored, platform=platform, offline=offline) as source:
        versions = Versions(source=source, project=path, answers_file=answers_file, trust=trust)
        return _project_status(versions, stored)


def _project_status(versions: Versions, stored: Mapping[str, Any]) -> Status:
    path, history, current = versions.project, versions.source.history, versions.source.current
    gap = distance(history, current)
    old = versions.present(stored)
    before = old.version.files(old.answers)
    verdict = _NewestVerdict()
    if gap.latest != current:
        verdict = _judge_newest(versions, gap.latest, stored, before)
    return Status(
        project=str(path.resolve()),
        version=current,
        latest=gap.latest,
        origin=history.origin,
        behind=gap.behind,
        days=gap.days,
        changes=verdict.changes,
        drift=_drift(path, old, before),
        refused=verdict.refused,
        warnings=verdict.warnings or list(_judge_answers(old.tree, stored).warnings),
        notes=[*notes_of(path), *versions.source.notes],
    )


def notes_of(path: Path) -> list[str]:
    """Return what a person should know of the repository of a project."""
    notes = [_INTERRUPTED] if has_interrupted_update(path) else []
    refusal = ownership_problem(path)
    if refusal is not None:
        notes.append(f"{refusal.problem}; {refusal.next_step}")
    return notes


@dataclass(kw_only=True)
class _NewestVerdict:
    """What the newest version would do to a project."""

    changes: int = 0
    refused: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def _judge_newest(
    versions: Versions,
    latest: str,
    stored: Mapping[str, Any],
    before: Mapping[str, RenderedFile],
) -> _NewestVerdict:
    verdict = _judge_answers(versions.source.history.tree(latest), stored)
    try:
        new = versions.next(latest, stored, {}, None)
        after = new.version.files(new.answers)
    except RefusedError as error:
        verdict.refused.append(f"{error}; {error.next_step}")
        return verdict
    changed = _changed_paths(before, after) - {versions.answers_file}
    verdict.changes = len(
        changed - new.version.left_out(changed - set(after), new.answers, new.answers)
    )
    return verdict


def _judge_answers(tree: Tree, stored: Mapping[str, Any]) -> _NewestVerdict:
    try:
        return _NewestVerdict(warnings=list(refused_today(tree, stored)))
    except RefusedError as error:
        return _NewestVerdict(refused=[f"{error}; {error.next_step}"])


def _changed_paths(
    before: Mapping[str, RenderedFile], after: Mapping[str, RenderedFile]
) -> set[str]:
    return {path for path in {*before, *after} if before.get(path) != after.get(path)}


def _drift(path: Path, now: RenderedVersion, rendered: Mapping[str, RenderedFile]) -> list[str]:
    owner_of = now.owners()
    return [
        name
        for name, file in sorted(rendered.items())
        if name != ANSWERS_FILE and owner_of(name) == "managed" and _differs(path / name, file)
    ]


def _differs(place: Path, file: RenderedFile) -> bool:
    try:
        content = place.read_bytes()
    except OSError:
        return True
    return content != file.content and content.replace(b"\r\n", b"\n") != file.content
