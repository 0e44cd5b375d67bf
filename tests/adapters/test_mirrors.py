"""Mirrors of template repositories: fetched once, safe for many, useful without a network."""

import socket
import subprocess
import sys
import threading
import time

import pytest

from modelwright.adapters.git import commands as adapter
from modelwright.adapters.sources.histories import history_of
from modelwright.adapters.sources.mirrors import cached_mirror
from modelwright.adapters.sources.platforms import locate_platform
from modelwright.errors import ExternalSystemError
from tests.platforms import git, platform_copy, release


@pytest.fixture(autouse=True)
def _fresh(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(params=["sha1", "sha256"])
def upstream(tmp_path, request):
    folder = tmp_path / "upstream"
    folder.mkdir()
    git(folder, "init", "--quiet", f"--object-format={request.param}")
    step(folder, "v1.0.0")
    return folder


def step(folder, tag):
    (folder / "file").write_text(tag)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", f"chore: release {tag}")
    git(folder, "tag", tag)


def url(folder):
    return f"file://{folder}"


def read(folder, version, **options):
    return history_of(url(folder), **options).tree(version).read("file").decode()


def versions(folder):
    return [release.version for release in history_of(url(folder)).releases]


@pytest.fixture
def git_commands(tmp_path, monkeypatch):
    log = tmp_path / "trace"
    monkeypatch.setenv("GIT_TRACE", str(log))

    def ran():
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        words = [line.partition("built-in: git ")[2].split() for line in lines]
        return [words_[0] for words_ in words if words_]

    return ran


def test_a_mirror_follows_what_is_released(upstream):
    assert versions(upstream) == ["v1.0.0"]
    step(upstream, "v1.1.0")

    assert versions(upstream) == ["v1.0.0", "v1.1.0"]
    assert read(upstream, "v1.0.0") == "v1.0.0"
    assert read(upstream, "v1.1.0") == read(upstream, "main") == "v1.1.0"


def test_with_nothing_new_the_url_is_asked_once_and_nothing_is_fetched(upstream, git_commands):
    versions(upstream)
    git_commands()

    versions(upstream)

    ran = git_commands()
    assert "fetch" not in ran
    assert ran.count("ls-remote") == 1


def test_tags_that_moved_or_vanished_do_so_here(upstream):
    step(upstream, "v1.1.0")
    assert versions(upstream) == ["v1.0.0", "v1.1.0"]
    git(upstream, "tag", "--delete", "v1.1.0")
    git(upstream, "branch", "topic")
    step(upstream, "v1.2.0")
    git(upstream, "tag", "--force", "v1.0.0")
    assert versions(upstream) == ["v1.0.0", "v1.2.0"]
    assert read(upstream, "v1.0.0") == "v1.2.0"
    git(upstream, "branch", "--delete", "topic")
    git(upstream, "branch", "topic/deeper")

    assert read(upstream, "topic/deeper") == "v1.2.0"


def test_only_branches_and_tags_are_fetched(upstream):
    git(upstream, "update-ref", "refs/pull/1/head", "HEAD")
    git(upstream, "notes", "add", "--message", "note", "HEAD")

    folder = history_of(url(upstream)).folder()

    assert set(git(folder, "for-each-ref", "--format=%(refname)").split()) == {
        "refs/heads/main",
        "refs/tags/v1.0.0",
    }


def test_a_template_without_releases_is_used_as_its_main_branch_stands(tmp_path):
    folder = tmp_path / "young"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch", "trunk")
    (folder / "file").write_text("text")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "feat: begin")

    history = history_of(url(folder))

    assert list(history.releases) == []
    assert history.tree("HEAD").read("file") == b"text"
    assert adapter.describe_commit(history.folder()) == adapter.describe_commit(folder) != ""


def test_what_cannot_be_reached_comes_from_the_cache_and_that_is_said(upstream):
    assert history_of(url(upstream)).origin == url(upstream)
    upstream.rename(upstream.with_name("gone"))

    history = history_of(url(upstream))

    assert history.origin == f"the cache of {url(upstream)} (not reachable)"
    assert "not" in history.notice
    assert history.tree("v1.0.0").read("file") == b"v1.0.0"


