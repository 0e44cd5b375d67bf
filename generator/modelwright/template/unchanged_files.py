"""Finds files that two versions of a template provably render alike, to skip rendering them."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from functools import lru_cache
from typing import Final, Protocol

from modelwright.paths import ANSWERS_FILE
from modelwright.template.answer_collector import Answers
from modelwright.template.rendering import Template, source_paths
from modelwright.template.tree import Tree

_REFERENCE: Final = re.compile(r"\{%[-+]?\s*(?:include|import|from|extends)\s+(.*?)[-+]?%\}", re.S)
_QUOTED_NAME: Final = re.compile(r"""(['"])([^'"]+)\1""")


class IdentifiedTree(Tree, Hashable, Protocol):
    """A tree that knows the identity of every file without reading it."""

    def entries(self, folder: str = "") -> Mapping[str, object]:
        """Return what is equal exactly where content and mode are, by path."""


def files_known_unchanged(
    old: tuple[Template, IdentifiedTree, Answers], new: tuple[Template, IdentifiedTree, Answers]
) -> set[str]:
    """Return the paths, in the project, of files that need not be rendered to know them equal.

    A file is the same where its template, its mode, everything that it includes and every value
    are. The answers file names the version, so it never is.
    """
    if old[2].values != new[2].values:
        return set()
    before, after = source_paths(old[0], old[2]), source_paths(new[0], new[2])
    old_entries, new_entries = old[1].entries(), new[1].entries()
    references = _references(new[1])

    def same(path: str) -> bool:
        source = after[path]
        if before.get(path) != source or path == ANSWERS_FILE:
            return False
        files = references.closure(source)
        return files is not None and all(
            old_entries.get(file) == new_entries.get(file) for file in files
        )

    return {path for path in after if same(path)}


@lru_cache(maxsize=64)
def _references(tree: IdentifiedTree) -> _References:
    return _References(tree)


class _References:
    """What each file of a template includes or imports, directly or through another."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._known: dict[str, frozenset[str] | None] = {}

    def closure(self, source: str) -> frozenset[str] | None:
        """Return a file and what it includes; None where a name is computed."""
        if source not in self._known:
            self._known[source] = frozenset((source,))  # ends a circle
            self._known[source] = self._collect(source)
        return self._known[source]

    def _collect(self, source: str) -> frozenset[str] | None:
        try:
            text = self._tree.read(source).decode()
        except (KeyError, UnicodeDecodeError):
            return frozenset((source,))
        if "_copier" in text:  # it may tell the version
            return None
        found = {source}
        for reference in _REFERENCE.findall(text):
            named = _QUOTED_NAME.match(reference.strip())
            inner = self.closure(named[2]) if named else None
            if inner is None:
                return None
            found |= inner
        return frozenset(found)
