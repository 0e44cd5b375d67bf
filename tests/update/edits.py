"""What a user does to a project between two updates."""

from __future__ import annotations

import os
from pathlib import Path

from tests.update.evolutions import ANSWERS_FILE
from tests.update.files import KINDS, NEW_PATHS, Author, Change, Entry, changed, is_a_tree
from tests.update.projects import commit_all, read_files, write_files

TRACKED = tuple(KINDS)
AROUND = ("untracked", "ignored")
TOUCHED = "touched"
EXCLUDE = ".git/info/exclude"


def edit_project(folder: Path, edits: tuple[Change, ...], chapter: int) -> None:
    """Do every edit in a project's work tree and commit what git tracks."""
    old = files = read_files(folder)
    kept = frozenset({ANSWERS_FILE, *_around(folder)})
    for step, edit in enumerate(edits):
        if edit.kind in KINDS:
            author = Author("mine", (chapter, step))
            files = changed(files, edit, author, fixed=kept)
    write_files(folder, old, files)
    commit_all(folder)
    for step, edit in enumerate(edits):
        if edit.kind in AROUND:
            _lay_around(folder, edit, Author("mine", (chapter, step)))
        if edit.kind == TOUCHED:
            for path in files:
                os.utime(folder / path, (chapter, step), follow_symlinks=False)


def _around(folder):
    """Return the paths of the files that git does not track."""
    exclude = folder / EXCLUDE
    return [line[1:] for line in exclude.read_text().splitlines()] if exclude.exists() else []


def _lay_around(folder, edit, author):
    path = NEW_PATHS[edit.pick % len(NEW_PATHS)]
    if not _is_free(folder, path):
        return
    if edit.kind == "ignored":
        with (folder / EXCLUDE).open("a") as exclude:
            exclude.write(f"/{path}\n")
    entry = Entry(author.line(edit.kind) + b"\n")
    write_files(folder, {}, {path: entry})


def _is_free(folder, path):
    files = read_files(folder)
    return is_a_tree([*files, path]) and path not in files
