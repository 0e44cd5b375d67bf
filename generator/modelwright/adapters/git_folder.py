"""Finds git directories, and makes an empty one, without running git."""

from __future__ import annotations

from pathlib import Path


def git_directory(place: Path) -> Path | None:
    """Return the git directory of a work tree or bare repository; None where it is neither."""
    bare = (place / "HEAD").is_file() and (place / "objects").is_dir()
    return place if bare else _git_folder(place)


def empty_repository(folder: Path) -> Path:
    """Make a folder a bare repository without objects, and return it."""
    (folder / "objects" / "info").mkdir(parents=True)
    (folder / "refs").mkdir()
    (folder / "HEAD").write_text("ref: refs/heads/none\n")
    return folder


def _git_folder(root: Path) -> Path | None:
    place = root / ".git"
    if place.is_dir():
        return place
    try:
        text = place.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    return root / text.removeprefix("gitdir:").strip() if text.startswith("gitdir:") else None
