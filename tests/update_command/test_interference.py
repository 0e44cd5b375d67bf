"""Whatever comes between an update's plan and its first write stops it before it writes.

The nightly profile tries every signal and moment.
"""

import os
import shlex
import signal
import subprocess
import sys
import time

import pytest
from hypothesis import settings

from tests.platforms import git
from tests.update_command.small import FIRST, disturbed, run, started, whole

pytestmark = pytest.mark.filterwarnings("ignore")
README = FIRST["project/README.md"].replace("{{ name }}", "demo")
MORE = FIRST["project/README.md"] + "\n## More\n"
NEWER = {"project/README.md": MORE, "project/new/deep.txt": "new\n", "project/old.txt": None}
BEFORE_WRITING = "read-tree -m"
NIGHTLY = settings.get_current_profile_name() == "nightly"
MOMENTS = [BEFORE_WRITING, "rev-parse HEAD"] if NIGHTLY else [BEFORE_WRITING]
SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] if NIGHTLY else ["SIGTERM"]


@pytest.fixture
def newer(story):
    story.release("v1.1.0", NEWER)


def untouched_but(project, path, content):
    """Check that only one file of a project is another, and nothing of the update is there."""
    assert (project / path).read_bytes() == content
    assert not (project / "new").exists()
    assert "v1.0.0" in (project / ".copier-answers.yml").read_text()
    left = {place.name for place in (project / ".git").rglob("*")}
    assert not left & {"index.lock", "update.json", "kept", "placed"}


