"""From two versions of a template and a project to what the update does to each path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from modelwright.adapters.git.filters import apply_clean_filters, attributes_tree, has_attributes
from modelwright.adapters.git.merge import merge, renames
from modelwright.adapters.git.object_writer import Scratch
from modelwright.adapters.git.objects import GitObjects
from modelwright.adapters.git.repository import ProjectRepository
from modelwright.adapters.git.tree import GitTree
from modelwright.adapters.worktree.files import stored_entries
from modelwright.template.archetypes import Owner, archetype_from, is_covered
from modelwright.template.tree import RenderedFile, Tree
from modelwright.template.unchanged_files import files_known_unchanged
from modelwright.template.version import DialectVersion
from modelwright.update.conflict_resolution import (
    MergePlan,
    classify_conflicts,
    follow_managed,
    leave_standing,
    leave_untracked,
    simple,
    tell_untracked,
)
from modelwright.update.conflicts import modules, stale_imports
from modelwright.update.merge_inputs import (
    FileEntry,
    Files,
    MergeInputs,
    merge_inputs,
    plain_changes,
)
from modelwright.update.outcome import FileChanges

if TYPE_CHECKING:
    from modelwright.operations.update.request import UpdateRequest
from modelwright.operations.update.versions import RenderedVersion
from modelwright.paths import ANSWERS_FILE, archetype_file

_LARGEST: Final = 1_000_000


def plan_update(  # noqa: PLR0913, PLR0917 -- what a merge follows from
    scratch: Scratch,
    repository: ProjectRepository,
    ours: Files,
    old: RenderedVersion,
    new: RenderedVersion,
    request: UpdateRequest,
) -> tuple[MergePlan, MergeInputs]:
    """Return what an update does, and the template's two sides.

    Raises:
        RefusedError: A version does not render.
        ExternalSystemError: Git fails.
    """
    owner_of = owners(new.tree, new.answers.values, request.answers_file)
    if request.anew:
        files = new.version.files(new.answers)
        base, theirs = dict[str, FileEntry](), apply_clean_filters(scratch, repository, ours, files)
    else:
        base, theirs = _render_both(
            scratch, repository, ours, old, new, owner_of, answers_file=request.answers_file
        )
    for path in new.version.left_out(base, old.answers, new.answers):
        del base[path]
    if request.adopting is not None:
        _take_in(base, ours)
    patterns = new.version.skipped(new.answers)
    both = merge_inputs(
        base,
        theirs,
        ours,
        owner_of=owner_of,
        skipped=lambda path: is_covered(patterns, path),
    )
    result = merge_trees(scratch, repository, ours, both, label=new.version.name)
    follow_managed(result, both, base)
    leave_standing(result)
    leave_untracked(result, lambda path: repository.obstacle(path, ours))
    tell_untracked(result, base, theirs, lambda path: repository.obstacle(path, ours))
    return result, MergeInputs(base=base, theirs=theirs, managed=both.managed)


def merge_trees(
    scratch: Scratch, repository: ProjectRepository, ours: Files, both: MergeInputs, *, label: str
) -> MergePlan:
    """Let the template's two sides meet a project; git merges only where it has to.

    Raises:
        ExternalSystemError: Git fails.
    """

    def is_occupied(path: str, entry: FileEntry) -> bool:
        place = f"{repository.prefix}{path}"
        return stored_entries(repository, {place: (entry,)})[place] not in {None, entry}

    plain = plain_changes(both, ours)
    if plain is not None:
        return simple(plain, ours, is_occupied)
    # Attributes name merge drivers, and those above the project hold for it too.
    folder, prefix = repository.folder, ""
    if has_attributes(repository, ours):
        folder, prefix = attributes_tree(scratch, repository, ours), repository.prefix
    merged_trees = merge(scratch, both, ours, label=label, folder=folder, prefix=prefix)
    return classify_conflicts(*merged_trees, ours, is_occupied)


def _take_in(base: dict[str, FileEntry], ours: Files) -> None:
    """Let an answers file that is not there yet be new, and a broken one be replaced."""
    base.pop(ANSWERS_FILE, None)
    if ANSWERS_FILE in ours:
        base[ANSWERS_FILE] = ours[ANSWERS_FILE]


def owners(
    tree: Tree, answers: Mapping[str, Any], answers_file: str = ANSWERS_FILE
) -> Callable[[str], Owner]:
    """Return who owns a path; everything is shared where a template does not say."""
    archetype = str(answers.get("archetype", ""))
    try:
        text = tree.read(archetype_file(archetype)).decode()
    except KeyError:
        return lambda path: "managed" if path == answers_file else "shared"
    owner_of = archetype_from(archetype, text).owner_of
    return lambda path: "managed" if path == answers_file else owner_of(path)


def file_changes(scratch: Scratch, result: MergePlan, folder: Path) -> FileChanges:
    """Return the paths that change, sorted by what happens to them.

    Raises:
        ExternalSystemError: Git fails.
    """
    renamed = renames(scratch, result.ours, result.files, folder)
    changes = result.changes
    gone, come = set(renamed), set(renamed.values())
    return FileChanges(
        added=[p for p in changes if p not in result.ours and p not in come],
        changed=[p for p, entry in changes.items() if p in result.ours and entry],
        removed=[p for p, entry in changes.items() if entry is None and p not in gone],
        renamed=renamed,
        deleted=sorted(result.deleted),
        standing=dict(result.standing),
    )


def import_notes(repository: ProjectRepository, result: MergePlan, both: MergeInputs) -> list[str]:
    """Return a sentence for every import, in her own files, of what the template moved."""
    gone = modules(both.base) - modules(both.theirs) - modules(result.files)
    own = [
        path
        for path, entry in result.files.items()
        if gone and path.endswith(".py") and both.theirs.get(path) != entry
        if result.ours.get(path) == entry
    ]
    with GitObjects(repository.common_dir) as objects:
        blobs = objects.read([result.files[path].name for path in own]) if own else []
    texts = {
        path: blob.content.decode(errors="replace")
        for path, blob in zip(own, blobs, strict=True)
        if len(blob.content) <= _LARGEST
    }
    return list(stale_imports(texts, gone))


def _render_both(  # noqa: PLR0913, PLR0917 -- what both renders follow from
    scratch: Scratch,
    repository: ProjectRepository,
    ours: Files,
    old: RenderedVersion,
    new: RenderedVersion,
    owner_of: Callable[[str], Owner],
    *,
    answers_file: str,
) -> tuple[dict[str, FileEntry], dict[str, FileEntry]]:
    """Return both versions of the template's files; what is provably the same is taken as is."""
    same = _same(old, new)
    # What she deleted or moved is rendered to see a move; what the platform owns, to see drift.
    known = {path for path in same & set(ours) if owner_of(path) != "managed"}
    before = _as_written(old.version.files(old.answers, _Without(same)), repository, answers_file)
    after = new.version.files(new.answers, _Without(known))
    base = apply_clean_filters(scratch, repository, ours, before)
    theirs = apply_clean_filters(scratch, repository, ours, after)
    for path in known:
        base[path] = theirs[path] = ours[path]
    for path in same - known:
        base[path] = theirs[path]
    return base, theirs


