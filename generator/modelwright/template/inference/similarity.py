"""Similarity of a template version and a repository: equal files first, then equal lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from modelwright.template.tree import RenderedFile

LEAST: Final = 0.4


@dataclass(frozen=True, kw_only=True, order=True)
class Similarity:
    """How much of one version stands in a repository.

    Attributes:
        equal: Share of its files that stand there unchanged, in [0, 1].
        lines: Share of its lines that stand there, in [0, 1]: the mean over its files.
        files: How many files it has.
        version: Its name.
    """

    equal: float
    lines: float
    files: int = field(compare=False)
    version: str = field(compare=False)

    @property
    def sentence(self) -> str:
        """The figure, for a person."""
        count = round(self.equal * self.files)
        return f"{count} of {self.files} files are equal, and {self.lines:.0%} of the lines"

    @property
    def sufficient(self) -> bool:
        """Whether the version may be taken without being named."""
        return self.lines >= LEAST


@dataclass(kw_only=True)
class SimilaritySearch:
    """Compares versions with one repository; what was compared once is cached.

    Attributes:
        contents: The repository's files by path, with LF.
    """

    contents: Mapping[str, bytes]
    _cache: dict[tuple[str, bytes], float] = field(default_factory=dict, init=False, repr=False)

    def compare(self, version: str, files: Mapping[str, RenderedFile]) -> Similarity:
        """Compare the files of a version."""
        alike = [self._alike(path, file) for path, file in files.items()]
        count = max(len(alike), 1)
        return Similarity(
            equal=alike.count(1.0) / count,
            lines=sum(alike) / count,
            files=len(alike),
            version=version,
        )

    def _alike(self, path: str, file: RenderedFile) -> float:
        content = self.contents.get(path)
        if content is None:
            return 0.0
        key = (path, file.content)
        if key not in self._cache:
            self._cache[key] = line_similarity(content, file.content)
        return self._cache[key]


def most_similar(similarities: Iterable[Similarity]) -> Similarity | None:
    """Return the most similar version; the first among equals."""
    found = None
    for similarity in similarities:
        if found is None or similarity > found:
            found = similarity
    return found


def line_similarity(ours: bytes, theirs: bytes) -> float:
    """Return the share of lines, blank ones aside, that two files have in common.

    Returns:
        A number in [0, 1]; 1.0 only where the files are equal.
    """
    ours, theirs = ours.replace(b"\r\n", b"\n"), theirs.replace(b"\r\n", b"\n")
    if ours == theirs:
        return 1.0
    mine, its = (Counter(filter(bytes.strip, text.splitlines())) for text in (ours, theirs))
    longer = max(mine.total(), its.total(), 1)
    return min((mine & its).total() / longer, 0.999)
