"""What is ignored is what git itself ignores."""

import shutil
import subprocess

import pytest

from modelwright.adapters.git.project_files import read_project
from modelwright.errors import ExternalSystemError

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


def test_a_broken_index_is_told(repository):
    (repository / ".git/index").write_bytes(b"DIRC\0\0\0\2\0\0\xff\xff broken")

    with pytest.raises(ExternalSystemError, match="index"):
        read_project(repository)


def test_what_a_person_ignores_everywhere_is_no_rule_of_the_project(repository):
    (repository / ".gitignore").write_text("*.log\n")
    (repository / ".git/info/exclude").write_text(".env\n")
    assert not read_project(repository).ignores_env

    (repository / ".gitignore").write_text(".env*\n")
    assert read_project(repository).ignores_env

    (repository / ".gitignore").write_text(".env*\n!.env\n")
    assert not read_project(repository).ignores_env


def test_a_folder_in_no_repository_is_read_by_its_own_rules(repository):
    expected = listed(repository, "--others", "--exclude-standard")
    shutil.rmtree(repository / ".git")

    assert read(repository) == expected
    assert read_project(repository).ignores_env


def test_a_folder_that_the_repository_around_it_ignores_is_read_by_its_own_rules(repository):
    (repository / "made").mkdir()
    (repository / "made/a.txt").write_text("a\n")
    (repository / "made/b.log").write_text("b\n")
    (repository / "made/.gitignore").write_text("*.log\n")
    (repository / ".gitignore").write_text("/made/\n")

    assert read(repository / "made") == [".gitignore", "a.txt"]


def test_a_folder_of_a_repository_is_read_by_the_rules_above_it_too(repository):
    (repository / "made").mkdir()
    (repository / "made/a.txt").write_text("a\n")
    (repository / "made/b.log").write_text("b\n")
    (repository / ".gitignore").write_text("*.log\n")

    assert read(repository / "made") == ["a.txt"]


def test_the_environments_of_python_are_left_out_although_nothing_ignores_them(repository):
    (repository / ".venv").mkdir()
    (repository / ".venv/pyvenv.cfg").write_text("x\n")

    assert ".venv/pyvenv.cfg" not in read(repository)


def test_no_program_of_the_configuration_runs(repository, tmp_path):
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    program.chmod(0o755)
    subprocess.run(["git", "-C", repository, "config", "core.fsmonitor", program], check=True)

    read_project(repository)

    assert not (tmp_path / "ran").exists()


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
