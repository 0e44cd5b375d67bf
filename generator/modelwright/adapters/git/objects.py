"""Git objects: read through one `git cat-file --batch` process, and compressed as loose objects."""

from __future__ import annotations

import hashlib
import os
import tempfile
import weakref
import zlib
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote
from subprocess import Popen
from threading import Lock
from typing import IO, Any, Final, NoReturn

from modelwright.adapters.system.process import start
from modelwright.errors import ExternalSystemError
from modelwright.update.file_entry import FOLDER, FileEntry, Files


def with_header(kind: str, content: bytes) -> bytes:
    """Return an object as it is hashed: with its kind and size before it."""
    return f"{kind} {len(content)}\0".encode() + content


def object_id(kind: str, content: bytes, digest: str) -> str:
    """Return the id of an object; `digest` is `sha1` or `sha256`."""
    return hashlib.new(digest, with_header(kind, content), usedforsecurity=False).hexdigest()


def tree_content(entries: Iterable[tuple[str, FileEntry]]) -> bytes:
    """Return the content of a tree object."""
    # Git orders a folder as if its name ended with a slash.
    lines = sorted(
        (b"%s/" % name if entry.mode == FOLDER else name, name, entry)
        for name, entry in ((os.fsencode(name), entry) for name, entry in entries)
    )
    return b"".join(
        b"%o %s\0%s" % (entry.mode, name, bytes.fromhex(entry.name)) for _, name, entry in lines
    )


def nest_by_folder(files: Files) -> dict[str, Any]:
    """Return files by path as folders in folders."""
    top: dict[str, Any] = {}
    for path, entry in files.items():
        *above, name = path.split("/")
        folder = top
        for part in above:
            folder = folder.setdefault(part, {})
        folder[name] = entry
    return top


def write_loose_object(compressed: bytes, name: str, objects: Path) -> None:
    """Put an object into a repository's object folder by an atomic write.

    Args:
        compressed: The object as it is stored.
        name: Its id.
        objects: The folder.
    """
    target = objects / name[:2] / name[2:]
    if target.exists():
        return
    target.parent.mkdir(exist_ok=True)
    temporary = target.parent / f"tmp_obj_{os.getpid()}_{name[:8]}"
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o444)
        with os.fdopen(handle, "wb") as file:
            file.write(compressed)
        temporary.replace(target)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def compressed_bytes(content: bytes) -> bytes:
    """Return an object as it is compressed."""
    return zlib.compress(content, 1)


# Fewer bytes than any pipe holds, so that a write never blocks while an answer is unread.
_BATCH_BYTES: Final = 4000
# No object is fetched on demand, and none replaces another.
_LOCAL_ONLY: Final = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
}
_HASHES: Final = {40: hashlib.sha1, 64: hashlib.sha256}


@dataclass(frozen=True, kw_only=True)
class GitObject:
    """One object: its id, its kind (`blob`, `tree`, `commit`, `tag`) and its content."""

    name: str
    kind: str
    content: bytes


@dataclass(eq=False)
class GitObjects:
    """The objects of a repository; the process starts at the first read and ends with this.

    Attributes:
        folder: The git directory.
        on_damage: Called with that directory when an object cannot be read: a cache can be cloned
            again.
    """

    folder: Path
    on_damage: Callable[[Path], None] | None = None
    _process: Popen[bytes] | None = field(default=None, init=False, repr=False)
    _errors: IO[bytes] | None = field(default=None, init=False, repr=False)
    _owner: int = field(default=0, init=False, repr=False)
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)

    def __enter__(self) -> GitObjects:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process; the next read starts another."""
        process, self._process = self._process, None
        if process is not None and self._errors is not None:
            _close_process(process, self._errors)

    def find(self, name: str) -> GitObject | None:
        """Return an object by id or revision; None where it is missing or ambiguous.

        Raises:
            ExternalSystemError: The repository cannot be read, or the object is damaged.
        """
        if "\n" in name:
            return None
        with self._lock:
            process = self._start_once()
            self._send(process, [name])
            return self._receive(process, name)

    def read(self, names: Sequence[str]) -> list[GitObject]:
        """Return objects by id, in the order asked for.

        Raises:
            ExternalSystemError: One is missing or damaged, or the repository cannot be read.
        """
        found: list[GitObject] = []
        with self._lock:
            process = self._start_once()
            for batch in _batches(names):
                self._send(process, batch)
                for name in batch:
                    received = self._receive(process, name)
                    if received is None:
                        self._stop()
                        raise self.damage(f"the object {name} is missing")
                    found.append(received)
        return found

    def _start_once(self) -> Popen[bytes]:
        # A fork would share the pipes with its parent, and each read the other's answers.
        if self._process is None or self._owner != os.getpid():
            self._errors = tempfile.TemporaryFile()  # noqa: SIM115 -- lives with the process
            command = ("git", f"--git-dir={self.folder}", "cat-file", "--batch")
            self._process = start(command, env=_LOCAL_ONLY, errors=self._errors)
            self._owner = os.getpid()
            weakref.finalize(self, _close_process, self._process, self._errors)
        return self._process

    def _send(self, process: Popen[bytes], names: Sequence[str]) -> None:
        assert process.stdin is not None  # noqa: S101 -- it was started with a pipe
        try:
            process.stdin.write(b"".join(os.fsencode(name) + b"\n" for name in names))
            process.stdin.flush()
        except BrokenPipeError:
            self._fail(names[0])

    def _receive(self, process: Popen[bytes], asked: str) -> GitObject | None:
        assert process.stdout is not None  # noqa: S101 -- it was started with a pipe
        words = process.stdout.readline().decode(errors="replace").split()
        if not words:
            self._fail(asked)
        if words[-1] in {"missing", "ambiguous"}:
            return None
        name, kind, size = words
        content = process.stdout.read(int(size) + 1)[:-1]
        if len(content) != int(size):
            self._fail(asked)
        head = f"{kind} {size}\0".encode()
        if _HASHES[len(name)](head + content, usedforsecurity=False).hexdigest() != name:
            self._stop()
            raise self.damage(f"the object {name} is damaged")
        return GitObject(name=name, kind=kind, content=content)

    def _fail(self, asked: str) -> NoReturn:
        if self._process is not None:
            self._process.wait()
        message = _error_text(self._errors)
        self.close()
        raise self.damage(message or f"git ended while it read {asked}")

    def damage(self, problem: str) -> ExternalSystemError:
        """Return the error of a repository that cannot be read, after calling `on_damage`."""
        if self.on_damage is None:
            advice = f"look with git --git-dir={quote(str(self.folder))} fsck; clone it again"
        else:
            self.on_damage(self.folder)
            advice = "run the command again: it is a cache, and will be made again"
        return ExternalSystemError(problem, where=str(self.folder), next_step=advice)

    def _stop(self) -> None:
        """Kill a process that still has unread answers."""
        if self._process is not None:
            self._process.kill()
        self.close()


def _batches(names: Sequence[str]) -> list[Sequence[str]]:
    each = max(1, _BATCH_BYTES // (max(map(len, names), default=0) + 1))
    return [names[first : first + each] for first in range(0, len(names), each)]


def _close_process(process: Popen[bytes], errors: IO[bytes]) -> None:
    for pipe in (process.stdin, process.stdout, errors):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
    process.wait()


def _error_text(errors: IO[bytes] | None) -> str:
    if errors is None:
        return ""
    errors.seek(0)
    return " / ".join(errors.read().decode(errors="replace").strip().splitlines()[-2:])
