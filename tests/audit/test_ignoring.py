"""What is ignored is what git itself ignores."""

import subprocess

import pytest

from modelwright.adapters.project_files import read_project

LINES = """
# comment
*.log
!keep.log
/data/
build
docs/*.tmp
**/cache/
deep/**/end
a/**
\\#odd
q?.txt
[ab].md
*.py[co]
"""
PATHS = """
x.log keep.log sub/keep.log sub/x.log data/a sub/data/a build sub/build/x docs/a.tmp
docs/deep/a.tmp cache/a x/y/cache/a deep/end deep/x/y/end a/b1 ab a/b/c #odd q1.txt
q12.txt a.md c.md trailing/x m.pyc m.py sub/only.here sub/own/x x/.env .env sub/!x
"""


@pytest.fixture
def repository(tmp_path):
    for path in PATHS.split():
        file = tmp_path / path
        if not file.is_dir():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("x\n")
    (tmp_path / ".gitignore").write_text(LINES + "trailing/   \n/.env\n")
    (tmp_path / "sub/.gitignore").write_text("only.here\n/own/\n!x.log\n")
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    return tmp_path


def listed(repository, *which):
    command = ["git", "ls-files", "-z", *which]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=True)
    return sorted({path for path in done.stdout.split("\0") if path})


def read(repository):
    found = read_project(repository)
    return sorted({*found.texts, *found.others})


def test_files_are_those_that_git_would_take(repository):
    assert read(repository) == listed(repository, "--others", "--exclude-standard")


@pytest.mark.parametrize("version", ["2", "3", "4"])
def test_what_git_tracks_is_read_although_it_is_ignored(repository, version):
    git = ["git", "-C", repository]
    subprocess.run([*git, "config", "index.version", version], check=True)
    subprocess.run([*git, "add", "--force", "data/a", ".env", "x.log", "build"], check=True)
    if version == "3":
        subprocess.run([*git, "update-index", "--skip-worktree", "x.log"], check=True)
    subprocess.run([*git, "update-index", "--index-version", version], check=True)

    assert read(repository) == listed(repository, "--cached", "--others", "--exclude-standard")
    assert {"data/a", ".env", "x.log"} <= set(read(repository))


def test_a_broken_index_tracks_nothing(repository):
    (repository / ".git/index").write_bytes(b"DIRC\0\0\0\2\0\0\xff\xff broken")

    assert read(repository) == listed_without_index(repository)


def listed_without_index(repository):
    (repository / ".git/index").unlink()
    return listed(repository, "--others", "--exclude-standard")


def test_what_is_deleted_but_still_tracked_is_left_out(repository):
    subprocess.run(["git", "-C", repository, "add", "--force", "x.log"], check=True)
    (repository / "x.log").unlink()

    assert "x.log" not in read(repository)


def test_a_repository_within_is_left_out(repository):
    inner = repository / "vendor/other"
    subprocess.run(["git", "init", "--quiet", inner], check=True)
    (inner / "x.txt").write_text("x\n")

    assert not [path for path in read(repository) if path.startswith("vendor/")]


def test_what_is_binary_huge_or_a_link_has_no_text(tmp_path):
    (tmp_path / "a.bin").write_bytes(b"a\0b")
    (tmp_path / "b.txt").write_bytes(b"\xff\xfe")
    (tmp_path / "c.txt").write_text("x" * 2_000_001)
    (tmp_path / "d.txt").symlink_to("/etc/passwd")
    (tmp_path / "e.txt").write_text("x\n")

    found = read_project(tmp_path)

    assert dict(found.texts) == {"e.txt": "x\n"}
    assert found.others == {"a.bin", "b.txt", "c.txt", "d.txt"}
