"""Where a project may stand: any work tree that git knows, and none of it is in an update's way."""

import pytest

from tests.platforms import git
from tests.update_command.small import FIRST, Story, run

pytestmark = pytest.mark.filterwarnings("ignore")
MORE = FIRST["project/README.md"] + "\n## More\n"


@pytest.fixture
def newer(story):
    story.release("v1.1.0", {"project/README.md": MORE, "project/new.txt": "new\n"})


def updated(project):
    return (project / "README.md").read_text().endswith("## More\n")


def test_a_detached_head(story, newer):
    git(story.project, "checkout", "--quiet", "--detach")

    assert run("update", story.project) == 0
    assert updated(story.project)


def test_a_shallow_clone(story, newer, tmp_path):
    story.edit({"own.txt": "mine\n"})
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{story.project}", str(clone))

    assert run("update", clone) == 0
    assert updated(clone)


def test_a_linked_work_tree(story, newer, tmp_path):
    tree = tmp_path / "tree"
    git(story.project, "worktree", "add", "--quiet", "-b", "other", str(tree))

    assert run("update", tree) == 0
    assert updated(tree)
    assert not updated(story.project)
    assert story.staged() == {}


def test_a_submodule_of_hers(story, newer, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "--quiet")
    git(other, "commit", "--quiet", "--allow-empty", "--message", "chore: first")
    git(story.project, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add",
        str(other), "vendored")  # fmt: skip
    story.commit()

    assert run("update", story.project) == 0
    assert updated(story.project)
    assert "vendored" not in story.staged()


def test_a_project_in_a_folder_of_a_larger_repository(tmp_path):
    story = Story(tmp_path)
    whole = tmp_path / "whole"
    whole.mkdir()
    git(whole, "init", "--quiet")
    (whole / "other.txt").write_text("other\n")
    project = story.make(whole / "teams" / "one")
    (whole / "other.txt").write_text("changed, not committed\n")
    (project / "app.py").write_text("mine = 1\n" + FIRST["project/app.py"])
    git(project, "add", "app.py")
    git(project, "commit", "--quiet", "--message", "feat: mine")
    story.release(
        "v1.1.0",
        {"project/README.md": MORE, "project/app.py": FIRST["project/app.py"] + "last = 1\n"},
    )

    assert run("update", project) == 0

    assert updated(project)
    text = (project / "app.py").read_text()
    assert text.startswith("mine = 1\n")
    assert text.endswith("last = 1\n")
    assert (whole / "other.txt").read_text() == "changed, not committed\n"


def test_a_project_inside_another_project(story):
    inner = story.make(story.project / "inner")
    story.release("v1.1.0", {"project/README.md": MORE})

    assert run("update", inner) == 0

    assert updated(inner)
    assert not updated(story.project)


@pytest.mark.parametrize("how", ["attributes", "configuration"])
def test_line_ends_that_git_converts(story, how):
    if how == "attributes":
        story.edit({".gitattributes": "*.md text eol=crlf\n"})
    else:
        git(story.project, "config", "core.autocrlf", "true")
    git(story.project, "rm", "--quiet", "--cached", "-r", ".")
    git(story.project, "reset", "--quiet", "--hard")
    assert b"\r\n" in (story.project / "README.md").read_bytes()
    story.release("v1.1.0", {"project/README.md": MORE})

    assert run("update", story.project) == 0

    assert (story.project / "README.md").read_bytes().endswith(b"## More\r\n")
    assert set(story.staged()) == {".copier-answers.yml", "README.md"}


@pytest.mark.parametrize("where", [".gitattributes", ".git/info/attributes"])
def test_attributes_that_stand_above_the_project_or_in_the_git_directory(tmp_path, where):
    story = Story(tmp_path)
    whole = tmp_path / "whole"
    whole.mkdir()
    git(whole, "init", "--quiet")
    for name in ("clean", "smudge"):
        git(whole, "config", f"filter.swap.{name}", "tr el le")
    (whole / where).write_text("README.md filter=swap\n*.py merge=union\n")
    project = story.make(whole / "teams" / "one")
    (project / "app.py").write_text(FIRST["project/app.py"] + "mine = 1\n")
    story.commit(project)
    changed = {"project/README.md": MORE, "project/app.py": FIRST["project/app.py"] + "new = 1\n"}
    story.release("v1.1.0", changed)

    assert run("update", project) == 0

    assert (project / "README.md").read_text() == MORE.replace("{{ name }}", "demo")
    assert (project / "app.py").read_text().endswith("mine = 1\nnew = 1\n")


def test_an_untracked_file_where_the_template_needs_a_folder(story):
    (story.project / "tools").write_text("mine\n")
    story.release("v1.1.0", {"project/tools/new.txt": "new\n", "project/README.md": MORE})

    assert run("update", story.project) == 1

    assert updated(story.project)
    assert (story.project / "tools").read_text() == "mine\n"
    assert (story.project / "tools.template").read_text() == "new\n"


def test_a_repository_that_names_its_objects_by_sha256(story, newer, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "--quiet", "--object-format=sha256")
    project = story.make(other / "project", name="other")
    (project / "app.py").write_text("mine = 1\n" + FIRST["project/app.py"])
    story.commit(project)
    story.release("v1.2.0", {"project/app.py": FIRST["project/app.py"] + "last = 1\n"})

    assert run("update", project) == 0

    assert "mine = 1" in (project / "app.py").read_text()
    assert "last = 1" in (project / "app.py").read_text()


def test_names_that_are_no_ascii_and_files_that_are_no_utf8(story):
    story.edit({"naïve ☃.txt": "mine\n", "bytes.txt": b"\xff\xfe mine\n"})
    story.release("v1.1.0", {"project/naïve dir/x.txt": "new\n", "project/old.txt": None,
                             "project/moved é.txt": FIRST["project/old.txt"]})  # fmt: skip

    assert run("update", story.project) == 0

    assert (story.project / "moved é.txt").exists()
    assert (story.project / "naïve ☃.txt").read_text() == "mine\n"
