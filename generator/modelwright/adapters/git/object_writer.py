"""Writes git objects into a temporary repository: a plan leaves the real one alone."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from modelwright.adapters.disk.folders import temporary_root
from modelwright.adapters.git.commands import empty_repository
from modelwright.adapters.git.objects import (
    compressed_bytes,
    nest_by_folder,
    object_id,
    tree_content,
    with_header,
    write_loose_object,
)
from modelwright.update.file_entry import FOLDER, FileEntry, Files

_WHO: Final = "modelwright <modelwright@localhost> 0 +0000"


class Scratch:
    """The objects of one merge, on top of a repository's own; on disk only once git needs them."""

    def __init__(self, objects: Path, config: Path, digest: str) -> None:
        """Begin with nothing.

        Args:
            objects: The object folder of the repository that it borrows from.
            config: That repository's configuration, for its merge drivers; beside it are its
                own attributes.
            digest: `sha1` or `sha256`: the hash of that repository's object ids.
        """
        self._borrowed = objects
        self._config = config
        self._digest = digest
        self._existing: set[str] = set()
        self._blobs: dict[str, bytes] = {}
        self._objects: dict[str, bytes] = {}

    def __enter__(self) -> Scratch:
        return self

    def __exit__(self, *_: object) -> None:
        if self._on_disk:
            shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _on_disk(self) -> bool:
        return "folder" in self.__dict__

    @cached_property
    def folder(self) -> Path:
        """The git directory of a bare repository that holds the objects; gone at the end."""
        folder = Path(tempfile.mkdtemp(dir=temporary_root()))
        empty_repository(folder)
        borrowed = str(self._borrowed).replace("\\", "/")
        (folder / "objects" / "info" / "alternates").write_text(f"{borrowed}\n")
        (folder / "config").write_text(_configuration(self._config, self._digest))
        (folder / "info").mkdir()
        with suppress(FileNotFoundError):
            own = self._config.with_name("info") / "attributes"
            shutil.copyfile(own, folder / "info" / "attributes")
        for name, stored in self._objects.items():
            write_loose_object(stored, name, folder / "objects")
        return folder

    def blob(self, content: bytes) -> str:
        """Return the id of a blob, which is written when a tree needs it."""
        name = object_id("blob", content, self._digest)
        self._blobs[name] = content
        return name

    def register_existing(self, files: Files) -> None:
        """Note files that the other repository has, with their trees, so that none is written."""
        self._existing.update(entry.name for entry in files.values())
        self._register_tree(nest_by_folder(files))

    def tree(self, files: Files) -> str:
        """Write the trees of files by path and return the id of the top one."""
        return self._tree(nest_by_folder(files))

    def commit(self, tree: str, *parents: str) -> str:
        """Write a commit and return its id."""
        lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
        text = "\n".join([*lines, f"author {_WHO}", f"committer {_WHO}", "", "update\n"])
        return self._store("commit", text.encode())

    def label(self, name: str, commit: str) -> None:
        """Let a name stand for a commit, as conflict markers show it."""
        path = self.folder / "refs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{commit}\n")

    def copy_objects_to(self, objects: Path) -> None:
        """Copy every object that was made here into another repository's folder."""
        for name, stored in self._objects.items():
            write_loose_object(stored, name, objects)
        for place in (self.folder / "objects").glob("??/*") if self._on_disk else ():
            write_loose_object(place.read_bytes(), f"{place.parent.name}{place.name}", objects)

    def _entry(self, content: FileEntry | Mapping[str, Any]) -> FileEntry:
        if not isinstance(content, FileEntry):
            return FileEntry(FOLDER, self._tree(content))
        blob = self._blobs.pop(content.name, None)
        if blob is not None:
            self._store("blob", blob)
        return content

    def _tree(self, folder: Mapping[str, Any]) -> str:
        entries = {name: self._entry(content) for name, content in folder.items()}
        return self._store("tree", tree_content(entries.items()))

    def _register_tree(self, folder: Mapping[str, Any]) -> FileEntry:
        entries = {
            name: content if isinstance(content, FileEntry) else self._register_tree(content)
            for name, content in folder.items()
        }
        name = object_id("tree", tree_content(entries.items()), self._digest)
        self._existing.add(name)
        return FileEntry(FOLDER, name)

    def _store(self, kind: str, content: bytes) -> str:
        name = object_id(kind, content, self._digest)
        if name not in self._existing:
            self._existing.add(name)
            self._objects[name] = compressed_bytes(with_header(kind, content))
            if self._on_disk:
                write_loose_object(self._objects[name], name, self.folder / "objects")
        return name


def _configuration(included: Path, digest: str) -> str:
    path = str(included).replace("\\", "/").replace('"', '\\"')
    core = f"[core]\n\trepositoryformatversion = {int(digest != 'sha1')}\n\tbare = false\n"
    extension = f"[extensions]\n\tobjectformat = {digest}\n" if digest != "sha1" else ""
    return f'{core}{extension}[include]\n\tpath = "{path}"\n'
