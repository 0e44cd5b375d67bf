"""An update is the same in a folder of a larger repository, and behind git's filters."""

import re
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from tests.update.engines import Ours
from tests.update.files import Entry
from tests.update.projects import git, make_project, read_files, snapshot, write_files
from tests.update.telling import CASES, lived_through

AROUND = {"README.md": Entry(b"of the whole\n"), "apps/other.md": Entry(b"another\n")}
ATTRIBUTES = "*.md text eol=crlf\n*.toml filter=swap\n"
COMMIT = re.compile(rb"^\|\|\|\|\|\|\|.*", re.M)
FILTER = """\
[filter "swap"]
	clean = tr gG Gg
	smudge = tr gG Gg
"""


def untracked(before):
    return {path: e for path, e in before.files.items() if path not in before.tracked}


class Inside(Ours):
    """`modelwright update` of a project, and of a copy of it inside a larger repository."""

    def __call__(self, project, to, **given):
        before = snapshot(project)
        with tempfile.TemporaryDirectory() as folder:
            whole = Path(folder)
            inner = {f"apps/project/{path}": entry for path, entry in before.tracked.items()}
            make_project(whole, {**AROUND, **inner})
            write_files(whole / "apps/project", {}, untracked(before))
            there = super().__call__(whole / "apps/project", to, **given)
            here = super().__call__(project, to, **given)
            assert there.code == here.code, there.said
            assert read_files(whole / "apps/project") == read_files(project)
            assert {path: read_files(whole)[path] for path in AROUND} == AROUND
            unmerged = {f"apps/project/{path}" for path in snapshot(project).unmerged}
            assert snapshot(whole).unmerged == unmerged
        return here


def test_a_project_in_a_folder_of_a_repository_is_no_different():
    lived_through(CASES // 16, 22, Inside())


def checked_out(path, entry):
    """Return a file as git's filters show it in the work tree."""
    if path.endswith(".md") and not entry.link:
        return replace(entry, content=entry.content.replace(b"\n", b"\r\n"))
    return entry


def without_names(files):
    """Return files without the names of commits in conflict markers."""
    return {
        path: replace(entry, content=COMMIT.sub(b"|||||||", entry.content))
        for path, entry in files.items()
    }


class Filtered(Ours):
    """`modelwright update` of a project, and of a copy of it whose files git's filters change.

    Attributes:
        prefix: The folder of the copy below the one that holds the filters.
    """

    def __init__(self, prefix=""):
        self.prefix = prefix

    def __call__(self, project, to, **given):
        before = snapshot(project)
        here = super().__call__(project, to, **given)
        if any(b"\r\n" in entry.content for entry in before.files.values()):
            return here  # the filter that is tried here would store these differently
        with tempfile.TemporaryDirectory() as folder:
            other = self.copied(before, Path(folder))

            there = super().__call__(other, to, **given)

            assert there.code == here.code, there.said
            shown = {
                path: entry if path in untracked(before) else checked_out(path, entry)
                for path, entry in read_files(project).items()
            }
            found = without_names(read_files(other))
            found.pop(".gitattributes", None)
            assert found == without_names(shown)
        return here

    def copied(self, before, whole):
        """Make a copy of a project behind filters."""
        attributes = {".gitattributes": Entry(ATTRIBUTES.encode())}
        tracked = {f"{self.prefix}{path}": entry for path, entry in before.tracked.items()}
        make_project(whole, {**attributes, **tracked})
        with (whole / ".git/config").open("a") as config:
            config.write(FILTER)
        shown = {path: checked_out(path, entry) for path, entry in tracked.items()}
        write_files(whole, tracked, shown)
        git(whole, "add", "--renormalize", ".")
        git(whole, "commit", "--quiet", "--allow-empty", "--message", "chore: filters")
        git(whole, "add", "--update")
        write_files(whole / self.prefix, {}, untracked(before))
        return whole / self.prefix


@pytest.mark.parametrize("prefix", ["", "apps/project/"], ids=["in it", "above it"])
def test_line_ends_and_filters_are_no_different(prefix):
    lived_through(CASES // 16, 23, Filtered(prefix))
