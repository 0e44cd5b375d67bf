"""Which version of a template a repository starts from."""

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
        """Return the files of a version, whatever it says of the answers."""

    def judge(self, name: str, given: Mapping[str, object]) -> None:
        """Raise what a version says against the answers."""


@dataclass(frozen=True, kw_only=True)
class Search:
    """Where the version is looked for.

    Attributes:
        contents: The repository's files, by path.
        made: What made the repository, as far as it wrote it down.
    """

    history: GitHistory
    template: Comparable
    contents: Mapping[str, bytes]
    made: Sequence[Origin]


def newest_version(history: GitHistory) -> str:
    """Return the newest release; where there is none, what is checked out."""
    if history.releases:
        return history.releases[-1].version
    return git.version_at(history.folder(), "HEAD") or "HEAD"


def lasting_name(history: GitHistory, version: str) -> str:
    """Return a version by a name that goes on meaning it: a tag as it is, else as git describes it.

    Raises:
        RefusedError: There is no such version.
    """
    history.tree(version)
    reference = history.references.get(version)
    if reference is not None and reference.tag:
        return version
    return git.version_at(history.folder(), history.commit(version)) or version


def choose_version(
    search: Search, wanted: AdoptRequest, given: Mapping[str, object], follow: Follow
) -> VersionChoice:
    """Return the version that is named, else the one that fits best.

    Of versions that fit alike, the newest that takes the answers; one that is newer and refuses
    them does not stand in its way.

    Raises:
        RefusedError: None fits well enough, or those that fit best refuse an answer.
        UsageError: An answer is missing.
    """
    fitting = SimilaritySearch(contents=search.contents)
    if wanted.to or wanted.governed:
        version = search.template.newest
        fit = None if wanted.governed else _similarity(search, fitting, version, given)
        if fit is not None and not fit.lines:
            raise _nothing_in_common_error(search, fit)
        return VersionChoice(version=version, fit=fit, compared=0 if fit is None else 1)
    written = _recorded_version(search)
    names = _candidates(search, written)
    with follow(len(names)) as tell:
        fits = list(_similarities(search, fitting, names, given, tell))
    found, compared = most_similar(fits), len(fits)
    if found is None or not (found.sufficient or found.version == written):
        search.template.judge(found.version if found else search.template.newest, given)
        raise _no_fit_error(search, found, compared)
    alike = [fit for fit in fits if not fit < found]
    accepted = next((fit for fit in alike if _accepts(search, fit.version, given)), None)
    if accepted is None:
        search.template.judge(found.version, given)
    return VersionChoice(
        version=(accepted or found).version, fit=accepted or found, compared=compared
    )


def _accepts(search: Search, version: str, given: Mapping[str, object]) -> bool:
    try:
        search.template.judge(version, given)
    except ModelwrightError:
        return False
    return True


def _candidates(search: Search, written: str) -> list[str]:
    """Return what the repository's maker wrote down, and the releases, the newest first."""
    names = [release.version for release in reversed(search.history.releases)]
    names = [written, *(name for name in names if name != written)] if written else names
    return names or [search.template.newest]


def _recorded_version(search: Search) -> str:
    """Return the version that a maker wrote down, as git describes it; empty where it is gone."""
    for maker in search.made:
        commit = search.history.commit(maker.version) if maker.version else ""
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
    fitting: SimilaritySearch,
    names: Sequence[str],
    given: Mapping[str, object],
    tell: Callable[[str], None],
) -> Iterator[Similarity]:
    """Yield the fit of every version that renders; nothing is better than a whole one it takes."""
    for name in names:
        tell(name)
        fit = _similarity(search, fitting, name, given)
        if fit is not None:
            yield fit
            if fit.equal == 1 and _accepts(search, name, given):
                return


def _similarity(
    search: Search, fitting: SimilaritySearch, version: str, given: Mapping[str, object]
) -> Similarity | None:
    try:
        return fitting.compare(version, search.template.files(version, given))
    except ModelwrightError:
        return None


def _nothing_in_common_error(search: Search, fit: Similarity) -> RefusedError:
    return RefusedError(
        f"the repository and {fit.version} have nothing in common: {fit.sentence}",
        where=search.history.source,
        next_step="add --managed-only to keep its own source and govern it, or make a new project "
        "with modelwright new and move your code there",
    )


def _no_fit_error(search: Search, found: Similarity | None, compared: int) -> RefusedError:
    if found is None:
        return RefusedError(
            "no version of the template can be rendered with these answers",
            where=search.history.source,
            next_step=f"name one with --to to see why, such as --to {search.template.newest}",
        )
    if not found.lines:
        return _nothing_in_common_error(search, found)
    return RefusedError(
        f"no version fits: {found.version} is nearest of {compared}, where {found.sentence}; "
        f"{LEAST:.0%} of the lines are needed",
        where=search.history.source,
        next_step=f"name the version to start from with --to, such as --to {found.version}, or "
        "add --managed-only to keep its own source and govern it",
    )
