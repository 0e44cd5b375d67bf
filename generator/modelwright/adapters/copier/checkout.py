"""Compiles each text of a template once for all its versions and projects."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any, Final

from copier._jinja_ext import get_yield_context
from jinja2 import Environment

from modelwright.adapters.disk.folders import temporary_root
from modelwright.adapters.system.process import run
from modelwright.errors import ExternalSystemError
from modelwright.template.history import History

_SHA256_LENGTH: Final = 64
_MOST_CHECKOUTS: Final = 32
_CHECKOUTS: Final[dict[tuple[int, Path, str], Checkout]] = {}
_LOCK: Final = threading.Lock()


@dataclass(frozen=True, eq=False)
class Checkout:
    """The files of a template at one version.

    Attributes:
        folder: Where they stand, without a git directory.
        commit: The full name of the commit.
        described: What the answers file keeps as `_commit`: the tag, else git's description.
        borrowed: Paths of other repositories in it, which are not there.
    """

    folder: Path
    commit: str
    described: str
    borrowed: tuple[str, ...]
    _kept: tempfile.TemporaryDirectory[str]


def checkout(history: History, version: str) -> Checkout:
    """Return the files of a template at one version, contacting no host.

    Raises:
        RefusedError: There is no such version; the nearest releases are named.
        ExternalSystemError: It cannot be read or written.
    """
    with _LOCK:
        # A forked process must not use, and at its end remove, what its parent made.
        key = (os.getpid(), history.folder().absolute(), version)
        found = _CHECKOUTS.pop(key, None) or _check_out(history, version)
        if len(_CHECKOUTS) >= _MOST_CHECKOUTS:
            # Whoever still works with it keeps it on the disk.
            del _CHECKOUTS[next(iter(_CHECKOUTS))]
        _CHECKOUTS[key] = found
        return found


def _check_out(history: History, version: str) -> Checkout:
    folder = history.folder().absolute()
    releases = {release.version: release.commit for release in history.releases}
    commit, described = releases.get(version, ""), version
    if not commit:
        history.tree(version)
        commit = _git_output(
            folder, "rev-parse", "--verify", "--end-of-options", f"{version}^{{commit}}"
        )
        described = _git_output(folder, "describe", "--tags", "--always", commit)
    with _temporary_folder() as kept:
        place = Path(kept.name, "template")
        place.mkdir()
        borrowed = _write_files(folder, commit, place)
    return Checkout(place, commit, described, borrowed, kept)


@contextmanager
def _temporary_folder() -> Iterator[tempfile.TemporaryDirectory[str]]:
    try:
        kept = tempfile.TemporaryDirectory(dir=temporary_root(), ignore_cleanup_errors=True)
        try:
            yield kept
        except BaseException:
            kept.cleanup()
            raise
    except OSError as error:
        raise ExternalSystemError(
            f"there is no room for the template: {error.strerror or error}",
            where=tempfile.gettempdir(),
            next_step="make room there, or name another folder with TMPDIR",
        ) from error


def _write_files(folder: Path, commit: str, place: Path) -> tuple[str, ...]:
    """Write the files; git's own configuration of that repository, and its hooks, have no say."""
    form = "sha256" if len(commit) == _SHA256_LENGTH else "sha1"
    own = place.with_name("objects.git")
    init = ("git", "init", "--quiet", "--bare", "--template=", f"--object-format={form}")
    run((*init, str(own)), folder=place)
    (own / "objects/info").mkdir(exist_ok=True)
    (own / "objects/info/alternates").write_bytes(os.fsencode(_object_folder(folder)) + b"\n")
    where = {"GIT_DIR": str(own), "GIT_WORK_TREE": str(place), "GIT_NO_LAZY_FETCH": "1"}
    run(("git", "read-tree", "--reset", "-u", commit), folder=place, env=where)
    if not (place / ".gitmodules").is_file():
        return ()
    listed = run(("git", "ls-files", "--stage", "-z"), folder=place, env=where)
    return tuple(row.partition("\t")[2] for row in listed.split("\0") if row[:6] == "160000")


def _object_folder(folder: Path) -> Path:
    common = folder / "commondir"
    if common.is_file():
        folder = folder / common.read_text(encoding="utf-8").strip()
    return (folder / "objects").resolve()


def _git_output(folder: Path, *question: str) -> str:
    return run(("git", f"--git-dir={folder}", *question), folder=folder).strip()


_CODE: Final[dict[tuple[str, str | None, str], CodeType]] = {}
_MOST_CODE: Final = 5000


def share_compiled_code(env: Environment, options: Mapping[str, Any]) -> None:
    """Let an environment take its code from those before it.

    Args:
        env: Copier's environment, with no extensions but Copier's own.
        options: The `_envops`, on which the code depends.
    """
    form = repr(sorted(options.items()))
    anew = env.compile

    def share(source: Any, name: str | None = None, *rest: Any, **more: Any) -> Any:  # noqa: ANN401 -- as Jinja has it
        if not isinstance(source, str) or more.get("raw"):
            return anew(source, name, *rest, **more)
        # What Copier does whenever it compiles: its loops in names begin afresh.
        loop = get_yield_context(env)
        loop.yield_name = loop.yield_iterable = None
        key = (form, name, source)
        if key not in _CODE:
            if len(_CODE) >= _MOST_CODE:
                _CODE.clear()
            _CODE[key] = anew(source, name, *rest, **more)
        return _CODE[key]

    vars(env)["compile"] = share
