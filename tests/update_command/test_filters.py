"""What git stores otherwise than it stands in the work tree arrives in an update."""

import os
import shutil
import subprocess

import pytest

from tests.platforms import git
from tests.update_command.small import FIRST, run

pytestmark = pytest.mark.filterwarnings("ignore")
MORE = FIRST["project/README.md"] + "\n## More\n"
LOGO = b"\x89PNG\0" + bytes(500)


def needs(program):
    """Skip a test by the name of the program that it lacks; in CI that is a failure."""
    if shutil.which(program) is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{program} is not installed")
        pytest.skip(f"needs {program}")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home of the test's own."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("GIT_CONFIG_GLOBAL", raising=False)
    for name, value in (("name", "t"), ("email", "t@example.org")):
        git(home, "config", "--global", f"user.{name}", value)
    return home


@pytest.mark.parametrize("skip", ["", "1"])
def test_git_lfs(story, home, monkeypatch, skip):
    needs("git-lfs")
    git(story.project, "lfs", "install", "--local")
    story.edit({".gitattributes": "*.png filter=lfs diff=lfs merge=lfs -text\n"})
    git(story.project, "add", "--renormalize", ".")
    git(story.project, "commit", "--quiet", "--allow-empty", "--message", "chore: lfs")
    story.release("v1.1.0", {"project/logo.png": LOGO, "project/README.md": MORE})
    monkeypatch.setenv("GIT_LFS_SKIP_SMUDGE", skip)

    assert run("update", story.project) == 0

    git(story.project, "commit", "--quiet", "--message", "chore: update")
    git(story.project, "lfs", "fsck")
    git(story.project, "lfs", "checkout")
    assert (story.project / "logo.png").read_bytes() == LOGO
    assert run("update", "--undo", story.project) == 4


def test_git_lfs_and_back(story, home):
    needs("git-lfs")
    git(story.project, "lfs", "install", "--local")
    story.edit({".gitattributes": "*.png filter=lfs diff=lfs merge=lfs -text\n"})
    git(story.project, "add", "--renormalize", ".")
    git(story.project, "commit", "--quiet", "--allow-empty", "--message", "chore: lfs")
    before = (story.project / "logo.png").read_bytes()
    story.release("v1.1.0", {"project/logo.png": LOGO})
    assert run("update", story.project) == 0
    assert (story.project / "logo.png").read_bytes() == LOGO

    assert run("update", "--undo", story.project) == 0

    assert (story.project / "logo.png").read_bytes() == before
    assert story.staged() == {}


def test_git_crypt(story, home):
    needs("git-crypt")
    subprocess.run(["git-crypt", "init"], cwd=story.project, check=True, capture_output=True)
    story.edit({".gitattributes": "README.md filter=git-crypt diff=git-crypt\n"})
    git(story.project, "add", "--renormalize", ".")
    git(story.project, "commit", "--quiet", "--allow-empty", "--message", "chore: encrypted")
    story.release("v1.1.0", {"project/README.md": MORE})

    assert run("update", story.project) == 0

    assert (story.project / "README.md").read_text().endswith("## More\n")
    shown = ["git", "show", ":README.md"]
    stored = subprocess.run(shown, cwd=story.project, capture_output=True, check=True).stdout
    assert stored.startswith(b"\0GITCRYPT")


def test_attributes_in_the_home(story, home):
    for name, command in (("clean", "grep -v ^OUT"), ("smudge", "cat")):
        git(home, "config", "--global", f"filter.strip.{name}", command)
    (home / ".config/git").mkdir(parents=True)
    (home / ".config/git/attributes").write_text("*.ipynb filter=strip\n")
    cells = "".join(f"cell {n}\nOUT {n}\n" for n in range(6))
    story.release("v1.1.0", {"project/n.ipynb": cells})
    assert run("update", story.project) == 0
    story.commit()
    assert "OUT" not in git(story.project, "show", "HEAD:n.ipynb")
    story.release("v1.2.0", {"project/n.ipynb": cells.replace("cell 3", "cell THREE")})

    assert run("update", story.project) == 0


def test_line_ends_of_an_included_configuration(story, home):
    (home / "windows.cfg").write_text("[core]\n\tautocrlf = true\n")
    place = f"includeIf.gitdir:{story.project}/.path"
    git(home, "config", "--global", place, str(home / "windows.cfg"))
    git(story.project, "rm", "--quiet", "--cached", "-r", ".")
    git(story.project, "reset", "--quiet", "--hard")
    assert b"\r\n" in (story.project / "README.md").read_bytes()
    story.release("v1.1.0", {"project/README.md": MORE})

    assert run("update", story.project) == 0

    assert (story.project / "README.md").read_bytes().endswith(b"## More\r\n")
    assert set(story.staged()) == {".copier-answers.yml", "README.md"}


def test_a_sparse_checkout_without_some_attributes(story):
    story.edit({"big/.gitattributes": "*.x text\n", "big/f.txt": "f\n", "docs/a.md": "a\n"})
    git(story.project, "sparse-checkout", "set", "--cone", "docs")
    story.release("v1.1.0", {"project/README.md": MORE, "project/big/new.txt": "new\n"})

    assert run("update", story.project) == 0

    assert (story.project / "README.md").read_text().endswith("## More\n")
    assert git(story.project, "show", ":big/new.txt") == "new\n"
    assert git(story.project, "show", ":big/f.txt") == "f\n"
    assert not (story.project / "big/f.txt").exists()
    assert run("update", "--undo", story.project) == 0
    assert story.staged() == {}


def test_the_first_error_of_a_filter_is_told(story, home, capsys):
    for name, command in (("clean", "cat"), ("smudge", "echo the key is missing >&2; exit 3")):
        git(story.project, "config", f"filter.locked.{name}", command)
    git(story.project, "config", "filter.locked.required", "true")
    story.edit({".gitattributes": "*.md filter=locked\n"})
    story.release("v1.1.0", {"project/README.md": MORE})

    assert run("update", story.project) == 4

    told = capsys.readouterr().err
    assert "the key is missing" in told
    assert "not uptodate" not in told
    assert story.staged() == {}
