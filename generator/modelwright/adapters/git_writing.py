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
        written: The content of every blob that was written here, by id.
    """

    def __init__(self, objects: Path, config: Path, digest: str) -> None:
        """Make it.

        Args:
            objects: The object folder of the repository that it borrows from.
            config: That repository's configuration, for its merge drivers.
            digest: `sha1` or `sha256`, as that repository names its objects.
        """
        self.folder = Path(tempfile.mkdtemp(prefix="modelwright-merge-"))
        self.written: dict[str, bytes] = {}
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
        """Write a blob and return its id."""
        name = self._object("blob", content)
        self.written[name] = content
        return name

    def tree(self, files: Files) -> str:
        """Write the trees of files by path and return the id of the whole."""
        return _tree(self, _nested(files))

    def commit(self, tree: str, *parents: str) -> str:
        """Write a commit and return its id."""
        lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
        text = "\n".join([*lines, f"author {_WHO}", f"committer {_WHO}", "", "update\n"])
        return self._object("commit", text.encode())

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

    def _object(self, kind: str, content: bytes) -> str:
        whole = f"{kind} {len(content)}\0".encode() + content
        name = hashlib.new(self._digest, whole, usedforsecurity=False).hexdigest()
        target = self.folder / "objects" / name[:2] / name[2:]
        if not target.exists():
            _settle(zlib.compress(whole, 1), target)
        return name


def entry_line(name: str, entry: Entry) -> bytes:
    """Return an entry as a tree object holds it."""
    return f"{entry.mode:o} ".encode() + os.fsencode(name) + b"\0" + bytes.fromhex(entry.name)


def _tree(scratch: Scratch, folder: Mapping[str, Any]) -> str:
    found = {
        name: content if isinstance(content, Entry) else Entry(FOLDER, _tree(scratch, content))
        for name, content in folder.items()
    }
    return scratch._object("tree", b"".join(_lines(found.items())))  # noqa: SLF001 -- this module's own


def _lines(entries: Iterable[tuple[str, Entry]]) -> Iterable[bytes]:
    # Git orders a folder as if its name ended with a slash.
    def order(item: tuple[str, Entry]) -> bytes:
        return os.fsencode(item[0]) + (b"/" if item[1].mode == FOLDER else b"")

    return (entry_line(name, entry) for name, entry in sorted(entries, key=order))


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
