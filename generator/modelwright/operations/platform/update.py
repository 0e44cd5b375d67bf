"""Bring an organisation's platform to a newer modelwright: merge, then write what follows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from modelwright.adapters.git.filters import apply_clean_filters
from modelwright.adapters.git.history import GitHistory
from modelwright.adapters.git.object_writer import Scratch
from modelwright.adapters.git.objects import GitObjects
from modelwright.adapters.git.repository import ProjectRepository
from modelwright.errors import RefusedError, UsageError
from modelwright.operations.judge.status import Status, distance, notes_of
from modelwright.operations.platform.pin import CALLED
from modelwright.operations.platform.policy_input import merge_policies
from modelwright.operations.platform.sync import expected_in, with_overlays
from modelwright.operations.update.merge import file_changes, merge_trees
from modelwright.operations.update.request import UpdateRequest, changelog_between
from modelwright.operations.update.source import source_of, target
from modelwright.paths import DISPATCH_WORKFLOW, PLATFORM_RECORD, POLICY_FILE, WORKFLOW_PIN
from modelwright.policy.model.load import read_plain
from modelwright.template.generated.package_manifest import is_packaged, place_of
from modelwright.template.platform import PlatformRecord, record_from
from modelwright.template.tree import RenderedFile
from modelwright.update.conflict_resolution import MergePlan, leave_untracked
from modelwright.update.merge_inputs import LINK, Files, MergeInputs
from modelwright.update.outcome import UpdateOutcome

RenderedFiles = dict[str, RenderedFile]
_WRITTEN: Final = re.compile(
    r"templates/(_shared/(policy\.json|context\.jinja|exclude\.yml|python_names\.jinja"
    r"|characters\.jinja)|[^/]+/(cookiecutter\.json|hooks/\w+\.py))|\.github/workflows/new-project\.yml"
)


@dataclass(frozen=True, kw_only=True)
class PlatformMergeInputs:
    """Both versions of modelwright's files, as they meet an organisation's platform.

    Attributes:
        base: The files of the version that the platform came from, by path.
        theirs: Those of the newer version.
    """

    base: RenderedFiles
    theirs: RenderedFiles


def record_of(platform: Path) -> PlatformRecord | None:
    """Return the record of an organisation's platform; None where a folder is none.

    Raises:
        RefusedError: The record has another form.
    """
    file = platform / PLATFORM_RECORD
    return record_from(file.read_text(encoding="utf-8")) if file.is_file() else None


def policy_text(platform: Path) -> str:
    """Return the policy of an organisation's platform.

    Raises:
        RefusedError: It has none, or one that names no environments.
    """
    file = platform / POLICY_FILE
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _no_policy(file, "it cannot be read") from error
    if not read_plain(text, str(file)).get("environments"):
        raise _no_policy(file, "it names no environments")
    return text


def _no_policy(file: Path, problem: str) -> RefusedError:
    return RefusedError(
        problem, where=str(file), next_step=f"restore it: git checkout HEAD -- {file.name}"
    )


def platform_merge_inputs(
    history: GitHistory, record: PlatformRecord, to: str, policy: str, *, source: str = ""
) -> PlatformMergeInputs:
    """Return what the merge starts from and what it brings.

    Args:
        history: The history of modelwright's repository.
        record: Where the platform came from.
        to: The newer version.
        policy: The text of the organisation's policy.
        source: What the record names as the source from now on; empty for what it names.

    Raises:
        RefusedError: The history lacks one of the versions; the nearest are named.
        ExternalSystemError: The objects cannot be read.
    """
    old, new = (_files_at(history, version) for version in (record.version, to))
    environments = read_plain(policy)["environments"]
    policies = merge_policies(_policy(old), _policy(new), policy)
    after = PlatformRecord(source=source or record.source, version=to)
    sides = [
        {
            **with_overlays({p: f for p, f in files.items() if not is_generated(p)}, environments),
            POLICY_FILE: RenderedFile(text.encode()),
            PLATFORM_RECORD: RenderedFile(told.text.encode()),
        }
        for told, files, text in zip((record, after), (old, new), policies, strict=True)
    ]
    return PlatformMergeInputs(base=sides[0], theirs=sides[1])


def is_generated(path: str) -> bool:
    """Say whether a file of a platform is written by `platform sync`, or is its own pin."""
    return path == WORKFLOW_PIN or _WRITTEN.fullmatch(path) is not None


def _files_at(history: GitHistory, version: str) -> RenderedFiles:
    entries = {
        path: entry for path, entry in history.tree(version).entries().items() if is_packaged(path)
    }
    if POLICY_FILE not in entries:
        raise RefusedError(
            f"version {version!r} holds no {POLICY_FILE}, so it is no modelwright",
            where=history.source,
            next_step="name modelwright's own repository with --source",
        )
    with GitObjects(history.folder()) as objects:
        blobs = _blobs(objects, sorted({entry.name for entry in entries.values()}))
    files = {}
    for path, entry in entries.items():
        executable, link = bool(entry.mode & 0o100), entry.mode == LINK
        files[place_of(path)] = RenderedFile(blobs[entry.name], executable, link)
    return files


def _policy(files: Mapping[str, RenderedFile]) -> str:
    return files[POLICY_FILE].content.decode()


def _blobs(objects: GitObjects, names: list[str]) -> Mapping[str, bytes]:
    return {found.name: found.content for found in objects.read(names)}


def platform_status(path: Path, *, platform: str = "", offline: bool = False) -> Status:
    """Say where an organisation's platform stands; nothing is changed.

    Args:
        path: The platform's folder.
        platform: Where to read modelwright's own history, instead of the source in the record.
        offline: Contact no host.

    Raises:
        RefusedError: Its record or policy cannot be read, or its version is not to be had.
        ExternalSystemError: The history cannot be read.
    """
    record = record_from((path / PLATFORM_RECORD).read_text(encoding="utf-8", errors="replace"))
    answers = {"_src_path": record.source, "_commit": record.version}
    changed, refused = 0, []
    with source_of(answers, platform=platform, offline=offline) as source:
        far = distance(source.history, record.version)
        if far.latest != record.version:
            try:
                both = platform_merge_inputs(source.history, record, far.latest, policy_text(path))
                names = {*both.base, *both.theirs} - {PLATFORM_RECORD}
                changed = sum(both.base.get(name) != both.theirs.get(name) for name in names)
            except RefusedError as error:
                refused.append(f"{error}; {error.next_step}")
        return Status(
            kind="platform",
            project=str(path.resolve()),
            version=record.version,
            latest=far.latest,
            origin=source.history.origin,
            behind=far.behind,
            days=far.days,
            changes=changed,
            refused=refused,
            notes=[*notes_of(path), *source.notes],
        )


SYNC: Final = "modelwright platform sync"


def plan_platform_update(
    repository: ProjectRepository, scratch: Scratch, ours: Files, request: UpdateRequest
) -> tuple[UpdateOutcome, MergePlan | None]:
    """Return what an update of a platform would do; no result where there is nothing to do.

    Raises:
        RefusedError: A version is not to be had.
        UsageError: An answer was given.
        ExternalSystemError: Git fails.
    """
    if request.given:
        raise UsageError(
            "a platform has no answers to change",
            where="--data",
            next_step=f"edit {POLICY_FILE}, then run {SYNC}",
        )
    record = _record(repository)
    answers = {"_src_path": record.source, "_commit": record.version}
    with source_of(answers, request.source, request.platform, offline=request.offline) as source:
        goal = target(source, request.to)
        told = UpdateOutcome(
            status="current",
            project=str(repository.folder),
            old=record.version,
            new=goal,
            origin=source.history.origin,
            notes=[*source.notes],
        )
        if goal == record.version and not request.source:
            return told, None
        policy = policy_text(repository.folder)
        both = platform_merge_inputs(source.history, record, goal, policy, source=source.name)
        said = changelog_between(source.history.tree(goal), record.version, goal)
    result = _merge_platform(scratch, repository, ours, both, goal)
    notes = [*told.notes, *_follow(scratch, repository, result), *_pin_note(result)]
    return replace(
        told,
        status="planned",
        files=file_changes(scratch, result, repository.folder),
        conflicts=result.conflicts,
        changelog=said,
        notes=notes,
    ), result


def _record(repository: ProjectRepository) -> PlatformRecord:
    return record_from((repository.folder / PLATFORM_RECORD).read_text(encoding="utf-8"))


def _merge_platform(
    scratch: Scratch,
    repository: ProjectRepository,
    ours: Files,
    both: PlatformMergeInputs,
    goal: str,
) -> MergePlan:
    base, theirs = (
        apply_clean_filters(scratch, repository, ours, side) for side in (both.base, both.theirs)
    )
    sides = MergeInputs(base=base, theirs=theirs, managed={})
    result = merge_trees(scratch, repository, ours, sides, label=goal)
    leave_untracked(result, lambda path: repository.obstacle(path, ours))
    return result


def _follow(scratch: Scratch, repository: ProjectRepository, result: MergePlan) -> Iterator[str]:
    """Write what follows from the merged policy; say why where that must wait."""
    if result.conflicts:
        follows = f"it writes what follows from {POLICY_FILE}"
        yield f"when the conflicts are resolved, run {SYNC}: {follows}"
        return
    scratch.tree(result.files)  # so that every file of it can be read
    with GitObjects(scratch.folder) as objects:
        tree = _MergedTree(objects, result.files)
        try:
            written = expected_in(tree, tree.read(POLICY_FILE), POLICY_FILE)
        except RefusedError as error:
            yield f"{error}; {error.next_step}; then run {SYNC}"
            return
    files = {path: RenderedFile(text.encode()) for path, text in written.items()}
    result.files.update(apply_clean_filters(scratch, repository, result.files, files))


def _pin_note(result: MergePlan) -> Iterator[str]:
    changed = [path for path in result.changes if path != DISPATCH_WORKFLOW]
    if any(path.startswith(f"{folder}/") for path in changed for folder in CALLED):
        yield (
            "the workflows that projects call changed: when this is on main, "
            f"run {SYNC} --pin there, and tag a release"
        )


@dataclass(frozen=True)
class _MergedTree:
    """The files of a merge, read out of its objects."""

    objects: GitObjects
    files: Files

    def paths(self, folder: str) -> list[str]:
        """Return every file below a folder, sorted."""
        return sorted(path for path in self.files if path.startswith(f"{folder}/"))

    def read(self, path: str) -> bytes:
        """Return a file's content."""
        return self.objects.read([self.files[path].name])[0].content

    def executable(self, path: str) -> bool:
        """Say whether a file carries the executable bit."""
        return bool(self.files[path].mode & 0o100)
