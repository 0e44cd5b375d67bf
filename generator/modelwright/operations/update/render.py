"""Renders both versions of a template for a project, by our engine or by Copier's library."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import yaml

from modelwright.adapters.copier import copier_version
from modelwright.adapters.git.filters import apply_clean_filters
from modelwright.adapters.git.tree import GitTree
from modelwright.errors import UnknownVersionError
from modelwright.operations.update.answers import new_answers
from modelwright.operations.update.request import UpdateRequest
from modelwright.operations.update.source import Source, target_version
from modelwright.operations.update.workspace import Workspace
from modelwright.paths import ANSWERS_FILE, archetype_file
from modelwright.template.answer_collector import Answers, Asker
from modelwright.template.archetypes import Owner, archetype_from
from modelwright.template.compatibility import needs_copier
from modelwright.template.tree import RenderedFile, Tree
from modelwright.template.unchanged_files import files_known_unchanged
from modelwright.template.version import DialectVersion, Version
from modelwright.update.file_entry import FileEntry
from modelwright.update.merge_inputs import TemplateFiles

# Trees are told apart by identity: a history gives the same one for the same version.
_CACHED: Final = 64


@dataclass(frozen=True, kw_only=True)
class RenderedVersion:
    """One version of a template, and a project's answers under it.

    Attributes:
        notes: What a person should know of how it is rendered.
    """

    version: Version
    answers: Answers
    tree: Tree
    notes: tuple[str, ...] = ()

    def owners(self, answers_file: str = ANSWERS_FILE) -> Callable[[str], Owner]:
        """Return who owns a path; everything is shared where the template does not say."""
        archetype = str(self.answers.values.get("archetype", ""))
        try:
            text = self.tree.read(archetype_file(archetype)).decode()
        except KeyError:
            return lambda path: "managed" if path == answers_file else "shared"
        owner_of = archetype_from(archetype, text).owner_of
        return lambda path: "managed" if path == answers_file else owner_of(path)


@dataclass(frozen=True, kw_only=True)
class Versions:
    """The versions of one project's template.

    Attributes:
        source: Where they are read.
        project: The project's folder.
        answers_file: The path of its answers file.
        trust: Whether a template may ask to run code; it does not run here.
    """

    source: Source
    project: Path
    answers_file: str = ANSWERS_FILE
    trust: bool = False

    def present(self, stored: Mapping[str, Any]) -> RenderedVersion:
        """Return the version that the project is at, with the answers that made it.

        Raises:
            RefusedError: There is no such version, or it needs trust.
        """
        name = self.source.current
        tree = self._tree(name)
        if self._by_copier(tree):
            version = copier_version(
                self.source.history,
                name,
                project=self.project,
                answers_file=self.answers_file,
                source=self.source.stored,
                replay=True,
                trust=self.trust,
            )
            return RenderedVersion(version=version, answers=version.answers(stored, {}), tree=tree)
        ours = _dialect(tree, name, self.source.stored)
        return RenderedVersion(version=ours, answers=ours.replay(stored), tree=tree)

    def next(
        self, name: str, stored: Mapping[str, Any], given: Mapping[str, object], ask: Asker | None
    ) -> RenderedVersion:
        """Return another version, with the project's answers under its rules.

        Raises:
            RefusedError: There is no such version, it needs trust, or it refuses an answer.
        """
        tree = self._tree(name)
        if not self._by_copier(tree):
            ours = _dialect(tree, name, self.source.name)
            return RenderedVersion(
                version=ours, answers=new_answers(ours, stored, given, ask), tree=tree
            )
        version = copier_version(
            self.source.history,
            name,
            project=self.project,
            answers_file=self.answers_file,
            source=self.source.name,
            since=self.source.current,
            trust=self.trust,
        )
        answers = new_answers(version, stored, given, ask)
        return RenderedVersion(
            version=version, answers=answers, tree=tree, notes=tuple(version.notes)
        )

    def _by_copier(self, tree: GitTree) -> bool:
        return self.answers_file != ANSWERS_FILE or bool(_reason_for_copier(tree))

    def _tree(self, name: str) -> GitTree:
        try:
            return self.source.history.tree(name)
        except UnknownVersionError as error:
            if name == self.source.current:
                known = " or ".join(error.nearest) or "no release"
                error.next_step = (
                    "name where that version is with --source, or find the one that fits best: "
                    f"modelwright adopt; this source has {known}"
                )
            raise


@lru_cache(maxsize=_CACHED)
def _reason_for_copier(tree: GitTree) -> str:
    """Return why only Copier renders a tree; found once for all projects."""
    return needs_copier(tree)


@lru_cache(maxsize=_CACHED)
def _dialect(tree: GitTree, name: str, source: str) -> DialectVersion:
    """Return a version that we render; opened once for all projects."""
    return DialectVersion(tree, name, source)


def answered_versions(
    project: Path, stored: Mapping[str, Any], source: Source, request: UpdateRequest
) -> tuple[RenderedVersion, RenderedVersion]:
    """Return the project's version and the one that it goes to, each with its answers.

    Raises:
        RefusedError: There is no such version, or the new one refuses an answer.
    """
    goal = target_version(source, request.to)
    versions = Versions(
        source=source, project=project, answers_file=request.answers_file, trust=request.trust
    )
    return versions.present(stored), versions.next(goal, stored, request.given, request.ask)


def render_both(
    workspace: Workspace, old: RenderedVersion, new: RenderedVersion, request: UpdateRequest
) -> TemplateFiles:
    """Return every file of both versions, through the project's own clean filters.

    Raises:
        RefusedError: A version does not render.
        ExternalSystemError: A filter of the project fails.
    """
    ours = workspace.ours
    if request.from_scratch:
        base = dict[str, FileEntry]()
        theirs = _entries(workspace, new.version.files(new.answers))
    else:
        base, theirs = _render_changes(workspace, old, new, request.answers_file)
    for path in new.version.left_out(base, old.answers, new.answers):
        del base[path]
    if request.adopting is not None:
        # The answers file may not be there yet, and a broken one is replaced.
        base.pop(ANSWERS_FILE, None)
        if ANSWERS_FILE in ours:
            base[ANSWERS_FILE] = ours[ANSWERS_FILE]
    return TemplateFiles(base=base, theirs=theirs)


def _render_changes(
    workspace: Workspace, old: RenderedVersion, new: RenderedVersion, answers_file: str
) -> tuple[dict[str, FileEntry], dict[str, FileEntry]]:
    """Return both versions' files; what is provably the same in both is rendered once or never."""
    ours, owner_of = workspace.ours, new.owners(answers_file)
    same = _unchanged_paths(old, new)
    # What the project deleted or moved is rendered to see a move; a managed file, to see drift.
    untouched = {path for path in same & set(ours) if owner_of(path) != "managed"}
    old_files = old.version.files(old.answers, _AllBut(same))
    base = _entries(workspace, _with_own_answers(old_files, workspace.folder, answers_file))
    theirs = _entries(workspace, new.version.files(new.answers, _AllBut(untouched)))
    for path in untouched:
        base[path] = theirs[path] = ours[path]
    for path in same - untouched:
        base[path] = theirs[path]
    return base, theirs


