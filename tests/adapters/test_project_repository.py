"""Git says whether a project is clean, and no program of its configuration runs for that."""

import os
import time

import pytest

from modelwright.adapters.git.repository import repository_of
from modelwright.errors import ExternalSystemError
from tests.platforms import git


@pytest.fixture
def project(tmp_path):
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    for name in ("a.txt", "docs/b.txt", "run.sh"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{name}\n")
    (tmp_path / "run.sh").chmod(0o755)
    (tmp_path / "link").symlink_to("a.txt")
    time.sleep(0.01)  # so that no file is as young as the index
    commit(tmp_path)
    return tmp_path


def commit(project):
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--allow-empty", "--message", "chore: keep")


def head(project):
    return git(project, "rev-parse", "HEAD").strip()


def packed(project):
    git(project, "gc", "--quiet")


def detached(project):
    git(project, "checkout", "--quiet", "--detach")


def packed_branch(project):
    git(project, "pack-refs", "--all")


def untracked(project):
    (project / "mine.txt").write_text("mine\n")


@pytest.mark.parametrize("how", [lambda _: None, packed, detached, packed_branch, untracked])
def test_a_clean_project(project, how):
    how(project)

    found = repository_of(project)

    assert (found.head, found.changed) == (head(project), [])


@pytest.mark.parametrize("hashes", ["sha1", "sha256"])
@pytest.mark.parametrize("version", ["2", "3", "4"])
def test_every_form_of_an_index(tmp_path, version, hashes):
    git(tmp_path, "init", "--quiet", f"--object-format={hashes}")
    (tmp_path / "a.txt").write_text("a\n")
    git(tmp_path, "update-index", "--index-version", version)
    commit(tmp_path)

    found = repository_of(tmp_path)

    assert (found.digest, found.changed, list(found.files())) == (hashes, [], ["a.txt"])


def test_a_linked_work_tree(project, tmp_path_factory):
    tree = tmp_path_factory.mktemp("linked") / "tree"
    git(project, "worktree", "add", "--quiet", "-b", "other", str(tree))

    found = repository_of(tree)

    assert (found.head, found.changed) == (head(tree), [])
    assert found.git_dir == project / ".git/worktrees/tree"
    assert found.common_dir == project / ".git"


def test_a_folder_of_a_repository(project):
    found = repository_of(project / "docs")

    assert (found.top, found.prefix, list(found.files())) == (project, "docs/", ["b.txt"])


def edited(project):
    kept = (project / "a.txt").stat()
    (project / "a.txt").write_text("A.txt\n")
    os.utime(project / "a.txt", ns=(kept.st_atime_ns, kept.st_mtime_ns))


def deleted(project):
    (project / "docs/b.txt").unlink()


def made_executable(project):
    (project / "a.txt").chmod(0o755)


def made_a_link(project):
    (project / "a.txt").unlink()
    (project / "a.txt").symlink_to("docs/b.txt")


def made_a_folder(project):
    (project / "a.txt").unlink()
    (project / "a.txt").mkdir()


def staged_and_taken_back(project):
    (project / "a.txt").write_text("other\n")
    git(project, "add", "a.txt")
    (project / "a.txt").write_text("a.txt\n")


def added(project):
    (project / "new.txt").write_text("new\n")
    git(project, "add", "new.txt")


def removed_from_the_index(project):
    git(project, "rm", "--quiet", "--cached", "a.txt")


def without_objects(project):
    name = head(project)
    (project / ".git/objects" / name[:2] / name[2:]).unlink()


def no_commit(project):
    git(project, "checkout", "--quiet", "--orphan", "fresh")


CHANGES = (
    edited, deleted, made_executable, made_a_link, made_a_folder, staged_and_taken_back, added,
    removed_from_the_index,
)  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_seen(project, change):
    change(project)

    found = repository_of(project)

    assert len(found.changed) == 1
    with pytest.raises(ExternalSystemError, match="not committed"):
        found.refuse_dirty()


@pytest.mark.parametrize("change", [no_commit, without_objects])
def test_a_repository_that_git_cannot_read_is_told(project, change):
    change(project)

    with pytest.raises(ExternalSystemError):
        repository_of(project)


def test_an_edit_in_the_moment_of_the_commit_is_seen(project):
    for number in range(10):
        (project / "a.txt").write_text(f"{number} first\n")
        commit(project)
        (project / "a.txt").write_text(f"{number} other\n")

        assert repository_of(project).changed == ["a.txt"]


def program(folder):
    """Return a program that leaves a file where it ran."""
    place = folder / "program"
    place.write_text(f"#!/bin/sh\ntouch '{folder}/ran'\ncat\n")
    place.chmod(0o755)
    return place


def test_no_file_monitor_and_no_hook_of_a_repository_runs(project, tmp_path_factory):
    folder = tmp_path_factory.mktemp("programs")
    git(project, "config", "core.fsmonitor", str(program(folder)))
    git(project, "config", "core.hooksPath", str(folder))
    program(folder).rename(folder / "post-index-change")

    assert repository_of(project).changed == []
    assert not (folder / "ran").exists()


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root, to make another's files"
)
@pytest.mark.parametrize("what", ["all", ".git"])
def test_nothing_runs_in_a_repository_of_another_user(project, tmp_path_factory, what):
    folder = tmp_path_factory.mktemp("programs")
    (project / ".gitattributes").write_text("* filter=theirs\n")
    commit(project)
    git(project, "config", "filter.theirs.clean", str(program(folder)))
    (project / "a.txt").touch()
    for place in (project, *project.rglob("*")):
        if what == "all" or ".git" in place.parts:
            os.chown(place, 65534, 65534, follow_symlinks=False)

    with pytest.raises(ExternalSystemError, match="another user") as raised:
        repository_of(project)

    assert "safe.directory" in raised.value.next_step
    assert not (folder / "ran").exists()
