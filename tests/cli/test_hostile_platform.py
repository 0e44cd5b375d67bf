"""What a platform that means harm may write and read: its own files, below the new project."""

import os
import subprocess

import pytest

from tests.platforms import platform_copy, release

PLACE = "templates/online-serving/{{ cookiecutter.repo_name }}"


@pytest.fixture
def hostile(tmp_path, monkeypatch):
    """A platform to be changed."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return platform_copy(tmp_path / "platform")


def named(path):
    """Return a file name that renders to a path."""
    return "{{ '" + path.replace("\\", "\\x5c").replace("/", "\\x2f") + "' }}"


def everything(folder):
    """Return every file and link outside the platform, with its content."""
    return {
        str(path): path.read_bytes() if path.is_file() else b""
        for path in folder.rglob("*")
        if folder / "platform" not in path.parents and folder / "cache" not in path.parents
        if not path.is_dir() or path.is_symlink()
    }


@pytest.mark.parametrize("way", ["folder", "url"])
@pytest.mark.parametrize(
    "path",
    [
        *("../../escaped.txt", "{tmp}/home/.bashrc", ".git/hooks/pre-commit", ".GIT/config"),
        *("sub/.g\u200cit/config", "git~1/config", "C:\\x", "aux.txt", "a/b:stream", "x. "),
    ],
)
def test_a_file_outside_of_the_project_or_in_git_is_refused(hostile, make, tmp_path, path, way):
    (tmp_path / "home").mkdir()
    (tmp_path / "home/.bashrc").write_text("# hers\n")
    (hostile / PLACE / named(path.format(tmp=tmp_path))).write_text("evil\n")
    where = hostile
    if way == "url":
        release(hostile, "v9.0.0")
        where = f"file://{hostile}@v9.0.0"
    before = everything(tmp_path)

    ran = make("--into=into", "--platform", where)

    assert ran.code == 3, ran.err
    assert "next: " in ran.err
    assert everything(tmp_path) == before


@pytest.mark.parametrize("way", ["folder", "url"])
@pytest.mark.parametrize(
    "reading",
    [
        "{% include '{tmp}/secret' %}",
        "{% include '../secret' %}",
        "{% include 'templates/../../secret' %}",
        "{% import '../secret' as x %}{{ x }}",
        ("link", "{tmp}/secret"),
        ("link", "../../../../secret"),
        ("link", "templates-link"),
    ],
)
def test_nothing_outside_the_platform_is_read(hostile, make, tmp_path, reading, way):
    (tmp_path / "secret").write_text("TOPSECRET\n")
    (hostile / PLACE / "templates-link").symlink_to(tmp_path / "secret")
    place = hostile / PLACE / "read.txt"
    if isinstance(reading, tuple):
        place.symlink_to(reading[1].replace("{tmp}", str(tmp_path)))
    else:
        (hostile / PLACE / "templates-link").unlink()
        place.write_text(reading.replace("{tmp}", str(tmp_path)))
    where = hostile
    if way == "url":
        release(hostile, "v9.0.0")
        where = f"file://{hostile}@v9.0.0"

    ran = make("--into=into", "--platform", where)

    assert ran.code == 3, ran.err
    assert "TOPSECRET" not in ran.err
    assert not (tmp_path / "into").exists()


@pytest.mark.parametrize("name", ["platform.yml", "copier.yml", "templates/_shared/policy.json"])
def test_a_file_of_the_platform_itself_may_be_no_link_out_of_it(hostile, make, tmp_path, name):
    (hostile / name).rename(tmp_path / "secret")
    (hostile / name).symlink_to(tmp_path / "secret")

    assert make("--into=into", "--platform", hostile).code == 3


def test_a_pipe_in_a_platforms_folder_is_not_waited_for(hostile, make):
    os.mkfifo(hostile / PLACE / "pipe")

    assert make("--into=into", "--platform", hostile).code == 3


@pytest.mark.parametrize(
    "text",
    [
        *("{{ 1 / 0 }}", "{{ 'a' + 1 }}", "{{ [].pop() }}", "{% for x in 3 %}{% endfor %}"),
        *("{{ cookiecutter.nothing }}", "{{ 'x' | nothing }}", "{% if %}", "{{ ().__class__ }}"),
        *("{{ '{:999999999999d}'.format(1) }}", "{{ 'a' | regex_search('(') }}"),
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    ],
)
@pytest.mark.parametrize("where", ["file", "name"])
def test_a_template_that_fails_is_refused_and_is_no_fault_of_ours(hostile, make, text, where):
    text = text.replace("1 / 0", "1 % 0")
    place = hostile / PLACE / ("broken.txt" if where == "file" else text)
    place.write_text(text if where == "file" else "x")

    ran = make("--into=into", "--platform", hostile)

    assert ran.code == 3, ran.err
    assert "next: " in ran.err


def test_a_project_of_a_harmless_platform_is_made(hostile, make, tmp_path):
    (hostile / PLACE / "shared.txt").symlink_to("README.md")

    assert make("--into=into", "--platform", hostile).code == 0
    (project,) = (tmp_path / "into").iterdir()
    assert (project / "shared.txt").read_text() == (project / "README.md").read_text()
    assert not subprocess.run(
        ["git", "rev-parse", "--git-dir"], cwd=project, capture_output=True, check=False
    ).stdout
