"""The cache of template repositories: bare mirrors of their branches and tags.

A mirror is fetched under a lock and only when its URL advertises something new. Without a network
the mirror is used as it is. A tag that was moved at its URL is remembered.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from modelwright.adapters.disk.atomic_write import replace_file
from modelwright.adapters.disk.folders import user_cache
from modelwright.adapters.disk.lock import exclusive_lock
from modelwright.adapters.git import commands as git
from modelwright.adapters.system.urls import expand_short_url, split_credentials
from modelwright.errors import ExternalSystemError

# What the URL advertised at the last fetch; without it the mirror is cloned again.
ADVERTISED_FILE: Final = "modelwright-upstream"
# Tags that name another commit than at first: a line each, that first commit and the tag.
_MOVED_TAGS_FILE: Final = "modelwright-moved"
_LOCK_SECONDS: Final = 600.0


@dataclass(frozen=True, kw_only=True)
class Mirror:
    """A mirror that can be read.

    Attributes:
        folder: The git directory.
        unreachable: Why the URL could not be reached; empty if it was.
    """

    folder: Path
    unreachable: str = ""


def cached_mirror(url: str) -> Path | None:
    """Return the mirror of a URL as it is; None where there is none."""
    folder = _folder_of(expand_short_url(split_credentials(url)))
    return folder if (folder / "HEAD").is_file() else None


def mirror(url: str, *, offline: bool = False, advertised: str = "") -> Mirror:
    """Return the mirror of a URL, fetched if the URL can be reached and has something new.

    Args:
        url: Where the template is.
        offline: Contact no host.
        advertised: The branches and tags of the URL, if the caller has just asked for them.

    Raises:
        ExternalSystemError: It cannot be reached and was never fetched, or the cache cannot be
            written.
    """
    url = expand_short_url(split_credentials(url))
    folder = _folder_of(url)
    if offline:
        return _cached_as_it_is(url, folder, "it was not asked")
    try:
        advertised = advertised or git.advertised_references(url)
        if _last_advertised(folder) != advertised:
            _fetch(url, folder, advertised)
    except ExternalSystemError as error:
        if cached_mirror(url) is None:
            raise
        return _cached_as_it_is(url, folder, error.problem)
    except OSError as error:
        raise ExternalSystemError(
            f"the cache cannot be written: {error.strerror or error}",
            where=str(error.filename or folder),
            next_step="free some space, or name another cache with XDG_CACHE_HOME",
        ) from error
    return Mirror(folder=folder)


def invalidate(folder: Path) -> None:
    """Clone a mirror again at its next use."""
    (folder / ADVERTISED_FILE).unlink(missing_ok=True)


def moved_tags(folder: Path) -> dict[str, str]:
    """Return the tags of a mirror that were moved at its URL: by name, the first commit seen."""
    try:
        lines = (folder / _MOVED_TAGS_FILE).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    return {tag: commit for commit, _, tag in (line.partition("\t") for line in lines)}


def _cached_as_it_is(url: str, folder: Path, reason: str) -> Mirror:
    if cached_mirror(url) is None:
        raise ExternalSystemError(
            "it was never fetched, so it cannot be used offline",
            where=url,
            next_step="run the command once with a network and without --offline",
        )
    return Mirror(folder=folder, unreachable=reason)


def _folder_of(url: str) -> Path:
    return user_cache("templates") / f"{hashlib.sha256(url.encode()).hexdigest()[:16]}.git"


def _last_advertised(folder: Path) -> str | None:
    try:
        return (folder / ADVERTISED_FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def _fetch(url: str, folder: Path, advertised: str) -> None:
    with exclusive_lock(folder.with_suffix(".lock"), seconds=_LOCK_SECONDS):
        known = _last_advertised(folder)
        if known == advertised:
            return
        first = {**_tag_commits(known or ""), **moved_tags(folder)}
        if known is None or git.object_format(known) != git.object_format(advertised):
            _clone_again(url, folder, advertised, first)
            return
        _remove_stale_locks(folder)
        try:
            _update(url, folder, advertised, first)
        except ExternalSystemError:
            # What a killed fetch left behind, or a damaged mirror; the network says so again.
            _clone_again(url, folder, advertised, first)


def _clone_again(url: str, folder: Path, advertised: str, first: Mapping[str, str]) -> None:
    """Fetch into a new mirror beside the place, and move it there when it is complete."""
    with tempfile.TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as temporary:
        new = Path(temporary) / "new"
        git.initialise(new, git.object_format(advertised))
        _update(url, new, advertised, first)
        if folder.exists():
            folder.replace(Path(temporary) / "old")
        new.replace(folder)


def _remove_stale_locks(folder: Path) -> None:
    """Remove the locks of a git process that was killed; the caller holds the mirror's own lock."""
    for lock in [*folder.glob("*.lock"), *(folder / "refs").rglob("*.lock")]:
        lock.unlink(missing_ok=True)


def _update(url: str, folder: Path, advertised: str, first: Mapping[str, str]) -> None:
    git.fetch(url, folder)
    # A template without releases is used as its main branch stands.
    if "\trefs/tags/" not in advertised:
        git.follow_head(url, folder)
    now = _tag_commits(advertised)
    moved = {tag: commit for tag, commit in first.items() if now.get(tag, commit) != commit}
    rows = "".join(f"{commit}\t{tag}\n" for tag, commit in moved.items())
    replace_file(folder / _MOVED_TAGS_FILE, rows.encode(), locked=True)
    replace_file(folder / ADVERTISED_FILE, advertised.encode(), locked=True)


def _tag_commits(advertised: str) -> dict[str, str]:
    """Return the commit of each tag; git lists an annotated tag's own id before its commit."""
    rows = (line.partition("\trefs/tags/") for line in advertised.splitlines())
    return {tag.removesuffix("^{}"): commit for commit, is_tag, tag in rows if is_tag}
