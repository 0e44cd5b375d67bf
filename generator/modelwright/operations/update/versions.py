"""The versions of a project's template, each ready to render it, by us or by Copier's library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from modelwright.adapters.copier import copier_version
from modelwright.adapters.git.tree import GitTree
from modelwright.errors import UnknownVersionError
from modelwright.operations.update.answers import new_answers
from modelwright.operations.update.source import Source
from modelwright.paths import ANSWERS_FILE
from modelwright.template.answer_collector import Answers, Asker
from modelwright.template.compatibility import needs_copier
from modelwright.template.tree import Tree
from modelwright.template.version import DialectVersion, Version

# Trees are told apart by identity: a history gives the same one for the same version.
_KEPT: Final = 64


@dataclass(frozen=True, kw_only=True)
class RenderedVersion:
    """One version of a template, and a project's answers under it.

    Attributes:
        notes: What a person has to know of how it is rendered.
    """

    version: Version
    answers: Answers
    tree: Tree
    notes: tuple[str, ...] = ()


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
            RefusedError: It is not to be had, or needs trust.
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
        return RenderedVersion(version=ours, answers=ours.replayed(stored), tree=tree)

    def next(
        self, name: str, stored: Mapping[str, Any], given: Mapping[str, object], ask: Asker | None
    ) -> RenderedVersion:
        """Return another version, with the project's answers under its rules.

        Raises:
            RefusedError: It is not to be had, needs trust, or refuses an answer.
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
        return self.answers_file != ANSWERS_FILE or bool(_foreign(tree))

    def _tree(self, name: str) -> GitTree:
        try:
            return self.source.history.tree(name)
        except UnknownVersionError as error:
            if name == self.source.current:
                error.next_step = (
                    "name where that version is with --source, or find the one that fits best: "
                    f"modelwright adopt; this source has {' or '.join(error.nearest) or 'none'}"
                )
            raise


@lru_cache(maxsize=_KEPT)
def _foreign(tree: GitTree) -> str:
    """Return why only Copier renders a tree; found once for all projects."""
    return needs_copier(tree)


@lru_cache(maxsize=_KEPT)
def _dialect(tree: GitTree, name: str, source: str) -> DialectVersion:
    """Return a version that we render; opened once for all projects."""
    return DialectVersion(tree, name, source)
