"""`modelwright update` and `status` of a platform: merge a newer modelwright, then regenerate."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from modelwright.adapters.git.filters import apply_clean_filters
from modelwright.adapters.git.history import GitHistory
from modelwright.adapters.git.objects import GitObjects
from modelwright.errors import RefusedError, UsageError
from modelwright.operations.judge.status import Status, distance, notes_of
from modelwright.operations.platform.pin import CALLED
from modelwright.operations.platform.policy_input import merge_policies
from modelwright.operations.platform.sync import expected_in, with_overlays
from modelwright.operations.update.merge import merge_trees
from modelwright.operations.update.plan import changelog_between, file_changes
from modelwright.operations.update.request import UpdateRequest
from modelwright.operations.update.source import Source, source_of, target_version
from modelwright.operations.update.workspace import Workspace, open_workspace
from modelwright.paths import DISPATCH_WORKFLOW, PLATFORM_RECORD, POLICY_FILE, WORKFLOW_PIN
from modelwright.policy.model.load import read_plain
from modelwright.template.generated.package_manifest import is_packaged, place_of
from modelwright.template.platform import PlatformRecord, parse_platform_record
from modelwright.template.tree import RenderedFile
from modelwright.update.conflict_resolution import MergePlan, keep_untracked
from modelwright.update.file_entry import LINK, Files
from modelwright.update.merge_inputs import MergeInputs
from modelwright.update.outcome import UpdateOutcome

RenderedFiles = dict[str, RenderedFile]
SYNC: Final = "modelwright platform sync"
_GENERATED: Final = re.compile(
    r"templates/(_shared/(policy\.json|context\.jinja|exclude\.yml|python_names\.jinja"
    r"|characters\.jinja)|[^/]+/(cookiecutter\.json|hooks/\w+\.py))|\.github/workflows/new-project\.yml"
)


@dataclass(frozen=True, kw_only=True)
class PlatformVersions:
    """Two versions of modelwright's files, each as an organisation's platform would hold it.

    Attributes:
        base: The files of the version that the platform came from, by path.
        theirs: Those of the newer version.
    """

    base: RenderedFiles
    theirs: RenderedFiles


def update_platform(path: Path, request: UpdateRequest) -> UpdateOutcome:
    """Bring an organisation's platform to a version of modelwright.

    Args:
        path: The platform's folder.
        request: What to do.

    Raises:
        RefusedError: There is no such version; nothing was changed.
        UsageError: An answer was given.
        ExternalSystemError: The repository is dirty, or something outside fails; nothing was lost.
    """
    with open_workspace(path, dry_run=request.dry_run) as workspace:
        if workspace.finished:
            return workspace.finished
        record = _read_record(workspace, request)
        answers, places = record.answers, (request.source, request.platform)
        with source_of(answers, *places, offline=request.offline) as source:
            goal = target_version(source, request.to)
            outcome = _preview(workspace, source, goal)
            if goal == record.version and not request.source:
                return workspace.unchanged(outcome)
            policy = policy_text(workspace.folder)
            versions = platform_versions(source.history, record, goal, policy, source=source.name)
            changelog = changelog_between(source.history.tree(goal), record.version, goal)
        plan = merge_trees(workspace, _stored(workspace, versions), label=goal)
        keep_untracked(plan, workspace.obstacle)
        notes = [*outcome.notes, *_regenerate(workspace, plan), *_pin_note(plan)]
        files = file_changes(workspace.scratch, plan, workspace.folder)
        conflicts = plan.conflicts
        outcome = replace(
            outcome, files=files, conflicts=conflicts, changelog=changelog, notes=notes
        )
        return workspace.apply(plan, outcome)


def _read_record(workspace: Workspace, request: UpdateRequest) -> PlatformRecord:
    if request.given:
        raise UsageError(
            "a platform has no answers to change",
            where="--data",
            next_step=f"edit {POLICY_FILE}, then run {SYNC}",
        )
    workspace.require_committed(PLATFORM_RECORD)
    return parse_platform_record((workspace.folder / PLATFORM_RECORD).read_text(encoding="utf-8"))


def _preview(workspace: Workspace, source: Source, goal: str) -> UpdateOutcome:
    return UpdateOutcome(
        status="planned",
        project=str(workspace.folder),
        old=source.current,
        new=goal,
        origin=source.history.origin,
        notes=[*source.notes],
    )


def _stored(workspace: Workspace, versions: PlatformVersions) -> MergeInputs:
    """Return both versions as git stores them; an organisation shares every file with them."""
    base, theirs = (
        apply_clean_filters(workspace.scratch, workspace.repository, workspace.ours, files)
        for files in (versions.base, versions.theirs)
    )
    return MergeInputs(base=base, theirs=theirs)


def platform_status(path: Path, *, platform: str = "", offline: bool = False) -> Status:
    """Return the state of an organisation's platform; nothing is changed.

    Args:
        path: The platform's folder.
        platform: Where to read modelwright's own history, instead of the source in the record.
        offline: Contact no host.

    Raises:
        RefusedError: Its record or policy cannot be read, or there is no such version.
        ExternalSystemError: The history cannot be read.
    """
    record = parse_platform_record(
        (path / PLATFORM_RECORD).read_text(encoding="utf-8", errors="replace")
    )
    changed, refused = 0, []
    with source_of(record.answers, platform=platform, offline=offline) as source:
        gap = distance(source.history, record.version)
        if gap.latest != record.version:
            try:
                versions = platform_versions(source.history, record, gap.latest, policy_text(path))
                base, theirs = versions.base, versions.theirs
                names = {*base, *theirs} - {PLATFORM_RECORD}
                changed = sum(base.get(name) != theirs.get(name) for name in names)
            except RefusedError as error:
                refused.append(f"{error}; {error.next_step}")
        return Status(
            kind="platform",
            project=str(path.resolve()),
            version=record.version,
            latest=gap.latest,
            origin=source.history.origin,
            behind=gap.behind,
            days=gap.days,
            changes=changed,
            refused=refused,
            notes=[*notes_of(path), *source.notes],
        )


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


def platform_versions(
    history: GitHistory, record: PlatformRecord, to: str, policy: str, *, source: str = ""
) -> PlatformVersions:
    """Return both versions of modelwright's files with the organisation's own parts in each.

    Args:
        history: The history of modelwright's repository.
        record: The platform's source and version.
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
            PLATFORM_RECORD: RenderedFile(record_at.text.encode()),
        }
        for record_at, files, text in zip((record, after), (old, new), policies, strict=True)
    ]
    return PlatformVersions(base=sides[0], theirs=sides[1])


