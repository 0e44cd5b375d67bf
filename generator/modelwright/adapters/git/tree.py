"""The files of a repository at one commit, read straight out of its objects."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from modelwright.adapters.git.objects import GitObject, GitObjects
from modelwright.errors import ExternalSystemError
from modelwright.update.file_entry import FOLDER, LINK, REPOSITORY, FileEntry

# As many as Linux follows.
_MOST_LINKS: Final = 40
_LARGEST_CACHED: Final = 262_144


class GitFolders:
    """Trees and small blobs of one repository, each read once for all versions."""

    def __init__(self, objects: GitObjects) -> None:
        self.objects = objects
        self._folders: dict[str, Mapping[str, FileEntry]] = {}
        self._blobs: dict[str, bytes] = {}
        self.listed: dict[tuple[str, str], tuple[str, ...]] = {}

    def folders(self, names: list[str]) -> list[Mapping[str, FileEntry]]:
        """Return the entries of trees by their ids."""
        missing = [name for name in dict.fromkeys(names) if name not in self._folders]
        for found in self.objects.read(missing) if missing else ():
            self._folders[found.name] = dict(_entries(found, self.objects.folder))
        return [self._folders[name] for name in names]

    def blob(self, name: str) -> bytes:
        """Return the content of a blob by its id."""
        kept = self._blobs.get(name)
        if kept is not None:
            return kept
        (found,) = self.objects.read([name])
        if len(found.content) <= _LARGEST_CACHED:
            self._blobs[name] = found.content
        return found.content


@dataclass(frozen=True, eq=False)
class GitTree:
    """A repository at one version.

    Links to files are read as what they point to inside the repository; links to folders and
    other repositories are not among the paths.

    Attributes:
        root: The id of the tree object.
    """

    root: str
    _folders: GitFolders = field(repr=False)

    def paths(self, folder: str) -> Iterator[str]:
        """Return every file below a folder, sorted."""
        known, key = self._folders.listed, (self.root, folder)
        if key not in known:
            known[key] = tuple(
                path
                for path, entry in sorted(self.entries(folder).items())
                if entry.mode != LINK or not self._is_folder(self._resolve(path))
            )
        return iter(known[key])

    def read(self, path: str) -> bytes:
        """Return a file's content."""
        return self._folders.blob(self._file(path).name)

    def executable(self, path: str) -> bool:
        """Say whether a file carries the executable bit."""
        return bool(self._file(path).mode & 0o100)

    def objects(self, folder: str = "") -> dict[str, str]:
        """Return the id of every file and link below a folder, by path."""
        return {path: entry.name for path, entry in self.entries(folder).items()}

    def entries(self, folder: str = "") -> dict[str, FileEntry]:
        """Return mode and id of every file and link below a folder, by path, reading no blob."""
        start = self._resolve(folder) if folder else FileEntry(FOLDER, self.root)
        if not self._is_folder(start) or start is None:
            return {}
        found = {}
        level = {folder: start.name}
        while level:
            deeper = {}
            for place, content in zip(
                level, self._folders.folders(list(level.values())), strict=True
            ):
                for name, entry in content.items():
                    path = f"{place}/{name}" if place else name
                    if entry.mode == FOLDER:
                        deeper[path] = entry.name
                    elif entry.mode != REPOSITORY:
                        found[path] = entry
            level = deeper
        return found

    def _file(self, path: str) -> FileEntry:
        found = self._resolve(path)
        if found is None or found.mode in {FOLDER, REPOSITORY}:
            raise KeyError(path)
        return found

    def _resolve(self, path: str) -> FileEntry | None:
        """Return the entry at a path, links followed; None where there is none."""
        for _ in range(_MOST_LINKS):
            entry, link, rest = self._step(path)
            if link is None:
                return entry
            target = self._folders.blob(link.name).decode("utf-8", "surrogateescape")
            path = posixpath.normpath(posixpath.join(rest[0], target, rest[1]))
            if target.startswith("/") or path.split("/")[0] == "..":
                return None
        return None

    def _step(self, path: str) -> tuple[FileEntry | None, FileEntry | None, tuple[str, str]]:
        """Walk down to a path, or to the first link on the way and what is left behind it."""
        entry = FileEntry(FOLDER, self.root)
        parts = [part for part in path.split("/") if part not in {"", "."}]
        for index, part in enumerate(parts):
            if entry.mode != FOLDER:
                return None, None, ("", "")
            found = self._folders.folders([entry.name])[0].get(part)
            if found is None:
                return None, None, ("", "")
            if found.mode == LINK:
                return None, found, ("/".join(parts[:index]), "/".join(parts[index + 1 :]))
            entry = found
        return entry, None, ("", "")

    @staticmethod
    def _is_folder(entry: FileEntry | None) -> bool:
        return entry is not None and entry.mode == FOLDER


def _entries(tree: GitObject, where: Path) -> Iterator[tuple[str, FileEntry]]:
    r"""Yield the entries of a tree object.

    Source:
        git, Documentation/gitformat-pack.txt and tree-walk.c: `<mode> <name>\0<binary id>`.
    """
    content, width = tree.content, len(tree.name) // 2
    position = 0
    while position < len(content):
        space = content.index(b" ", position)
        end = content.index(b"\0", space)
        name = content[space + 1 : end].decode("utf-8", "surrogateescape")
        if name in {"", ".", ".."} or "/" in name or name.lower() == ".git":
            raise ExternalSystemError(
                f"the tree {tree.name} holds the name {name!r}, which leads out of it",
                where=str(where),
                next_step="tell the owner of the template; nothing was written",
            )
        mode = int(content[position:space], 8)
        yield name, FileEntry(mode, content[end + 1 : end + 1 + width].hex())
        position = end + 1 + width
