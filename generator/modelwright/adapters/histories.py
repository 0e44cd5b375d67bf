"""Finds the history of a template by what a project's answers file names as its source."""

from __future__ import annotations

from pathlib import Path

from modelwright.adapters.git_history import GitHistory
from modelwright.adapters.mirrors import Mirror, distrust, mirror
from modelwright.adapters.urls import is_url, shown, whole
from modelwright.errors import RefusedError


def history_of(source: str, *, offline: bool = False) -> GitHistory:
    """Return the history of a template.

    Args:
        source: A URL, or the absolute path of a git repository.
        offline: Contact no host.

    Raises:
        RefusedError: The source names no repository.
        SurroundingsError: It cannot be had.
    """
    if Path(source).is_absolute():
        return _in_place(source)
    if is_url(source):
        return _mirrored(source, mirror(source, offline=offline))
    raise RefusedError(
        f"the template's source {source!r} is not understood",
        where=".copier-answers.yml",
        next_step="name its URL or absolute path with --source",
    )


def _mirrored(source: str, found: Mirror) -> GitHistory:
    url = shown(whole(source))
    return GitHistory(
        source=source,
        origin=f"the cache of {url} (not reachable)" if found.unreachable else url,
        notice=f"{url} cannot be reached, its cache is used: {found.unreachable}"
        if found.unreachable
        else "",
        folder=found.folder,
        damaged=distrust,
    )


def _in_place(source: str) -> GitHistory:
    folder = git_directory(Path(source))
    if folder is None:
        raise RefusedError(
            "there is no git repository, so it has no versions",
            where=source,
            next_step="name the template's repository with --source",
        )
    return GitHistory(source=source, origin=source, folder=folder)


def git_directory(place: Path) -> Path | None:
    """Return the git directory of a work tree, of a linked one or of a bare repository."""
    inner = place / ".git"
    if inner.is_dir():
        return inner
    if inner.is_file():
        target = inner.read_text(encoding="utf-8").removeprefix("gitdir:").strip()
        return place / target
    bare = (place / "HEAD").is_file() and (place / "objects").is_dir()
    return place if bare else None
