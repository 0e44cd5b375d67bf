"""Reads what a repository's `.git` says, without running git: a hostile one can run programs."""

from __future__ import annotations

import configparser
from pathlib import Path

from modelwright.adapters.git_index import indexed
from modelwright.update.entry import REPOSITORY


def origin(root: Path) -> str:
    """Return the URL of the remote `origin`; empty where there is none."""
    folder = _git_folder(root)
    if folder is None:
        return ""
    parser = configparser.ConfigParser(
        strict=False, interpolation=None, allow_no_value=True, delimiters=("=",)
    )
    try:
        common = folder / "commondir"
        if common.is_file():
            folder = folder / common.read_text(encoding="utf-8").strip()
        lines = (folder / "config").read_text(encoding="utf-8").splitlines()
        parser.read_string("\n".join(line.strip() for line in lines))
    except (OSError, UnicodeDecodeError, configparser.Error):
        return ""
    return parser.get('remote "origin"', "url", fallback="") or ""


def tracked(root: Path) -> list[str]:
    """Return the paths in git's index, links to other repositories left out; none without one."""
    folder = _git_folder(root)
    if folder is None:
        return []
    return [path for path, entry in indexed(folder / "index") if entry.mode != REPOSITORY]


def git_directory(place: Path) -> Path | None:
    """Return the git directory of a work tree or bare repository; None where it is neither."""
    bare = (place / "HEAD").is_file() and (place / "objects").is_dir()
    return place if bare else _git_folder(place)


def _git_folder(root: Path) -> Path | None:
    place = root / ".git"
    if place.is_dir():
        return place
    try:
        text = place.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    return root / text.removeprefix("gitdir:").strip() if text.startswith("gitdir:") else None
