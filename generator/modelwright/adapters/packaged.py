"""The platform that came with this program: its files, and its released history.

A wheel carries the files of its own version in `_platform`, which need no git, and every released
version in a git bundle. The bundle is opened once into the user's cache.
"""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import Final

from modelwright import __version__
from modelwright.adapters import git
from modelwright.adapters.cache import cache
from modelwright.adapters.folder_tree import FolderTree
from modelwright.adapters.locking import exclusive
from modelwright.catalog.platform_record import FILE as RECORD
from modelwright.errors import SurroundingsError

VERSION: Final = f"v{__version__}"
PARTS: Final = ("copier.yml", "platform.yml", "templates", "hooks")
UNKNOWN: Final = "unknown"
MARK: Final = "modelwright-whole"
_WAIT: Final = 120.0


def own_root() -> Path:
    """Return the folder of the platform that came with this program."""
    packaged = Path(__file__).parent.parent / "_platform"
    return packaged if packaged.is_dir() else Path(__file__).parents[3]


def own_version() -> str:
    """Return the version of that platform: a tag, or git's description of a checkout.

    An organisation's platform has tags of its own: without its git, as in the download of an
    action, nobody knows which one this is, and the answer is empty.
    """
    root = own_root()
    return git.described(root) or ("" if (root / RECORD).exists() else VERSION)


def own_bundle() -> Path | None:
    """Return the git bundle of the released versions; None where there is none."""
    root = own_root()
    beside = (
        root.parent / "_history.bundle" if root.name == "_platform" else root / "history.bundle"
    )
    return beside if beside.is_file() else None


def opened() -> Path:
    """Return a git directory of the platform's released versions.

    Where the version at hand is not among them, it stands there as a branch of its name.

    Raises:
        SurroundingsError: The cache cannot be written, or git fails.
    """
    bundle = own_bundle()
    unreleased = bundle is None or f"refs/tags/{VERSION}" not in git.bundled(bundle)
    return unpacked(bundle, own_root() if unreleased else None)


def unpacked(bundle: Path | None, root: Path | None = None) -> Path:
    """Return a git directory of what is in a bundle, and of the platform in a folder.

    Raises:
        SurroundingsError: The cache cannot be written, or git fails.
    """
    folder = cache("bundles") / f"{_digest(root, bundle)}.git"
    try:
        if not _is_whole(folder):
            with exclusive(folder.with_suffix(".lock"), seconds=_WAIT):
                if not _is_whole(folder):
                    _make(folder, bundle, root)
    except OSError as error:
        raise SurroundingsError(
            f"the cache cannot be written: {error.strerror or error}",
            where=str(error.filename or folder),
            next_step="make room there, or name another cache with XDG_CACHE_HOME",
        ) from error
    return folder


def distrust(folder: Path) -> None:
    """Have the git directory made anew at its next use."""
    (folder / MARK).unlink(missing_ok=True)


def _make(folder: Path, bundle: Path | None, root: Path | None) -> None:
    """Make the git directory beside its place, and move it there when it is whole."""
    with tempfile.TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as aside:
        made = Path(aside) / "new"
        if bundle is None:
            git.initialise(made, "sha1")
        else:
            git.unbundle(bundle, made)
        if root is not None:
            parts = [name for name in PARTS if (root / name).exists()]
            # An organisation's platform has versions of its own: none of them is called so.
            branch = UNKNOWN if (root / RECORD).exists() else VERSION
            git.keep(root, parts, made, branch=branch)
        (made / MARK).write_text(_state(made), encoding="utf-8")
        if folder.exists():
            folder.replace(Path(aside) / "old")
        made.replace(folder)


def _is_whole(folder: Path) -> bool:
    try:
        return (folder / MARK).read_text(encoding="utf-8") == _state(folder)
    except FileNotFoundError:
        return False


def _state(folder: Path) -> str:
    """Return what any change of a file would change: every name, size and time."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != MARK]
    stats = [(path.relative_to(folder).as_posix(), path.stat()) for path in files]
    return "".join(f"{name} {stat.st_size} {stat.st_mtime_ns}\n" for name, stat in stats)


def _digest(root: Path | None, bundle: Path | None) -> str:
    found = hashlib.sha256(bundle.read_bytes() if bundle else b"")
    if root is not None:
        tree = FolderTree(root)
        for name in PARTS:
            for path in tree.paths(name) if (root / name).is_dir() else [name]:
                found.update(f"{path} {tree.executable(path)}\0".encode())
                found.update(hashlib.sha256(tree.read(path)).digest())
    return found.hexdigest()[:16]
