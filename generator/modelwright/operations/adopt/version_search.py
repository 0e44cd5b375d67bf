"""Finds the version of a template that a repository starts from, by similarity of its files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from modelwright.adapters.git import commands as git
from modelwright.adapters.git.history import GitHistory
from modelwright.errors import ModelwrightError, RefusedError
from modelwright.operations.adopt.request import AdoptRequest, Follow
from modelwright.template.inference.origin import Origin
from modelwright.template.inference.similarity import (
    LEAST,
    Similarity,
    SimilaritySearch,
    most_similar,
)
from modelwright.template.tree import RenderedFile


@dataclass(frozen=True, kw_only=True)
class VersionChoice:
    """The version that a repository starts from.

    Attributes:
        fit: How well it fits; None where it was not compared.
        compared: How many versions were compared.
    """

    version: str
    fit: Similarity | None
    compared: int


class Comparable(Protocol):
    """A template whose versions can be compared with a repository.

    Attributes:
        newest: The version that is named, or the newest.
    """

    newest: str

    def files(self, name: str, given: Mapping[str, object]) -> Mapping[str, RenderedFile]:
        """Return the files of a version without checking the answers."""

    def check(self, name: str, given: Mapping[str, object]) -> None:
        """Check the answers against the rules of a version."""


@dataclass(frozen=True, kw_only=True)
class Search:
    """What the search for a version compares.

    Attributes:
        contents: The repository's files, by path.
        origins: What the tools that made the repository recorded.
    """

    history: GitHistory
    template: Comparable
    contents: Mapping[str, bytes]
    origins: Sequence[Origin]


def newest_version(history: GitHistory) -> str:
    """Return the newest release; where there is none, what is checked out."""
    if history.releases:
        return history.releases[-1].version
    return git.version_at(history.folder(), "HEAD") or "HEAD"


def lasting_name(history: GitHistory, version: str) -> str:
    """Return a lasting name of a version: a tag as it is, else git's description of the commit.

    Raises:
        RefusedError: There is no such version.
    """
    history.tree(version)
    reference = history.references.get(version)
    if reference is not None and reference.tag:
        return version
    return git.version_at(history.folder(), history.commit(version)) or version


def choose_version(
    search: Search, request: AdoptRequest, given: Mapping[str, object], follow: Follow
) -> VersionChoice:
    """Return the version that is named, else the one that fits best.

    Of versions that fit equally well, it is the newest that accepts the answers.

    Raises:
        RefusedError: None fits well enough, or those that fit best refuse an answer.
        UsageError: An answer is missing.
    """
    similarity_search = SimilaritySearch(contents=search.contents)
    if request.to or request.governed:
        version = search.template.newest
        fit = None if request.governed else _similarity(search, similarity_search, version, given)
        if fit is not None and not fit.lines:
            raise _nothing_in_common_error(search, fit)
        return VersionChoice(version=version, fit=fit, compared=0 if fit is None else 1)
    recorded = _recorded_version(search)
    names = _candidates(search, recorded)
    with follow(len(names)) as tell:
        fits = list(_similarities(search, similarity_search, names, given, tell))
    best_fit, compared = most_similar(fits), len(fits)
    if best_fit is None or not (best_fit.sufficient or best_fit.version == recorded):
        search.template.check(best_fit.version if best_fit else search.template.newest, given)
        raise _no_fit_error(search, best_fit, compared)
    equal_fits = [fit for fit in fits if not fit < best_fit]
    accepted = next((fit for fit in equal_fits if _accepts(search, fit.version, given)), None)
    if accepted is None:
        search.template.check(best_fit.version, given)
    return VersionChoice(
        version=(accepted or best_fit).version, fit=accepted or best_fit, compared=compared
    )


def _accepts(search: Search, version: str, given: Mapping[str, object]) -> bool:
    try:
        search.template.check(version, given)
    except ModelwrightError:
        return False
    return True


def _candidates(search: Search, recorded: str) -> list[str]:
    """Return the recorded version, and the releases, the newest first."""
    names = [release.version for release in reversed(search.history.releases)]
    names = [recorded, *(name for name in names if name != recorded)] if recorded else names
    return names or [search.template.newest]


def _recorded_version(search: Search) -> str:
    """Return the version that an origin records, as git describes it; empty where it is gone."""
    for origin in search.origins:
        commit = search.history.commit(origin.version) if origin.version else ""
        if not commit:
            continue
        for release in search.history.releases:
            if release.commit.startswith(commit):
                return release.version
        described = git.version_at(search.history.folder(), commit)
        if described:
            return described
    return ""


def _similarities(
    search: Search,
    similarity_search: SimilaritySearch,
    names: Sequence[str],
    given: Mapping[str, object],
    tell: Callable[[str], None],
) -> Iterator[Similarity]:
    """Yield the similarity of every version that renders, up to a perfect and accepted one."""
    for name in names:
        tell(name)
        fit = _similarity(search, similarity_search, name, given)
        if fit is not None:
            yield fit
            if fit.equal == 1 and _accepts(search, name, given):
                return


def _similarity(
    search: Search, similarity_search: SimilaritySearch, version: str, given: Mapping[str, object]
) -> Similarity | None:
    try:
        return similarity_search.compare(version, search.template.files(version, given))
    except ModelwrightError:
        return None


def _nothing_in_common_error(search: Search, fit: Similarity) -> RefusedError:
    return RefusedError(
        f"the repository and {fit.version} have nothing in common: {fit.sentence}",
        where=search.history.source,
        next_step="add --managed-only to keep its own source and govern it, or make a new project "
        "with modelwright new and move your code there",
    )


def _no_fit_error(search: Search, best_fit: Similarity | None, compared: int) -> RefusedError:
    if best_fit is None:
        return RefusedError(
            "no version of the template can be rendered with these answers",
            where=search.history.source,
            next_step=f"name one with --to to see why, such as --to {search.template.newest}",
        )
    if not best_fit.lines:
        return _nothing_in_common_error(search, best_fit)
    return RefusedError(
        f"no version fits: {best_fit.version} is nearest of {compared}, where {best_fit.sentence}; "
        f"{LEAST:.0%} of the lines are needed",
        where=search.history.source,
        next_step=f"name the version to start from with --to, such as --to {best_fit.version}, or "
        "add --managed-only to keep its own source and govern it",
    )