def test_offline_asks_nobody(upstream, git_commands):
    versions(upstream)
    step(upstream, "v1.1.0")
    git_commands()

    history = history_of(url(upstream), offline=True)

    assert [release.version for release in history.releases] == ["v1.0.0"]
    assert not {"fetch", "ls-remote"} & set(git_commands())
    with pytest.raises(ExternalSystemError, match="never fetched"):
        history_of("https://example.com/other", offline=True)


def test_a_host_that_never_answers_is_given_up_with_everything_that_was_started(monkeypatch):
    monkeypatch.setattr(adapter, "QUERY_SECONDS", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = []
        threading.Thread(target=lambda: taken.append(server.accept()), daemon=True).start()
        start = time.monotonic()

        with pytest.raises(ExternalSystemError, match="within 1 seconds"):
            history_of(f"http://127.0.0.1:{server.getsockname()[1]}/x")

        assert time.monotonic() - start < 10
        # The end of the connection is the end of the process that held it.
        taken[0][0].settimeout(5)
        while taken[0][0].recv(4096):
            pass


def test_a_fetch_that_was_killed_is_done_again(upstream):
    folder = history_of(url(upstream)).folder()
    step(upstream, "v1.1.0")
    (folder / "packed-refs.lock").touch()
    (folder / "refs/tags").mkdir(parents=True, exist_ok=True)
    (folder / "refs/tags/v1.1.0.lock").touch()

    assert versions(upstream) == ["v1.0.0", "v1.1.0"]


def test_a_damaged_mirror_is_told_and_made_anew(upstream):
    folder = history_of(url(upstream)).folder()
    for path in (folder / "objects").rglob("*"):
        if path.is_file():
            path.chmod(0o644)
            path.write_bytes(b"damage")

    with pytest.raises(ExternalSystemError) as failed:
        read(upstream, "v1.0.0")

    assert "again" in failed.value.next_step
    assert read(upstream, "v1.0.0") == "v1.0.0"


def test_a_mirror_that_lost_an_object_is_made_anew_by_the_next_command(upstream):
    history = history_of(url(upstream))
    name = history.tree("v1.0.0").objects()["file"]
    for pack in (history.folder() / "objects/pack").glob("*.pack"):
        pack.chmod(0o644)
        content = pack.read_bytes()
        middle = len(content) * 2 // 3
        pack.write_bytes(content[:middle] + bytes(len(content) - middle))
    for path in (history.folder() / "objects" / name[:2]).glob(name[2:]):
        path.unlink()

    with pytest.raises(ExternalSystemError) as failed:
        read(upstream, "v1.0.0")

    assert "again" in failed.value.next_step
    assert read(upstream, "v1.0.0") == "v1.0.0"


def test_a_password_in_a_url_is_not_repeated():
    with pytest.raises(ExternalSystemError) as failed:
        history_of("http://someone:hush@127.0.0.1:1/x")

    assert "hush" not in f"{failed.value} {failed.value.next_step}"


def test_a_cache_that_cannot_be_written_is_said(upstream, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))

    with pytest.raises(ExternalSystemError, match="cannot be written"):
        history_of(url(upstream))


READ = """
import sys
from modelwright.adapters.sources.histories import history_of
history = history_of(sys.argv[1])
print(history.releases[-1].version, history.tree("main").read("file").decode())
"""


@pytest.mark.parametrize("round_", range(3))
def test_eight_processes_at_once_all_see_what_is_new(tmp_path, round_):
    folder = tmp_path / "upstream"
    folder.mkdir()
    git(folder, "init", "--quiet")
    step(folder, "v1.0.0")
    if round_:
        versions(folder)
    step(folder, "v1.1.0")

    processes = [
        subprocess.Popen(
            [sys.executable, "-c", READ, url(folder)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(8)
    ]  # fmt: skip
    said = [process.communicate() for process in processes]

    assert {out.strip() for out, _ in said} == {"v1.1.0 v1.1.0"}, said
    assert cached_mirror(url(folder)) is not None
    assert [
        path.suffix for path in cached_mirror(url(folder)).parent.iterdir() if path.is_dir()
    ] == [".git"]


def test_a_platform_says_that_it_comes_from_the_cache(tmp_path):
    folder = platform_copy(tmp_path / "theirs")
    release(folder, "v1.0.0")
    assert locate_platform(url(folder)).notice == ""
    folder.rename(tmp_path / "gone")

    platform = locate_platform(url(folder))

    assert platform.version == "v1.0.0"
    assert "its cache is used" in platform.notice
