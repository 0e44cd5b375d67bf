"""Writes git objects into a folder of their own, so that a repository is not touched by a try."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from modelwright.update.entry import FOLDER, Entry, Files

_WHO: Final = "modelwright <modelwright@localhost> 0 +0000"


class Scratch:
    """A bare repository for one merge that sees the objects of another and adds its own.

    Attributes:
        folder: Its git directory; gone when the `with` block ends.
    """

    def __init__(self, objects: Path, config: Path, digest: str) -> None:
        """Make it.

        Args:
            objects: The object folder of the repository that it borrows from.
            config: That repository's configuration, for its merge drivers.
            digest: `sha1` or `sha256`, as that repository names its objects.
        """
        self.folder = Path(tempfile.mkdtemp(prefix="modelwright-merge-"))
        self._there: set[str] = set()
        self._blobs: dict[str, bytes] = {}
        self._places: set[Path] = set()
        self._digest = digest
        (self.folder / "objects" / "info").mkdir(parents=True)
        (self.folder / "refs").mkdir()
        (self.folder / "HEAD").write_text("ref: refs/heads/none\n")
        borrowed = str(objects).replace("\\", "/")
        (self.folder / "objects" / "info" / "alternates").write_text(f"{borrowed}\n")
        (self.folder / "config").write_text(_config(config, digest))

    def __enter__(self) -> Scratch:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def blob(self, content: bytes) -> str:
        """Return the id of a blob, which is written when a tree needs it."""
        name = self._named(_whole("blob", content))
        self._blobs[name] = content
        return name

    def know(self, files: Files) -> None:
        """Take note that the other repository has these files, and their trees: none is written."""
        self._there.update(entry.name for entry in files.values())
        self._known(_nested(files))

    def tree(self, files: Files) -> str:
        """Write the trees of files by path and return the id of the whole."""
        return self._tree(_nested(files))

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

    def give(self, objects: Path) -> None:
        """Copy every object that was written here into another repository's folder."""
        for place in (self.folder / "objects").glob("??/*"):
            target = objects / place.parent.name / place.name
            if not target.exists():
                _settle(place.read_bytes(), target)

    def _entry(self, content: Entry | Mapping[str, Any]) -> Entry:
        if not isinstance(content, Entry):
            return Entry(FOLDER, self._tree(content))
        blob = self._blobs.pop(content.name, None)
        if blob is not None:
            self._written("blob", blob)
        return content

    def _tree(self, folder: Mapping[str, Any]) -> str:
        found = {name: self._entry(content) for name, content in folder.items()}
        return self._written("tree", b"".join(_lines(found.items())))

    def _known(self, folder: Mapping[str, Any]) -> Entry:
        found = {
            name: content if isinstance(content, Entry) else self._known(content)
            for name, content in folder.items()
        }
        name = self._named(_whole("tree", b"".join(_lines(found.items()))))
        self._there.add(name)
        return Entry(FOLDER, name)

    def _written(self, kind: str, content: bytes) -> str:
        whole = _whole(kind, content)
        name = self._named(whole)
        if name not in self._there:
            self._there.add(name)
            folder = self.folder / "objects" / name[:2]
            if folder not in self._places:
                folder.mkdir(exist_ok=True)
                self._places.add(folder)
            (folder / name[2:]).write_bytes(zlib.compress(whole, 1))
        return name

    def _named(self, whole: bytes) -> str:
        return hashlib.new(self._digest, whole, usedforsecurity=False).hexdigest()


def _whole(kind: str, content: bytes) -> bytes:
    return f"{kind} {len(content)}\0".encode() + content


def _line(name: str, entry: Entry) -> bytes:
    return f"{entry.mode:o} ".encode() + os.fsencode(name) + b"\0" + bytes.fromhex(entry.name)


def _lines(entries: Iterable[tuple[str, Entry]]) -> Iterable[bytes]:
    # Git orders a folder as if its name ended with a slash.
    def order(item: tuple[str, Entry]) -> bytes:
        return os.fsencode(item[0]) + (b"/" if item[1].mode == FOLDER else b"")

    return (_line(name, entry) for name, entry in sorted(entries, key=order))


def _nested(files: Files) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    for path, entry in files.items():
        *above, name = path.split("/")
        folder = whole
        for part in above:
            folder = folder.setdefault(part, {})
        folder[name] = entry
    return whole


def _settle(content: bytes, target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    handle, aside = tempfile.mkstemp(dir=target.parent, prefix="tmp_obj_")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(aside).chmod(0o444)
        Path(aside).replace(target)
    except OSError:
        Path(aside).unlink(missing_ok=True)
        raise


def _config(included: Path, digest: str) -> str:
    path = str(included).replace("\\", "/").replace('"', '\\"')
    core = f"[core]\n\trepositoryformatversion = {int(digest != 'sha1')}\n\tbare = false\n"
    extension = f"[extensions]\n\tobjectformat = {digest}\n" if digest != "sha1" else ""
    return f'{core}{extension}[include]\n\tpath = "{path}"\n'
