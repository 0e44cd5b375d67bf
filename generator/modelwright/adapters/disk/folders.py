"""The user's cache, and a temporary folder for each process, removed even after a kill."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Final

from modelwright.adapters.disk.lock import try_lock


def user_cache(kind: str) -> Path:
    """Return the folder of the user's cache for one kind of thing."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "modelwright" / kind


_PREFIX: Final = "modelwright-"
_LOCK: Final = "lock"


def temporary_root() -> Path:
    """Return this process's own folder for what is temporary; it goes when the process ends."""
    return _process_folder(os.getpid(), tempfile.gettempdir())


@cache
def _process_folder(process: int, above: str) -> Path:
    _remove_abandoned(Path(above))
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=above))
    lock = try_lock(folder / _LOCK)

    def remove() -> None:
        # A fork ends too, and the folder is its parent's.
        if os.getpid() == process:
            shutil.rmtree(folder, ignore_errors=True)
            if lock is not None:
                lock.close()

    atexit.register(remove)
    return folder


def _remove_abandoned(above: Path) -> None:
    """Remove the folders of this user's processes that ended without doing so."""
    for folder in above.glob(f"{_PREFIX}*"):
        lock = folder / _LOCK
        if folder.is_symlink() or not lock.is_file() or not _is_own(folder):
            continue
        file = try_lock(lock)
        if file is not None:
            shutil.rmtree(folder, ignore_errors=True)
            file.close()


def _is_own(folder: Path) -> bool:
    return not hasattr(os, "geteuid") or folder.stat().st_uid == os.geteuid()