def is_generated(path: str) -> bool:
    """Say whether a file of a platform is written by `platform sync`, or is its own pin."""
    return path == WORKFLOW_PIN or _GENERATED.fullmatch(path) is not None


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
        names = sorted({entry.name for entry in entries.values()})
        blobs = {blob.name: blob.content for blob in objects.read(names)}
    files = {}
    for path, entry in entries.items():
        executable, link = bool(entry.mode & 0o100), entry.mode == LINK
        files[place_of(path)] = RenderedFile(blobs[entry.name], executable, link)
    return files


def _policy(files: Mapping[str, RenderedFile]) -> str:
    return files[POLICY_FILE].content.decode()


def _regenerate(workspace: Workspace, plan: MergePlan) -> Iterator[str]:
    """Write the generated files of the merged policy; say why where that must wait."""
    if plan.conflicts:
        generates = f"it writes what follows from {POLICY_FILE}"
        yield f"when the conflicts are resolved, run {SYNC}: {generates}"
        return
    scratch = workspace.scratch
    scratch.tree(plan.files)  # so that every file of it can be read
    with GitObjects(scratch.folder) as objects:
        tree = _MergedTree(objects, plan.files)
        try:
            generated = expected_in(tree, tree.read(POLICY_FILE), POLICY_FILE)
        except RefusedError as error:
            yield f"{error}; {error.next_step}; then run {SYNC}"
            return
    files = {path: RenderedFile(text.encode()) for path, text in generated.items()}
    plan.files.update(apply_clean_filters(scratch, workspace.repository, plan.files, files))


def _pin_note(plan: MergePlan) -> Iterator[str]:
    changed = [path for path in plan.changes if path != DISPATCH_WORKFLOW]
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