def _entries(workspace: Workspace, files: Mapping[str, RenderedFile]) -> dict[str, FileEntry]:
    return apply_clean_filters(workspace.scratch, workspace.repository, workspace.ours, files)


def _with_own_answers(
    files: Mapping[str, RenderedFile], project: Path, answers_file: str
) -> Mapping[str, RenderedFile]:
    """Return the files with the project's answers file, where it holds the same in another form.

    A formatter or another version of Copier writes the same answers with other quotes.
    """
    rendered, place = files.get(answers_file), project / answers_file
    if rendered is None or not place.is_file():
        return files
    content = place.read_bytes()
    if _answers_and_comments(content) != _answers_and_comments(rendered.content):
        return files
    return {**files, answers_file: replace(rendered, content=content)}


def _answers_and_comments(content: bytes) -> object:
    """Return what an answers file holds: a comment is somebody's work."""
    text = content.decode(errors="replace")
    comments = [line.strip() for line in text.splitlines() if line.strip().startswith("#")]
    try:
        return comments, yaml.safe_load(text)
    except yaml.YAMLError:
        return content


def _unchanged_paths(old: RenderedVersion, new: RenderedVersion) -> set[str]:
    before, after = old.version, new.version
    if not (isinstance(before, DialectVersion) and isinstance(after, DialectVersion)):
        return set()
    if not (isinstance(old.tree, GitTree) and isinstance(new.tree, GitTree)):
        return set()
    return files_known_unchanged(
        (before.template, old.tree, old.answers), (after.template, new.tree, new.answers)
    )


@dataclass(frozen=True)
class _AllBut:
    """Every path but some."""

    paths: set[str]

    def __contains__(self, path: object) -> bool:
        return path not in self.paths
