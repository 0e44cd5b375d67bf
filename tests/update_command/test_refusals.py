"""What `modelwright update` refuses: a clear error with its next step, and nothing changed."""

import json
import os
import shutil
import stat
import subprocess

import pytest

from modelwright.adapters.git.merge import require_git
from modelwright.cli.main import main
from tests.platforms import git
from tests.update_command.small import COPIER, FIRST, run, whole

pytestmark = pytest.mark.filterwarnings("ignore")
MORE = FIRST["project/README.md"] + "\n## More\n"


@pytest.fixture
def refused(story, capsys):
    """Run an update that must end with a code, and return its error; nothing may change."""

    def refuse(code, *arguments, project=None):
        project = project or story.project
        before = whole(project) if project.is_dir() else None
        assert run("update", project, "--json", *arguments) == code
        if before is not None:
            assert whole(project) == before
        told = json.loads(capsys.readouterr().out)
        assert told["exit_code"] == code
        assert told["error"]
        assert told["next_step"]
        return f"{told['where']}: {told['error']}; {told['next_step']}"

    return refuse


def update(story):
    main(["update", str(story.project), "--quiet"])
    story.commit()


@pytest.fixture
def newer(story):
    """The template has a newer version."""
    story.release("v1.1.0", {"project/README.md": MORE})


def test_changes_that_are_not_committed(story, newer, refused):
    (story.project / "README.md").write_text("mine\n")

    assert "README.md" in refused(4)


def test_staged_changes(story, newer, refused):
    (story.project / "own.txt").write_text("mine\n")
    git(story.project, "add", "own.txt")

    assert "own.txt" in refused(4)


def test_no_repository(story, newer, refused):
    shutil.rmtree(story.project / ".git")

    assert "git init" in refused(4)


def test_a_repository_without_a_commit(story, newer, refused):
    shutil.rmtree(story.project / ".git")
    git(story.project, "init", "--quiet")

    assert "no commit" in refused(4)


def test_no_such_folder(story, tmp_path, refused):
    assert "nowhere" in refused(3, project=tmp_path / "nowhere")


def test_an_answers_file_that_is_missing(story, newer, refused):
    story.edit({".copier-answers.yml": None})

    assert "modelwright adopt" in refused(3)


def test_the_project_around_a_folder_is_named(story, newer, refused):
    story.edit({"inner/file.txt": "text\n"})

    assert str(story.project) in refused(3, project=story.project / "inner")


@pytest.mark.parametrize(
    "content", [b"name: [", b"\xff\xfe", b"", b"- a\n- b\n", b"<<<<<<< yours\nname: demo\n"]
)
def test_an_answers_file_that_cannot_be_read(story, newer, refused, content):
    story.edit({".copier-answers.yml": content})

    assert ".copier-answers.yml" in refused(3)


def test_answers_without_a_version_or_a_source(story, newer, refused):
    text = (story.project / ".copier-answers.yml").read_text()
    for line in text.splitlines():
        if line.startswith("_"):
            story.edit({".copier-answers.yml": text.replace(f"{line}\n", "")})
            assert line.split(":")[0] in refused(3)


def test_a_version_that_does_not_exist(story, newer, refused):
    text = (story.project / ".copier-answers.yml").read_text()
    story.edit({".copier-answers.yml": text.replace("v1.0.0", "deadbeef")})

    told = refused(3)
    assert "deadbeef" in told
    assert "v1.1.0" in told
    assert "modelwright adopt" in told


def test_a_version_to_go_to_that_does_not_exist(newer, refused):
    told = refused(3, "--to", "v9.9.9")
    assert "v9.9.9" in told
    assert "v1.1.0" in told


def test_a_source_that_moved_is_named_anew(story, newer, refused, tmp_path):
    moved = tmp_path / "elsewhere"
    story.template.rename(moved)

    assert "--source" in refused(3)
    assert run("update", story.project, "--source", moved) == 0
    assert f"_src_path: {moved}" in (story.project / ".copier-answers.yml").read_text()


