"""Refuses path traversal: a template writes below its project, never git's own, never by a link.

Source:
    git, `verify_path` in read-cache.c, `is_hfs_dotgit` in utf8.c and `is_ntfs_dotgit` in path.c.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from modelwright.errors import RefusedError

# With those halves of characters that stand for no byte of a file's name.
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\\\ud800-\udc7f\udd00-\udfff]")
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_SHORT_NAME: Final = re.compile(r"\.?git~\d+")
_LINKS: Final = 40


@lru_cache(maxsize=8192)
def fold_name(name: str) -> str:
    """Return what a name is to a file system that ignores case and invisible characters."""
    if name.isascii():
        return name.lower()
    shown = (letter for letter in name if unicodedata.category(letter) != "Cf")
    return unicodedata.normalize("NFKC", "".join(shown)).casefold()


@lru_cache(maxsize=8192)
def _fault(part: str) -> str:
    """Return what is wrong with one name of a path; nothing where it may be written."""
    if part in {"", ".", ".."}:
        return "leads out of the project"
    if _CONTROL.search(part):
        return "holds a backslash or a character that cannot be printed"
    plain = fold_name(part).partition(":")[0].rstrip(". ")
    if plain == ".git" or _SHORT_NAME.fullmatch(plain):
        return "is git's own folder, or is taken for it on some machines"
    return "" if plain else "leads out of the project on some machines"


def path_fault(path: str) -> str:
    """Return why a path may not be written in a project; nothing where it may."""
    if path.startswith("/") or _DRIVE.match(path):
        return "is absolute"
    for part in path.split("/"):
        fault = _fault(part)
        if fault:
            return fault
    return ""


def refuse_paths(paths: Iterable[str], *, links: Iterable[str] = (), where: str = "") -> None:
    """Check the paths that a template renders.

    Args:
        paths: Paths with slashes, relative to the project.
        links: Those among them that are symbolic links.
        where: The template, for a message.

    Raises:
        RefusedError: One is absolute, leaves the project, is git's own, passes through another
            file or a link, or makes a folder a git directory.
    """
    rendered = list(paths)
    for path in rendered:
        fault = path_fault(path)
        if fault:
            raise _refusal(path, fault, where)
    followed = {fold_name(link) for link in links}
    files = {fold_name(path) for path in rendered}
    for path in rendered:
        above = [fold_name(path[:end]) for end, letter in enumerate(path) if letter == "/"]
        if not followed.isdisjoint(above):
            raise _refusal(path, "passes through a link", where)
        if not files.isdisjoint(above):
            raise _refusal(path, "passes through a file of that name", where)
    _refuse_git_directory(files, where)


def refuse_links(
    links: Mapping[str, str], *, of: Iterable[str] | None = None, where: str = ""
) -> None:
    """Check where the symbolic links that a template renders lead, links of links included.

    Args:
        links: The targets of all links of the project, by path.
        of: Those that are judged; None is all of them.
        where: The template, for a message.

    Raises:
        RefusedError: One leads out of the project, into git's own folder, or round in circles.
    """
    known = {fold_name(path): target for path, target in links.items()}
    for path in links if of is None else of:
        target = links[path]
        if _CONTROL.search(target) or _DRIVE.match(target) or not _stays_inside(path, known):
            raise _refusal(path, f"is a link that leads out of the project, to {target!r}", where)


def _stays_inside(path: str, links: Mapping[str, str]) -> bool:
    """Follow a path through links, as a file system does; say whether it stays in the project."""
    ahead, here = path.split("/")[::-1], list[str]()
    followed = 0
    while ahead:
        part = ahead.pop()
        if part in {"", "."}:
            continue
        if part == "..":
            if not here:
                return False
            here.pop()
            continue
        if _fault(part):
            return False
        target = links.get(fold_name("/".join([*here, part])))
        if target is None:
            here.append(part)
            continue
        followed += 1
        if followed > _LINKS or target.startswith("/"):
            return False
        ahead += target.split("/")[::-1]
    return True


def _refuse_git_directory(files: set[str], where: str) -> None:
    """A folder with these three is a repository to git, and its `config` runs programs."""
    for head in (path for path in files if posixpath.basename(path) == "head"):
        place = head.removesuffix("head")
        found = {path.removeprefix(place).split("/")[0] for path in files if path.startswith(place)}
        if {"objects", "refs"} <= found or {"commondir"} <= found:
            raise _refusal(place or ".", "is a git directory", where)


def _refusal(path: str, fault: str, where: str) -> RefusedError:
    return RefusedError(
        f"the template writes {path!r}, which {fault}",
        where=where,
        next_step="tell the platform team; nothing was written",
    )
