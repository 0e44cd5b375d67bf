"""What is called clean without git is clean for git; the rest is left to it."""

import os
import time

import pytest

from modelwright.adapters.git_clean import clean_head
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


def told(project):
    return clean_head(project, project / ".git", project / ".git")


def head(project):
    return git(project, "rev-parse", "HEAD").strip()


def packed(project):
    commit(project)
    git(project, "gc", "--quiet")


def detached(project):
    git(project, "checkout", "--quiet", "--detach")


def packed_branch(project):
    git(project, "pack-refs", "--all")


def untracked(project):
    (project / "mine.txt").write_text("mine\n")


@pytest.mark.parametrize("how", [lambda _: None, packed, detached, packed_branch, untracked])
def test_a_clean_project_is_known_without_git(project, how):
    how(project)

    assert told(project) == head(project)


def test_a_linked_work_tree_is_known(project, tmp_path_factory):
    tree = tmp_path_factory.mktemp("linked") / "tree"
    git(project, "worktree", "add", "--quiet", "-b", "other", str(tree))

    found = clean_head(tree, project / ".git/worktrees/tree", project / ".git")

    assert found in {head(tree), None}  # None where a link is as young as the index


def edited(project):
    kept = (project / "a.txt").stat()
    (project / "a.txt").write_text("A.txt\n")
    os.utime(project / "a.txt", ns=(kept.st_atime_ns, kept.st_mtime_ns))


def touched(project):
    (project / "a.txt").touch()


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


def another_commit_by_hand(project):
    git(project, "commit", "--quiet", "--allow-empty", "--message", "feat: other")
    tree = git(project, "hash-object", "-t", "tree", "-w", "/dev/null").strip()
    other = git(project, "commit-tree", "-m", "chore: empty", tree).strip()
    git(project, "update-ref", "HEAD", other)


def no_commit(project):
    git(project, "checkout", "--quiet", "--orphan", "fresh")


def another_work_tree(project):
    git(project, "config", "core.worktree", str(project))


def without_objects(project):
    commit(project)
    name = head(project)
    (project / ".git/objects" / name[:2] / name[2:]).unlink()


CHANGES = (
    edited, touched, deleted, made_executable, made_a_link, made_a_folder, staged_and_taken_back,
    added, removed_from_the_index, another_commit_by_hand, no_commit, another_work_tree,
    without_objects,
)  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_is_changed_is_left_to_git(project, change):
    change(project)

    assert told(project) is None


def test_an_edit_in_the_moment_of_the_commit_is_seen(project):
    for number in range(10):
        (project / "a.txt").write_text(f"{number} first\n")
        commit(project)
        (project / "a.txt").write_text(f"{number} other\n")

        assert told(project) is None


def test_a_filter_may_stand_between_a_young_file_and_its_content(project):
    (project / ".gitattributes").write_text("*.txt filter=none\n")
    os.utime(project / ".gitattributes", ns=(0, 0))
    later = time.time_ns() + 10**12
    os.utime(project / "a.txt", ns=(later, later))
    commit(project)

    assert told(project) is None
