"""`update --undo` takes back what the update wrote, and nothing that anybody did since."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.platforms import git
from tests.update_command.small import FIRST, Story, disturbed, run, started, whole

pytestmark = pytest.mark.filterwarnings("ignore")
MORE = FIRST["project/README.md"] + "\n## More\n"
NEWER = {"project/README.md": MORE, "project/new/deep.txt": "new\n", "project/old.txt": None}


@pytest.fixture
def newer(story):
    story.release("v1.1.0", NEWER)


def test_everything_is_as_it_was(story, newer):
    (story.project / "loose.txt").write_text("loose\n")
    before = whole(story.project)
    assert run("update", story.project) == 0

    assert run("update", "--undo", story.project) == 0

    assert whole(story.project) == before
    assert not (story.project / "new").exists()


@pytest.mark.parametrize("inside", ["", "docs", "docs/deep"])
def test_from_any_folder_of_the_project(story, newer, monkeypatch, inside):
    story.edit({"docs/deep/mine.md": "mine\n"})
    before = whole(story.project)
    assert run("update", story.project) == 0
    monkeypatch.chdir(story.project / inside)

    assert run("update", "--undo") == 0

    assert whole(story.project) == before


def test_a_conflict_is_taken_back_too(story):
    story.edit({"README.md": FIRST["project/README.md"].replace("line 3\n", "mine\n")})
    story.release("v1.1.0", {"project/README.md": MORE.replace("line 3\n", "theirs\n")})
    before = whole(story.project)
    assert run("update", story.project) == 1

    assert run("update", "--undo", story.project) == 0

    assert whole(story.project) == before


def test_a_file_in_a_folders_place_and_a_folder_in_a_files(story):
    story.release("v1.1.0", {"project/tools/a.txt": "a\n", "project/tools/b.txt": "b\n"})
    assert run("update", story.project) == 0
    story.commit()
    gone = ("project/tools/a.txt", "project/tools/b.txt", "project/old.txt")
    story.release("v1.2.0", dict.fromkeys(gone))
    (story.template / "project/tools").rmdir()
    story.release("v1.3.0", {"project/tools": "a file\n", "project/old.txt/in.txt": "in\n"})
    before = whole(story.project)

    assert run("update", story.project) == 0
    assert (story.project / "tools").read_text() == "a file\n"
    assert (story.project / "old.txt/in.txt").read_text() == "in\n"

    assert run("update", "--undo", story.project) == 0
    assert whole(story.project) == before


def test_a_rename_on_both_sides(story):
    git(story.project, "mv", "old.txt", "mine.txt")
    story.commit()
    story.release(
        "v1.1.0", {"project/old.txt": None, "project/theirs.txt": FIRST["project/old.txt"]}
    )
    before = whole(story.project)
    assert run("update", story.project) == 1

    assert run("update", "--undo", story.project) == 0

    assert whole(story.project) == before


def test_later_edits_are_kept_and_named(story, newer, capsys):
    assert run("update", story.project) == 0
    edited = (story.project / "README.md").read_text() + "written after the update\n"
    (story.project / "README.md").write_text(edited)

    assert run("update", "--undo", story.project) == 1

    assert (story.project / "README.md").read_text() == edited
    assert "README.md: you changed it since" in capsys.readouterr().out
    assert (story.project / "old.txt").exists()
    assert story.staged() == {"README.md": " M"}


def test_what_was_staged_later_is_kept(story, newer):
    assert run("update", story.project) == 0
    updated = (story.project / "README.md").read_text()
    (story.project / "README.md").write_text("staged\n")
    git(story.project, "add", "README.md")
    (story.project / "README.md").write_text(updated)

    assert run("update", "--undo", story.project) == 1

    assert git(story.project, "show", ":README.md") == "staged\n"


def test_a_file_in_a_new_folder_is_kept(story, newer):
    assert run("update", story.project) == 0
    (story.project / "new/mine.txt").write_text("mine\n")

    assert run("update", "--undo", story.project) == 0

    assert (story.project / "new/mine.txt").read_text() == "mine\n"
    assert not (story.project / "new/deep.txt").exists()


def test_after_a_commit_there_is_nothing_to_take_back(story, newer, capsys):
    assert run("update", story.project) == 0
    story.commit()
    before = whole(story.project)

    assert run("update", "--undo", story.project) == 4

    assert whole(story.project) == before
    assert "git revert" in capsys.readouterr().err


def test_without_an_update_there_is_nothing_to_take_back(story, newer, capsys):
    assert run("update", "--undo", story.project) == 4
    assert "no update here" in capsys.readouterr().err


def test_twice_is_once(story, newer):
    assert run("update", story.project) == 0
    assert run("update", "--undo", story.project) == 0
    before = whole(story.project)

    assert run("update", "--undo", story.project) == 4
    assert whole(story.project) == before


def test_an_update_after_it_is_as_the_first_one(story, newer):
    assert run("update", story.project) == 0
    updated = whole(story.project)
    assert run("update", "--undo", story.project) == 0

    assert run("update", story.project) == 0

    assert whole(story.project) == updated


@pytest.fixture
def monorepo(tmp_path):
    """Two projects of one template in one repository, with work in progress beside them."""
    story = Story(tmp_path)
    root = tmp_path / "mono repo"
    root.mkdir()
    git(root, "init", "--quiet", "--initial-branch", "main")
    (root / "lib.py").write_text("lib\n")
    for name in ("a", "b"):
        story.make(root / "svc" / name)
    story.release("v1.1.0", NEWER)
    (root / "lib.py").write_text("work in progress\n")
    (root / "staged.py").write_text("staged\n")
    git(root, "add", "staged.py")
    return root


def test_in_a_monorepo_the_other_folders_are_left_alone(monorepo):
    before = whole(monorepo)
    assert run("update", monorepo / "svc/a") == 0

    assert run("update", "--undo", monorepo / "svc/a") == 0

    assert whole(monorepo) == before


def test_each_project_of_a_monorepo_has_its_own(monorepo):
    first = whole(monorepo)
    assert run("update", monorepo / "svc/a") == 0
    second = whole(monorepo)
    assert run("update", monorepo / "svc/b") == 0

    assert run("update", "--undo", monorepo / "svc/b") == 0
    assert whole(monorepo) == second
    assert run("update", "--undo", monorepo / "svc/a") == 0
    assert whole(monorepo) == first


def test_from_the_root_of_a_monorepo_the_projects_are_named(monorepo, capsys):
    assert run("update", monorepo / "svc/a") == 0

    assert run("update", "--undo", monorepo) == 4

    assert f"--undo '{monorepo / 'svc/a'}'" in capsys.readouterr().err


def test_the_printed_command_works_in_any_folder(monorepo, tmp_path):
    before = whole(monorepo)
    program = Path(sys.executable).with_name("modelwright")
    linked = tmp_path / "elsewhere" / "modelwright"
    linked.parent.mkdir()
    linked.symlink_to(program)
    command = [linked, "update", monorepo / "svc/a"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    printed = said.partition("take it all back: ")[2].strip()

    subprocess.run(printed, shell=True, cwd=tmp_path, check=True, capture_output=True)

    assert printed.endswith(f"update --undo '{monorepo / 'svc/a'}'")
    assert whole(monorepo) == before


def test_a_killed_update_is_taken_back(story, newer, tmp_path):
    before = whole(story.project)
    env = disturbed(tmp_path, "--refresh", "kill -9 $PPID; exit 9")
    assert started("update", story.project, env=env).returncode < 0
    assert whole(story.project) != before

    assert run("update", "--undo", story.project) == 0

    assert whole(story.project) == before
    assert not (story.project / ".git/index.lock").exists()
