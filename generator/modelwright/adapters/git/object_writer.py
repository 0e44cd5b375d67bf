"""Makes git objects aside, so that a repository is not touched by a try."""

from __future__ import annotations

import hashlib
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
    tree_content,
    with_header,
    write_loose_object,
)
from modelwright.update.merge_inputs import FOLDER, FileEntry, Files

_WHO: Final = "modelwright <modelwright@localhost> 0 +0000"


class Scratch:
    """The objects of one merge, on top of a repository's own; on disk only once git needs them."""

    def __init__(self, objects: Path, config: Path, digest: str) -> None:
        """Begin with nothing.

        Args:
            objects: The object folder of the repository that it borrows from.
            config: That repository's configuration, for its merge drivers; beside it stand its
                own attributes.
            digest: `sha1` or `sha256`, as that repository names its objects.
        """
        self._borrowed = objects
        self._config = config
        self._digest = digest
        self._there: set[str] = set()
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
        name = self._named(with_header("blob", content))
        self._blobs[name] = content
        return name

    def register_existing(self, files: Files) -> None:
        """Take note that the other repository has these files, and their trees: none is written."""
        self._there.update(entry.name for entry in files.values())
        self._known(nest_by_folder(files))

    def tree(self, files: Files) -> str:
        """Write the trees of files by path and return the id of the whole."""
        return self._tree(nest_by_folder(files))

    def commit(self, tree: str, *parents: str) -> str:
        """Write a commit and return its id."""
        lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
        text = "\n".join([*lines, f"author {_WHO}", f"committer {_WHO}", "", "update\n"])
        return self._written("commit", text.encode())

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
            self._written("blob", blob)
        return content

    def _tree(self, folder: Mapping[str, Any]) -> str:
        found = {name: self._entry(content) for name, content in folder.items()}
        return self._written("tree", tree_content(found.items()))

    def _known(self, folder: Mapping[str, Any]) -> FileEntry:
        found = {
            name: content if isinstance(content, FileEntry) else self._known(content)
            for name, content in folder.items()
        }
        name = self._named(with_header("tree", tree_content(found.items())))
        self._there.add(name)
        return FileEntry(FOLDER, name)

    def _written(self, kind: str, content: bytes) -> str:
        stored = with_header(kind, content)
        name = self._named(stored)
        if name not in self._there:
            self._there.add(name)
            self._objects[name] = compressed_bytes(stored)
            if self._on_disk:
                write_loose_object(self._objects[name], name, self.folder / "objects")
        return name

    def _named(self, stored: bytes) -> str:
        return hashlib.new(self._digest, stored, usedforsecurity=False).hexdigest()


def _configuration(included: Path, digest: str) -> str:
    path = str(included).replace("\\", "/").replace('"', '\\"')
    core = f"[core]\n\trepositoryformatversion = {int(digest != 'sha1')}\n\tbare = false\n"
    extension = f"[extensions]\n\tobjectformat = {digest}\n" if digest != "sha1" else ""
    return f'{core}{extension}[include]\n\tpath = "{path}"\n'
