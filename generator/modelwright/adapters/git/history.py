"""A template's history in a git directory: its releases, branches and tags, and their files."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Final

from packaging.version import Version

from modelwright.adapters.git.objects import GitObjects
from modelwright.adapters.git.tree import GitFolders, GitTree
from modelwright.adapters.system.process import run
from modelwright.errors import ExternalSystemError, UnknownVersionError
from modelwright.template.history import Release, version_of

_FIELDS: Final = (
    "refname",
    "objecttype",
    "objectname",
    "committerdate:unix",
    "*objecttype",
    "*objectname",
    "*committerdate:unix",
)
_COMMIT: Final = re.compile(r"[0-9a-f]{4,64}")
_DESCRIBED: Final = re.compile(r".+-\d+-g([0-9a-f]{4,64})")
_COMMITTER: Final = re.compile(rb"^committer .* (\d+) [-+]\d+$", re.MULTILINE)
_NEAREST: Final = 5


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A branch or tag, and the commit that it leads to."""

    commit: str
    day: date
    tag: bool


class GitHistory:
    """The released versions in one git directory, and the files at any of them."""

    def __init__(
        self,
        *,
        source: str,
        origin: str,
        folder: Path,
        notice: str = "",
        on_damage: Callable[[Path], None] | None = None,
    ) -> None:
        """Open a git directory.

        Args:
            source: What the answers file names.
            origin: Where it is read, for a person.
            folder: The git directory.
            notice: What a person should know of how it was read.
            on_damage: Called with the git directory when an object cannot be read.
        """
        self.source = source
        self.origin = origin
        self.notice = notice
        self._folder = folder
        self._trees: dict[str, GitTree] = {}
        self._folders = GitFolders(GitObjects(folder, on_damage))

    def __enter__(self) -> GitHistory:
        return self

    def __exit__(self, *_: object) -> None:
        self._folders.objects.close()

    def folder(self) -> Path:
        """Return the git directory that holds the objects."""
        return self._folder

    @cached_property
    def references(self) -> dict[str, Reference]:
        """Every branch and tag by its short name; a tag wins over a branch of its name.

        Raises:
            ExternalSystemError: The repository cannot be read.
        """
        format_option = "--format=" + "%00".join(f"%({name})" for name in _FIELDS)
        places = ("refs/remotes/origin", "refs/heads", "refs/tags")
        command = ("git", f"--git-dir={self._folder}", "for-each-ref", format_option, *places)
        found: dict[str, Reference] = {}
        try:
            rows = [line.split("\0") for line in run(command, folder=self._folder).splitlines()]
        except ExternalSystemError as error:
            raise self._folders.objects.damage(error.problem) from error
        for place in places:
            for row in rows:
                name = row[0].removeprefix(f"{place}/")
                reference = self._reference(row) if name not in {row[0], "HEAD"} else None
                if reference is not None:
                    found[name] = reference
        return found

    @cached_property
    def releases(self) -> Sequence[Release]:
        """The released versions, oldest first."""
        versions: dict[Version, Release] = {}
        for name, reference in sorted(self.references.items()):
            version = version_of(name) if reference.tag else None
            if version is not None:
                release = Release(version=name, commit=reference.commit, day=reference.day)
                versions.setdefault(version, release)
        final = [version for version in versions if not version.is_prerelease]
        return [versions[version] for version in sorted(final or versions)]

    def tree(self, version: str) -> GitTree:
        """Return the files at a tag, branch, commit or git's description of one, read once.

        Raises:
            UnknownVersionError: There is no such version; the nearest releases are named.
            ExternalSystemError: The objects cannot be read.
        """
        if version not in self._trees:
            self._trees[version] = self._read_tree(version)
        return self._trees[version]

    def _read_tree(self, version: str) -> GitTree:
        commit = self.commit(version)
        found = self._folders.objects.find(f"{commit}^{{tree}}") if commit else None
        if found is None and version in self.references:
            raise self._folders.objects.damage(f"the commit {commit} of {version} is missing")
        if found is None:
            raise UnknownVersionError(
                f"there is no version {version!r} of the template",
                self._nearest(version),
                where=self.source,
            )
        return GitTree(found.name, self._folders)

    def is_fixed(self, version: str) -> bool:
        """Say whether a version always means the same files: a tag or commit, and no branch."""
        reference = self.references.get(version)
        return reference.tag if reference else version != "HEAD"

    def commit(self, version: str) -> str:
        """Return the commit of a version, which may be abbreviated; empty where it names none."""
        if version in self.references:
            return self.references[version].commit
        if version == "HEAD" or _COMMIT.fullmatch(version):
            return version
        described = _DESCRIBED.fullmatch(version)
        return described.group(1) if described else ""

    def _reference(self, row: Sequence[str]) -> Reference | None:
        """Return what a reference leads to; None where that is no commit."""
        path, kind, name, seconds, peeled_kind, peeled, peeled_seconds = row
        tag = path.startswith("refs/tags/")
        if kind == "commit":
            return Reference(commit=name, day=_day(seconds), tag=tag)
        if peeled_kind == "commit":
            return Reference(commit=peeled, day=_day(peeled_seconds), tag=tag)
        # A tag of a tag: git peels one for us.
        found = self._folders.objects.find(f"{name}^{{commit}}") if peeled_kind == "tag" else None
        if found is None:
            return None
        committer = _COMMITTER.search(found.content)
        return Reference(
            commit=found.name, day=_day(committer.group(1) if committer else b"0"), tag=tag
        )

    def _nearest(self, version: str) -> list[str]:
        if not self.releases:
            return sorted(self.references)[:_NEAREST]
        return _nearest(version, self.releases)


def _day(seconds: str | bytes) -> date:
    return datetime.fromtimestamp(int(seconds or 0), UTC).date()


def _nearest(version: str, releases: Sequence[Release]) -> list[str]:
    """Return the releases around a version; the newest ones where it is none."""
    described = re.sub(r"-\d+-g[0-9a-f]+\Z", "", version)
    version_number = version_of(described)
    if version_number is None:
        return [release.version for release in releases[-_NEAREST:]]
    around = _NEAREST // 2
    later = [str(r.version) for r in releases if Version(r.version) > version_number]
    earlier = [str(r.version) for r in releases if Version(r.version) <= version_number]
    near = [*earlier[-around:], *later[:around]]
    newest = releases[-1].version
    return near if newest in near else [*near, newest]
