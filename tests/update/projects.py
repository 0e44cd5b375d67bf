"""Projects on the disk: made, read as values, changed, committed."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.update.evolutions import ANSWERS_FILE
from tests.update.files import Entry, Files
from tests.update.histories import commit_stream, fast_import, new_repository


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """All of a project that a person can see.

    Attributes:
        files: Every file of the work tree, untracked and ignored ones too.
        status: What `git status --porcelain=v1` says, by path.
        head: The commit.
    """

    files: Files
    status: dict[str, str]
    head: str

    @property
    def tracked(self):
        return {
            path: entry
            for path, entry in self.files.items()
            if self.status.get(path) not in ("??", "!!")
        }

    @property
    def unmerged(self):
        return {path for path, code in self.status.items() if "U" in code or code in ("AA", "DD")}

    @property
    def unstaged(self):
        return {
            path
            for path, code in self.status.items()
            if code[1] != " " and code not in ("??", "!!")
        }


def make_project(folder: Path, files: Files) -> Path:
    """Write and commit a project."""
    new_repository(folder)
    fast_import(folder, commit_stream(files, "", 0))
    git(folder, "reset", "--quiet", "--hard")
    return folder


def read_files(folder: Path) -> Files:
    """Read every file of a work tree."""
    files = {}
    for parent, folders, names in os.walk(folder):
        if ".git" in folders:
            folders.remove(".git")
        links = [name for name in folders if (Path(parent) / name).is_symlink()]
        for name in (*names, *links):
            path = Path(parent) / name
            files[path.relative_to(folder).as_posix()] = _entry(path)
    return files


def _entry(path):
    if path.is_symlink():
        return Entry(os.fsencode(path.readlink()), link=True)
    return Entry(path.read_bytes(), executable=bool(path.stat().st_mode & 0o100))


def snapshot(folder: Path) -> Snapshot:
    """Read a project, and leave git's index as it is."""
    listed = git(
        folder,
        "--no-optional-locks",
        "status",
        "--porcelain=v1",
        "-z",
        "--untracked-files=all",
        "--ignored",
        "--no-renames",
    )
    status = {line[3:]: line[:2] for line in listed.split("\0") if line}
    return Snapshot(files=read_files(folder), status=status, head=head(folder))


def head(folder: Path) -> str:
    """Return the commit of a project."""
    place = (folder / ".git/HEAD").read_text().strip()
    if not place.startswith("ref:"):
        return place
    return (folder / ".git" / place.removeprefix("ref: ")).read_text().strip()


def write_files(folder: Path, old: Files, new: Files) -> None:
    """Bring a work tree from some files to others; whatever else lies in it stays."""
    for path in old.keys() - new.keys():
        (folder / path).unlink()
        _remove_empty(folder, (folder / path).parent)
    for path, entry in new.items():
        if old.get(path) != entry:
            _write(folder / path, entry)


def _write(place, entry):
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    if entry.link:
        place.symlink_to(os.fsdecode(entry.content))
        return
    place.write_bytes(entry.content)
    place.chmod(0o755 if entry.executable else 0o644)


def _remove_empty(top, folder):
    while folder != top and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def commit_all(folder: Path) -> None:
    """Commit everything that is not ignored, whatever state it is in."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--no-verify", "--message", "feat: mine")


def stored_answers(folder: Path) -> dict[str, str]:
    return yaml.safe_load((folder / ANSWERS_FILE).read_text())


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-c", "core.quotePath=false", *arguments],
        cwd=folder, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode(errors="surrogateescape")