def _as_written(
    files: Mapping[str, RenderedFile], repository: ProjectRepository, answers_file: str
) -> Mapping[str, RenderedFile]:
    """Return the files with the answers file as it stands, where it says the same in another form.

    A formatter or another version of Copier writes the same answers with other quotes.
    """
    rendered, place = files.get(answers_file), repository.folder / answers_file
    if rendered is None or not place.is_file():
        return files
    content = place.read_bytes()
    if _said(content) != _said(rendered.content):
        return files
    return {**files, answers_file: replace(rendered, content=content)}


def _said(content: bytes) -> object:
    """Return the answers and the comments of an answers file: a comment is somebody's work."""
    text = content.decode(errors="replace")
    comments = [line.strip() for line in text.splitlines() if line.strip().startswith("#")]
    try:
        return comments, yaml.safe_load(text)
    except yaml.YAMLError:
        return content


def _same(old: RenderedVersion, new: RenderedVersion) -> set[str]:
    before, after = old.version, new.version
    if not (isinstance(before, DialectVersion) and isinstance(after, DialectVersion)):
        return set()
    if not (isinstance(old.tree, GitTree) and isinstance(new.tree, GitTree)):
        return set()
    return files_known_unchanged(
        (before.template, old.tree, old.answers), (after.template, new.tree, new.answers)
    )


@dataclass(frozen=True)
class _Without:
    """Every path but some."""

    paths: set[str]

    def __contains__(self, path: object) -> bool:
        return path not in self.paths