@pytest.mark.parametrize("path", ["README.md", "old.txt", ".copier-answers.yml"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_file_is_saved_while_the_update_runs(story, newer, tmp_path, path, moment):
    place = shlex.quote(str(story.project / path))
    env = disturbed(tmp_path, moment, f"echo '# saved by an editor' >> {place}")
    expected = (story.project / path).read_bytes() + b"# saved by an editor\n"

    ended = started("update", story.project, env=env)

    assert ended.returncode == 4, ended.stdout
    assert path in ended.stderr
    assert "nothing was changed" in ended.stderr
    untouched_but(story.project, path, expected)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_file_is_saved_with_the_size_and_time_that_it_had(story, newer, tmp_path, moment):
    place = shlex.quote(str(story.project / "README.md"))
    disturbance = (
        f"touch -r {place} stamp; sed -i 's/line 3/LINE 3/' {place}; touch -r stamp {place}"
    )
    env = disturbed(tmp_path, moment, disturbance)

    assert started("update", story.project, env=env).returncode == 4

    untouched_but(story.project, "README.md", README.replace("line 3", "LINE 3").encode())


def test_a_file_comes_where_the_update_puts_one(story, newer, tmp_path):
    place = shlex.quote(str(story.project / "new"))
    env = disturbed(tmp_path, BEFORE_WRITING, f"mkdir {place}; echo mine > {place}/deep.txt")

    assert started("update", story.project, env=env).returncode == 4

    assert (story.project / "new/deep.txt").read_text() == "mine\n"
    assert (story.project / "README.md").read_text() == README
    assert story.staged() == {"new/": "??"}


def test_a_link_comes_where_the_update_puts_a_folder(story, newer, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    place = shlex.quote(str(story.project / "new"))
    env = disturbed(tmp_path, BEFORE_WRITING, f"ln -s {outside} {place}")

    assert started("update", story.project, env=env).returncode == 4

    assert list(outside.iterdir()) == []
    assert story.staged() == {"new": "??"}


def test_a_commit_is_made_while_the_update_runs(story, newer, tmp_path):
    project = shlex.quote(str(story.project))
    disturbance = f"git -C {project} commit --quiet --allow-empty --message other"
    env = disturbed(tmp_path, "ls-tree -r", disturbance)

    ended = started("update", story.project, env=env)

    assert ended.returncode == 4
    assert "commit" in ended.stderr
    assert story.staged() == {}


def test_something_is_staged_while_the_update_runs(story, newer, tmp_path):
    project = shlex.quote(str(story.project))
    staged = "cp README.md kept; echo x >> README.md; git add README.md; mv kept README.md"
    env = disturbed(tmp_path, "ls-tree -r", f"cd {project}; {staged}")

    assert started("update", story.project, env=env).returncode == 4

    assert git(story.project, "show", ":README.md").endswith("x\n")
    assert (story.project / "README.md").read_text() == README


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
@pytest.mark.parametrize("option", [[], ["--dry-run"]])
def test_a_change_that_is_hidden_from_git(story, newer, flag, option, capsys):
    git(story.project, "update-index", flag, "README.md")
    (story.project / "README.md").write_text("hidden\n")

    assert run("update", story.project, *option) == 4

    assert "README.md" in capsys.readouterr().err
    untouched_but(story.project, "README.md", b"hidden\n")


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_a_hidden_file_that_is_not_changed_is_updated(story, newer, flag):
    git(story.project, "update-index", flag, "README.md")

    assert run("update", story.project) == 0

    assert (story.project / "README.md").read_text().endswith("## More\n")


def test_a_hidden_change_that_the_update_does_not_touch_stays(story, newer):
    git(story.project, "update-index", "--skip-worktree", "app.py")
    (story.project / "app.py").write_text("hidden\n")

    assert run("update", story.project) == 0

    assert (story.project / "app.py").read_text() == "hidden\n"


def test_an_editor_that_holds_a_file_open_writes_after_it_was_replaced(story, newer, tmp_path):
    place = story.project / "README.md"
    program = f"""
import subprocess, sys
held = open({str(place)!r}, "a")
import modelwright.adapters.worktree.apply as applying
refresh = applying.refresh_index
def late(*arguments):
    held.write("saved late\\n"); held.flush()
    refresh(*arguments)
applying.refresh_index = late
from modelwright.cli.main import main
sys.exit(main(["update", {str(story.project)!r}]))
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert ended.returncode == 4, ended.stdout + ended.stderr
    untouched_but(story.project, "README.md", (README + "saved late\n").encode())


@pytest.mark.parametrize("name", SIGNALS)
def test_a_signal_before_the_first_write_changes_nothing(story, newer, tmp_path, name):
    before = whole(story.project)
    env = disturbed(tmp_path, BEFORE_WRITING, f"kill -{name[3:]} $PPID; sleep 0.2")

    ended = started("update", story.project, env=env)

    assert ended.returncode == 130
    assert "nothing was changed" in ended.stderr
    assert whole(story.project) == before
    assert not (story.project / ".git/index.lock").exists()


@pytest.mark.parametrize("name", SIGNALS)
def test_a_signal_while_files_are_exchanged_comes_too_late(story, newer, tmp_path, name):
    env = disturbed(tmp_path, "update-index -q --refresh", f"kill -{name[3:]} $PPID; sleep 0.2")

    ended = started("update", story.project, env=env)

    assert ended.returncode == 0, ended.stderr
    assert (story.project / "README.md").read_text().endswith("## More\n")
    assert run("update", story.project) == 0 or story.staged()


def test_another_git_holds_the_index(story, newer, capsys):
    lock = story.project / ".git/index.lock"
    lock.touch()
    before = whole(story.project)

    assert run("update", story.project) == 4

    assert str(lock) in capsys.readouterr().err
    assert whole(story.project) == before
    assert lock.exists()


@pytest.mark.parametrize("moment", [BEFORE_WRITING, "update-index -q --refresh"])
def test_no_temporary_folder_stays_behind(story, newer, tmp_path, moment):
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    story.edit({"README.md": README.replace("line 3\n", "mine\n")})
    env = {**disturbed(tmp_path, moment, "kill -9 $PPID; exit 9"), "TMPDIR": str(temporary)}
    assert started("update", story.project, env=env).returncode == -signal.SIGKILL

    ended = started("update", story.project, env=env)

    assert ended.returncode == 0, ended.stderr
    assert list(temporary.iterdir()) == []
    assert {path.name for path in (story.project / ".git/modelwright").iterdir()} <= {
        "lock", "mark", "done",
    }  # fmt: skip


def killed(project, tmp_path, moment=BEFORE_WRITING):
    env = disturbed(tmp_path, moment, "kill -9 $PPID; exit 9")
    assert started("update", project, env=env).returncode == -signal.SIGKILL
    time.sleep(0.05)


def test_what_is_written_after_a_kill_is_a_conflict(story, newer, tmp_path, capsys):
    killed(story.project, tmp_path)
    (story.project / "README.md").write_text("written after the kill\n")

    assert run("update", story.project) == 1

    assert (story.project / "README.md").read_text().endswith("## More\n")
    assert (story.project / "README.md.yours").read_text() == "written after the kill\n"
    assert "README.md.yours" in capsys.readouterr().out


@pytest.mark.parametrize("moment", [BEFORE_WRITING, "update-index -q --refresh"])
def test_after_a_kill_and_a_collection_of_garbage_there_is_a_way_out(
    story, newer, tmp_path, moment
):
    killed(story.project, tmp_path, moment)
    lock = story.project / ".git/index.lock"
    lock.unlink()
    git(story.project, "gc", "--quiet", "--prune=now")

    assert run("update", story.project) == 0

    assert (story.project / "README.md").read_text().endswith("## More\n")
    assert set(story.staged()) == {".copier-answers.yml", "README.md", "new/deep.txt", "old.txt"}


def test_a_killed_update_of_another_project_is_finished_and_the_own_one_is_done(tmp_path, capsys):
    from tests.update_command.small import Story

    story = Story(tmp_path)
    root = tmp_path / "mono"
    root.mkdir()
    git(root, "init", "--quiet")
    for name in ("a", "b"):
        story.make(root / "svc" / name)
    story.release("v1.1.0", NEWER)
    killed(root / "svc/a", tmp_path, "update-index -q --refresh")

    assert run("update", root / "svc/b") == 0

    assert "svc/a" in capsys.readouterr().err
    for name in ("a", "b"):
        assert (root / "svc" / name / "README.md").read_text().endswith("## More\n")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")
def test_a_disk_that_is_full_is_told_by_gits_first_words(story, tmp_path):
    story.release("v1.1.0", {**NEWER, "project/large.bin": os.urandom(3_000_000)})
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a file system cannot be mounted here")
    try:
        project = disk / "project"
        subprocess.run(["cp", "-a", story.project, project], check=True)
        git(project, "update-index", "--refresh")
        before = whole(project)

        ended = started("update", project, env=os.environ)

        assert ended.returncode == 4
        assert "No space left" in ended.stderr
        assert whole(project) == before
    finally:
        subprocess.run(["umount", "-l", disk], check=True)