def test_a_relative_source(story, newer, refused):
    text = (story.project / ".copier-answers.yml").read_text()
    story.edit({".copier-answers.yml": text.replace(str(story.template), "../template")})

    assert "--source" in refused(3)


def test_a_downgrade_that_is_not_named(story, newer, refused, capsys):
    update(story)
    capsys.readouterr()
    git(story.template, "tag", "--delete", "v1.1.0")

    assert "--to v1.0.0" in refused(3)


def test_a_project_of_a_commit_after_the_newest_release(story, refused, tmp_path):
    story.release("not-a-version", {"project/README.md": MORE})
    text = (story.project / ".copier-answers.yml").read_text()
    after = git(story.template, "describe", "--tags", "--match", "v*").strip()
    story.edit({".copier-answers.yml": text.replace("v1.0.0", after)})

    assert "--to v1.0.0" in refused(3)


def test_a_downgrade_that_is_named_is_done(story, newer):
    assert run("update", story.project) == 0
    story.commit()

    assert run("update", story.project, "--to", "v1.0.0") == 0
    assert "## More" not in (story.project / "README.md").read_text()


def test_an_answer_that_a_stricter_rule_refuses(story, refused):
    story.release("v1.1.0", {"copier.yml": COPIER.replace("length < 3", "length < 9")})

    told = refused(3)
    assert "answer name" in told
    assert "choose a longer one" in told
    assert run("update", story.project, "--data", "name=demonstration") == 0


def test_a_choice_that_is_gone(story, refused):
    story.release("v1.1.0", {"copier.yml": COPIER.replace("[small, large]", "[tiny, large]")
                             .replace("default: small", "default: tiny")})  # fmt: skip

    told = refused(3)
    assert "answer size" in told
    assert "tiny" in told
    assert "large" in told


def test_a_new_question_without_an_answer(story, refused):
    story.release("v1.1.0", {"copier.yml": COPIER + "colour: {type: str}\n"})

    assert "--data colour=" in refused(3)
    assert run("update", story.project, "--data", "colour=red") == 0


def test_an_answer_to_no_question(story, newer, refused):
    assert "did you mean name" in refused(3, "--data", "nam=x")


def test_a_file_name_that_windows_cannot_hold(story, refused):
    story.release("v1.1.0", {"project/aux.txt": "text\n"})

    assert "aux.txt" in refused(3)


def test_a_template_that_does_not_render(story, refused):
    story.release("v1.1.0", {"project/README.md": "{{ nothing }}\n"})

    assert "README.md" in refused(3)


def test_another_update_at_the_same_time(story, newer, refused):
    import fcntl

    lock = story.project / ".git/modelwright/lock"
    lock.parent.mkdir()
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert "another process" in refused(4)

    assert run("update", story.project) == 0


def test_another_git_command_at_the_same_time(story, newer, refused):
    (story.project / ".git/index.lock").write_bytes(b"")

    assert "index.lock" in refused(4)


def test_a_git_that_is_too_old(story, newer, refused, tmp_path, monkeypatch):
    old = tmp_path / "bin" / "git"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho git version 2.30.2\n")
    old.chmod(old.stat().st_mode | stat.S_IXUSR)
    before = whole(story.project)
    with monkeypatch.context() as patch:
        patch.setenv("PATH", f"{old.parent}{os.pathsep}{os.environ['PATH']}")
        require_git.cache_clear()
        code = run("update", story.project)
    require_git.cache_clear()

    assert code == 4
    assert whole(story.project) == before


def test_a_full_disk_leaves_everything_as_it_was(story, refused):
    """A file system of 4 MB takes the project and not the new version."""
    place = story.project.parent / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)],
        capture_output=True, check=False,
    )  # fmt: skip
    if mounted.returncode:
        pytest.skip("this machine may not mount a file system")
    try:
        project = story.make(place / "project")
        story.release("v1.1.0", {"project/big.bin": os.urandom(6_000_000)})
        assert "nothing was changed" in refused(4, project=project)
        git(project, "fsck", "--strict")
    finally:
        subprocess.run(["umount", str(place)], check=True)
