"""Opens the history of a template: a path, the platform of this program, or the mirror of a URL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from packaging.version import Version

from modelwright.adapters.disk.tree import FolderTree
from modelwright.adapters.git import commands as git
from modelwright.adapters.git.commands import git_directory
from modelwright.adapters.git.history import GitHistory
from modelwright.adapters.git.tree import GitTree
from modelwright.adapters.sources import mirrors, packaged
from modelwright.adapters.system.urls import (
    expand_short_url,
    is_same_source,
    is_url,
    split_credentials,
    without_credentials,
)
from modelwright.errors import ExternalSystemError, RefusedError
from modelwright.paths import ANSWERS_FILE
from modelwright.template.history import version_of
from modelwright.template.platform import Platform


def history_of(source: str, *, offline: bool = False) -> GitHistory:
    """Return the history of a template.

    Args:
        source: A URL, or the absolute path of a git repository.
        offline: Contact no host.

    Raises:
        RefusedError: The source names no repository.
        ExternalSystemError: It cannot be fetched.
    """
    if _is_path(source):
        return _history_at_path(source)
    source = split_credentials(source)
    if not is_url(source):
        raise RefusedError(
            f"the template's source {source!r} is neither a URL nor an absolute path",
            where=ANSWERS_FILE,
            next_step="name its URL or absolute path with --source",
        )
    policy = _packaged_policy()
    if not is_same_source(source, policy["platform"]["url"]):
        return _history_of_mirror(source, mirrors.mirror(source, offline=offline))
    return _platform_history(source, offline=offline, sample=bool(policy.get("sample")))


class HistoryCache:
    """Opens each history once and keeps it open, for many projects in one run."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, bool], GitHistory] = {}

    def history_of(self, source: str, *, offline: bool = False) -> GitHistory:
        """Return the history of a template; see the function of this name."""
        key = (source, offline)
        if key not in self._kept:
            self._kept[key] = history_of(source, offline=offline)
        return self._kept[key]

    def __enter__(self) -> HistoryCache:
        return self

    def __exit__(self, *_: object) -> None:
        for history in self._kept.values():
            history.__exit__()


def local_tree(source: str, version: str) -> GitTree | None:
    """Return the files of a version from this machine, without a network; None where they are not.

    Raises:
        ExternalSystemError: A local copy cannot be read.
    """
    for history in _local_histories(source):
        # A release stays what it is; a branch in the cache may have moved on.
        if history.is_fixed(version):
            with suppress(RefusedError):
                return history.tree(version)
    return None


def _local_histories(source: str) -> Iterator[GitHistory]:
    if _is_path(source):
        yield _history_at_path(source)
        return
    if is_same_source(source, _packaged_policy()["platform"]["url"]):
        yield _packaged_history(source)
    cached = cached_history(source)
    if cached is not None:
        yield cached


def cached_history(source: str, *, unreachable: str = "") -> GitHistory | None:
    """Return the cached history of a URL, which may be old; None where there is none.

    Args:
        source: The URL.
        unreachable: Why the URL was not asked.
    """
    folder = mirrors.cached_mirror(source)
    found = mirrors.Mirror(folder=folder, unreachable=unreachable) if folder else None
    return _history_of_mirror(source, found) if found else None


def _platform_history(source: str, *, offline: bool, sample: bool) -> GitHistory:
    """Return the history of the platform that came with this program, or a newer one at its URL."""
    own_history = _packaged_history(source)
    # The sample's URL is made up. In a checkout, you pull newer versions yourself.
    if sample or git_directory(packaged.own_root()):
        return own_history
    published = _published_history(own_history, offline=offline)
    newer = published and _newest_version(_tags(published)) > _newest_version(_tags(own_history))
    return published if published and newer else own_history


def _packaged_history(source: str) -> GitHistory:
    checkout = git_directory(packaged.own_root())
    if checkout is not None:
        return GitHistory(source=source, origin="this checkout", folder=checkout)
    return GitHistory(
        source=source,
        origin="the installed package",
        folder=packaged.released_history_folder(),
        on_damage=packaged.invalidate,
    )


def _packaged_policy() -> Mapping[str, Any]:
    return Platform(tree=FolderTree(packaged.own_root()), source="", version="").policy


def _published_history(own_history: GitHistory, *, offline: bool) -> GitHistory | None:
    """Return the history at the URL if it is newer; offline or unreachable, the cached one."""
    if offline:
        return cached_history(own_history.source, unreachable="it was not asked")
    url = expand_short_url(own_history.source)
    try:
        advertised = git.advertised_references(url)
        tags = [line.rpartition("\trefs/tags/")[2] for line in advertised.splitlines()]
        if _newest_version(tags) <= _newest_version(_tags(own_history)):
            return None
        return _history_of_mirror(own_history.source, mirrors.mirror(url, advertised=advertised))
    except ExternalSystemError as error:
        own_history.origin = "the installed package (its URL is not reachable)"
        own_history.notice = f"{without_credentials(url)} cannot be reached: {error.problem}"
        return cached_history(own_history.source, unreachable=error.problem)


def _tags(history: GitHistory) -> list[str]:
    return [release.version for release in history.releases]


def _newest_version(tags: Iterable[str]) -> Version:
    found = [version for version in map(version_of, tags) if version]
    final = [version for version in found if not version.is_prerelease]
    return max(final or found, default=Version("0.dev0"))


def _history_of_mirror(source: str, found: mirrors.Mirror) -> GitHistory:
    url = without_credentials(expand_short_url(source))
    return GitHistory(
        source=source,
        origin=f"the cache of {url} (not reachable)" if found.unreachable else url,
        notice=f"{url} cannot be reached, its cache is used: {found.unreachable}"
        if found.unreachable
        else "",
        folder=found.folder,
        on_damage=mirrors.invalidate,
    )


def _is_path(source: str) -> bool:
    return Path(source).expanduser().is_absolute()


def _history_at_path(source: str) -> GitHistory:
    place = Path(source).expanduser()
    if place.is_file():
        folder = packaged.unpack_bundle(place)
        return GitHistory(
            source=source, origin=source, folder=folder, on_damage=packaged.invalidate
        )
    found = git_directory(place)
    if found is None:
        raise RefusedError(
            "there is no git repository, so it has no versions",
            where=source,
            next_step="name the template's repository with --source",
        )
    return GitHistory(source=source, origin=source, folder=found)
