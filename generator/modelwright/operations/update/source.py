"""Where a project's template is read, its target version, and the order of versions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from packaging.version import Version

from modelwright.adapters.git.commands import describe_commit, version_at
from modelwright.adapters.git.history import GitHistory
from modelwright.adapters.sources.histories import HistoryCache
from modelwright.adapters.sources.mirrors import moved_tags
from modelwright.adapters.system.urls import split_credentials
from modelwright.errors import ModelwrightError, RefusedError
from modelwright.paths import ANSWERS_FILE
from modelwright.template.history import version_of

_DESCRIBED: Final = re.compile(r"(.+)-(\d+)-g[0-9a-f]+")


@dataclass(frozen=True, kw_only=True)
class Source:
    """A template's history, and what the project calls it.

    Attributes:
        name: The `_src_path` that the answers file will hold.
        stored: The one that it holds now.
        current: The version that the project is at.
        notes: What a person should know of how the template was read.
    """

    history: GitHistory
    name: str
    stored: str
    current: str
    notes: Sequence[str] = ()


@contextmanager
def source_of(
    stored: Mapping[str, Any],
    source: str = "",
    platform: str = "",
    *,
    offline: bool = False,
    history_cache: HistoryCache | None = None,
) -> Iterator[Source]:
    """Open the history of a project's template.

    Args:
        stored: What its answers file holds.
        source: The template's new source.
        platform: Where to read the template this once.
        offline: Contact no host.
        history_cache: Keeps histories open for the next project.

    Raises:
        RefusedError: The answers name no source or no version, or one of an unknown form.
        ExternalSystemError: The source cannot be read.
    """
    name, current = (
        split_credentials(source or str(stored.get("_src_path") or "")),
        stored.get("_commit"),
    )
    if not name:
        raise _incomplete_answers("it does not say which template made the project (_src_path)")
    if not isinstance(current, str) or not current:
        raise _incomplete_answers("it does not say which version made the project (_commit)")
    own_cache = HistoryCache()
    try:
        history = (history_cache or own_cache).history_of(platform or name, offline=offline)
    except ModelwrightError as error:
        if not (source or platform):
            error.next_step += "; where the template moved, name its new place with --source"
        raise
    with own_cache:
        kept = str(stored.get("_src_path") or name)
        notes = [*filter(None, [history.notice]), *_moved_tag_notes(history, current)]
        yield Source(history=history, name=name, stored=kept, current=current, notes=notes)


def target_version(source: Source, to: str) -> str:
    """Return the version that a project goes to: the one that is named, else the newest release.

    Raises:
        RefusedError: There is none, or it is older than the project's and was not named.
    """
    history = source.history
    if to:
        return to
    if not history.releases:
        return describe_commit(history.folder()) or source.current
    newest = history.releases[-1].version
    if is_older(newest, source.current):
        raise RefusedError(
            f"the project is at {source.current}, and the newest release, {newest}, is older",
            where=history.origin,
            next_step=f"go back with --to {newest}, or name a newer source with --source",
        )
    return newest


def is_older(version: str, than: str) -> bool:
    """Say whether a version comes before another; no where either cannot be ordered."""
    first, second = version_order(version), version_order(than)
    return first is not None and second is not None and first < second


def version_order(version: str) -> tuple[Version, int] | None:
    """Return the sort key of a version: its release, and the commits since."""
    described = _DESCRIBED.fullmatch(version)
    release = version_of(described[1] if described else version)
    return (release, int(described[2]) if described else 0) if release else None


def _moved_tag_notes(history: GitHistory, current: str) -> Iterator[str]:
    """Yield a note where the tag of a project's version was moved to another commit."""
    first = moved_tags(history.folder()).get(current, "")
    if not first:
        return
    old = version_at(history.folder(), first)
    advice = (
        f"to update from the first one, write _commit: {old} into the answers file and commit that"
        if old
        else "the first one is gone"
    )
    yield (
        f"the tag {current} was moved in the template: it named {first[:12]}, and now names "
        f"{history.commit(current)[:12]}, which this project is compared with; {advice}"
    )


def _incomplete_answers(problem: str) -> RefusedError:
    return RefusedError(
        problem,
        where=ANSWERS_FILE,
        next_step="find it out and write the file again: modelwright adopt",
    )
