"""The result of a three-way merge, read from the output of `git merge-tree -z`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from modelwright.update.file_entry import FileEntry

OURS: Final = 2
THEIRS: Final = 3
_BINARY: Final = "CONFLICT (binary)"
_MOVED: Final = "Path updated due to directory rename"
_RENAMED: Final = "CONFLICT (rename/delete)"


@dataclass(frozen=True, kw_only=True)
class MergeResult:
    """The outcome of a merge.

    Attributes:
        tree: The id of the merged tree; conflicts stand in it with their markers.
        stages: The versions of every path in conflict: 1 the base, 2 yours, 3 the template's.
        binary: The paths that cannot be merged line by line.
        moved: Files of the project that moved with a folder that the template renamed: new path
            by old path.
        renamed: Old path by new path of files that one side renamed and the other deleted.
    """

    tree: str
    stages: dict[str, dict[int, FileEntry]]
    binary: frozenset[str]
    moved: dict[str, str]
    renamed: dict[str, str]

    def without(self, prefix: str) -> MergeResult:
        """Return the result with paths relative to a folder, which ends with a slash."""

        def paths(pairs: dict[str, str]) -> dict[str, str]:
            return {a.removeprefix(prefix): b.removeprefix(prefix) for a, b in pairs.items()}

        return replace(
            self,
            stages={path.removeprefix(prefix): stages for path, stages in self.stages.items()},
            binary=frozenset(path.removeprefix(prefix) for path in self.binary),
            moved=paths(self.moved),
            renamed=paths(self.renamed),
        )


def merge_result_from(output: bytes) -> MergeResult:
    """Read what `git merge-tree --write-tree -z --messages` printed.

    Source:
        git, Documentation/git-merge-tree.txt, "OUTPUT FORMAT".
    """
    listing, _, rest = output.partition(b"\0\0")
    tree, *conflicted = (os.fsdecode(field) for field in listing.split(b"\0"))
    stages: dict[str, dict[int, FileEntry]] = {}
    for line in filter(None, conflicted):
        head, _, path = line.partition("\t")
        mode, name, stage = head.split(" ")
        stages.setdefault(path, {})[int(stage)] = FileEntry(int(mode, 8), name)
    messages = list(_messages(rest))
    return MergeResult(
        tree=tree,
        stages=stages,
        binary=frozenset(paths[0] for kind, paths in messages if kind == _BINARY),
        moved={paths[1]: paths[0] for kind, paths in messages if kind == _MOVED},
        renamed={paths[0]: paths[1] for kind, paths in messages if kind == _RENAMED},
    )


def _messages(rest: bytes) -> Iterator[tuple[str, list[str]]]:
    fields = [os.fsdecode(field) for field in rest.split(b"\0")]
    position = 0
    while position < len(fields) and fields[position].strip().isdigit():
        count = int(fields[position])
        paths = fields[position + 1 : position + 1 + count]
        yield fields[position + 1 + count], paths
        position += count + 3
