"""The platform that came with this program: its files, released versions and git bundle.

It is read from the checkout or the wheel. Git directories made of bundles stand in the user's
cache; a checksum of their files tells whether one is complete.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from modelwright import __version__
from modelwright.adapters.disk.folders import temporary_root, user_cache
from modelwright.adapters.disk.lock import exclusive_lock
from modelwright.adapters.disk.placing import write_files
from modelwright.adapters.disk.tree import FolderTree
from modelwright.adapters.git import commands as git
from modelwright.adapters.system.process import run
from modelwright.errors import ExternalSystemError
from modelwright.paths import (
    ARCHETYPE_FILE,
    COPIER_QUESTIONS,
    PLATFORM_RECORD,
    POLICY_FILE,
    WORKFLOWS_FOLDER,
)
from modelwright.template.generated.package_manifest import (
    GENERATOR,
    PLATFORM,
    is_packaged,
    place_of,
)
from modelwright.template.tree import RenderedFile, Tree

VERSION: Final = f"v{__version__}"
PARTS: Final = (COPIER_QUESTIONS, POLICY_FILE, "templates", "hooks")
UNKNOWN_VERSION: Final = "unknown"
COMPLETE_FILE: Final = "modelwright-whole"
_LOCK_SECONDS: Final = 120.0
_COMMIT_DATE: Final = "2000-01-01T00:00:00Z"
_COMMIT_AUTHOR: Final = ("modelwright", "modelwright@users.noreply.github.com")
_COMMIT_ENVIRONMENT: Final = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in zip(("NAME", "EMAIL", "DATE"), (*_COMMIT_AUTHOR, _COMMIT_DATE), strict=True)
}
_PACK_OPTIONS: Final = ("-c", "pack.threads=1")
# Links that lead from an archetype to what all share; a wheel holds copies instead, or nothing.
_SHARED_LINKS: Final = {"templates/templates/_shared": "../../../_shared"}
_ARCHETYPE_DEPTH: Final = 2
_SHARED_COPY: Final = re.compile(r"templates/[^/]+/templates/templates/_shared/.*")
_PACKAGE: Final = Path(__file__).parents[2]


def own_root() -> Path:
    """Return the folder of the platform that came with this program."""
    packaged = _PACKAGE / "_platform"
    return packaged if packaged.is_dir() else _PACKAGE.parents[1]


def own_version() -> str:
    """Return the version of that platform: a tag, or git's description of a checkout.

    An organisation's platform has tags of its own: without its git, as in the download of an
    action, nobody knows which one this is, and the answer is empty.
    """
    root = own_root()
    return git.describe_commit(root) or ("" if (root / PLATFORM_RECORD).exists() else VERSION)


def own_bundle() -> Path | None:
    """Return the git bundle of the released versions; None where there is none."""
    root = own_root()
    beside = (
        root.parent / "_history.bundle" if root.name == "_platform" else root / "history.bundle"
    )
    return beside if beside.is_file() else None


def released_history_folder() -> Path:
    """Return a git directory of the platform's released versions.

    Where the version at hand is not among them, it stands there as a branch of its name.

    Raises:
        ExternalSystemError: The cache cannot be written, or git fails.
    """
    bundle = own_bundle()
    unreleased = bundle is None or f"refs/tags/{VERSION}" not in git.references_in_bundle(bundle)
    return unpack_bundle(bundle, own_root() if unreleased else None)


def unpack_bundle(bundle: Path | None, root: Path | None = None) -> Path:
    """Return a git directory of what is in a bundle, and of the platform in a folder.

    Raises:
        ExternalSystemError: The cache cannot be written, or git fails.
    """
    folder = user_cache("bundles") / f"{_digest(root, bundle)}.git"
    try:
        if not _is_complete(folder):
            with exclusive_lock(folder.with_suffix(".lock"), seconds=_LOCK_SECONDS):
                if not _is_complete(folder):
                    _create(folder, bundle, root)
    except OSError as error:
        raise ExternalSystemError(
            f"the cache cannot be written: {error.strerror or error}",
            where=str(error.filename or folder),
            next_step="free some space, or name another cache with XDG_CACHE_HOME",
        ) from error
    return folder


def invalidate(folder: Path) -> None:
    """Make the git directory again at its next use."""
    (folder / COMPLETE_FILE).unlink(missing_ok=True)


def _create(folder: Path, bundle: Path | None, root: Path | None) -> None:
    """Make the git directory beside its place, and move it there when it is complete."""
    with tempfile.TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as temporary:
        new = Path(temporary) / "new"
        if bundle is None:
            git.initialise(new, "sha1")
        else:
            git.unbundle(bundle, new)
        if root is not None:
            parts = [name for name in PARTS if (root / name).exists()]
            # An organisation's platform has versions of its own: none of them is called so.
            branch = UNKNOWN_VERSION if (root / PLATFORM_RECORD).exists() else VERSION
            git.commit_files(root, parts, new, branch=branch)
        (new / COMPLETE_FILE).write_text(_fingerprint(new), encoding="utf-8")
        if folder.exists():
            folder.replace(Path(temporary) / "old")
        new.replace(folder)


def _is_complete(folder: Path) -> bool:
    try:
        return (folder / COMPLETE_FILE).read_text(encoding="utf-8") == _fingerprint(folder)
    except FileNotFoundError:
        return False


def _fingerprint(folder: Path) -> str:
    """Return what any change of a file would change: every name, size and time."""
    files = [
        path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != COMPLETE_FILE
    ]
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


def write_bundle(tree: Tree, version: str) -> bytes:
    """Return a bundle with one commit, tagged as the version.

    Raises:
        ExternalSystemError: Git fails, or the disk is full.
    """
    with tempfile.TemporaryDirectory(dir=temporary_root()) as temporary:
        folder, bundle = Path(temporary) / "platform", Path(temporary) / "bundle"
        folder.mkdir()
        write_files(_files(tree), folder)
        for command in (
            ("init", "--quiet", "--initial-branch", "main", "--template="),
            ("add", "--all", "--force"),
            ("commit", "--quiet", "--no-verify", "--no-gpg-sign", "--message", version),
            ("tag", "--no-sign", version),
            (*_PACK_OPTIONS, "bundle", "create", "--quiet", str(bundle), f"refs/tags/{version}"),
        ):
            run(("git", *command), folder=folder, env=_COMMIT_ENVIRONMENT)
        return bundle.read_bytes()


def _files(tree: Tree) -> dict[str, RenderedFile]:
    found = {}
    # The workflows say which status checks a project publishes.
    for name in (*PARTS, WORKFLOWS_FOLDER):
        alone = [name] if name.endswith(".yml") else []
        for path in list(tree.paths(name)) or alone:
            found[path] = RenderedFile(tree.read(path), tree.executable(path))
    return found


def own_files() -> dict[str, RenderedFile]:
    """Return the files of an organisation's platform by path, as this program has them.

    What `organisation/` holds stands at its place at the root.
    """
    root = own_root()
    files = {}
    for path, place in sorted(_own_paths(root)):
        if is_packaged(path) and not _SHARED_COPY.fullmatch(path):
            files[place_of(path)] = _file(place)
    return {**files, **_links(files)}


def _own_paths(root: Path) -> Iterator[tuple[str, Path]]:
    if (root / ".git").exists():
        command = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
        names = run((*command, "--", *_existing_parts(root)), folder=root).split("\0")
        yield from ((name, root / name) for name in names if os.path.lexists(root / name))
        return
    for name in _existing_parts(root):
        yield from _walk(root / name, name)
    if not (root / GENERATOR).exists():
        yield from _walk(_PACKAGE, f"{GENERATOR}/{_PACKAGE.name}")


def _existing_parts(root: Path) -> list[str]:
    return [name for name in PLATFORM if os.path.lexists(root / name)]


def _walk(place: Path, name: str) -> Iterator[tuple[str, Path]]:
    if place.is_symlink() or not place.is_dir():
        yield name, place
        return
    for child in place.iterdir():
        yield from _walk(child, f"{name}/{child.name}")


def _links(files: Iterable[str]) -> dict[str, RenderedFile]:
    return {
        path.replace(ARCHETYPE_FILE, name): RenderedFile(target.encode(), link=True)
        for path in files
        if path.count("/") == _ARCHETYPE_DEPTH
        and path.startswith("templates/")
        and path.endswith(ARCHETYPE_FILE)
        for name, target in _SHARED_LINKS.items()
    }


def _file(place: Path) -> RenderedFile:
    if place.is_symlink():
        return RenderedFile(str(place.readlink()).encode(), link=True)
    return RenderedFile(place.read_bytes(), bool(place.stat().st_mode & 0o100))
