"""A lock file is there, current, and names no index but the policy's and the project's own."""

import pytest

from modelwright.adapters.system import uv
from modelwright.audit.project import LockVerdict
from modelwright.operations.judge.check import check_project
from modelwright.operations.judge.project import lock_verdict
from tests.audit.conftest import TODAY
from tests.package_index import PackageIndexes

PROJECT = """\
[project]
name = "p"
version = "1"
requires-python = ">=3.11"
dependencies = ["thing{bound}"]

[[tool.uv.index]]
name = "organisation"
url = "{url}/simple/"
default = true
"""
LOCK = (
    'version = 1\n\n[[package]]\nname = "thing"\nversion = "1"\nsource = {{ registry = "{url}" }}\n'
)


@pytest.fixture
def index():
    with PackageIndexes() as indexes:
        yield indexes.start()


@pytest.fixture
def locked(tmp_path, monkeypatch, index):
    """A project whose lock file matches, and how its dependency is written anew."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    folder = tmp_path / "locked"
    folder.mkdir()

    def write(bound=""):
        (folder / "pyproject.toml").write_text(PROJECT.format(bound=bound, url=index.url))
        return folder

    uv.lock(write())
    return write


def test_one_that_matches_is_current_and_asks_no_host(locked, index):
    folder, asked = locked(), index.asked

    assert lock_verdict(folder, ask_hosts=True) == LockVerdict("current")
    assert index.asked == asked


def test_windows_line_ends_change_nothing(locked):
    lock = locked() / "uv.lock"
    lock.write_bytes(lock.read_bytes().replace(b"\n", b"\r\n"))

    assert lock_verdict(locked(), ask_hosts=True).state == "current"


def test_one_that_does_not_match_is_stale(locked):
    assert lock_verdict(locked(">=1.0"), ask_hosts=True).state == "stale"


@pytest.mark.parametrize("kind", ["no host", "no network", "no uv", "no package", "a build"])
def test_what_cannot_be_told_is_not_verified_and_never_stale(kind, locked, index, monkeypatch):
    folder = locked(">=1.0")
    if kind == "no network":
        index.login = "nobody:knows"
        index.wheels.clear()
    elif kind == "no uv":
        monkeypatch.setattr(uv, "_COMMAND", ("uv-that-is-nowhere",))
    elif kind == "no package":
        (folder / "uv.lock").write_text("version = 1\n")
    elif kind == "a build":
        text = (folder / "pyproject.toml").read_text()
        changed = text.replace('version = "1"', 'dynamic = ["version"]')
        (folder / "pyproject.toml").write_text(changed)

    verdict = lock_verdict(folder, ask_hosts=kind != "no host")

    assert verdict.state == "not verified"
    assert verdict.reason


@pytest.mark.parametrize(("state", "failing"), [("stale", True), ("not verified", False)])
def test_the_check_fails_by_a_stale_one_and_warns_of_the_rest(state, failing, platform, project):
    (project / "uv.lock").write_text(LOCK.format(url="https://pypi.org/simple"))

    report = check_project(
        project,
        open_platform=lambda *_: platform,
        today=TODAY,
        judge_lock=lambda *_, **__: LockVerdict(state, "no network"),
    )

    (found,) = [each for each in report.findings if each.rule == "LCK002"]
    assert (found.failing, "uv lock" in found.next_step) == (failing, True)


@pytest.mark.parametrize("url", ["http://127.0.0.1:4000/simple", "https://mirror.example.org/pypi"])
def test_another_index_than_the_policy_s_is_a_finding(url, project, check):
    (project / "uv.lock").write_text(LOCK.format(url=url))

    (found,) = check(project).failing

    assert (found.rule, found.where) == ("LCK003", "uv.lock:6")
    assert (url in found.problem, "https://pypi.org/simple" in found.next_step) == (True, True)


@pytest.mark.parametrize("url", ["https://pypi.org/simple", "https://pypi.org/simple/"])
def test_the_policy_s_index_is_none(url, project, check):
    (project / "uv.lock").write_text(LOCK.format(url=url))

    assert check(project).failing == ()


def test_an_index_that_the_project_names_for_all_to_see_is_none(project, check):
    own = "https://download.example.org/whl/cpu"
    (project / "uv.lock").write_text(LOCK.format(url=own))
    file = project / "pyproject.toml"
    file.write_text(f'{file.read_text()}\n[[tool.uv.index]]\nname = "cpu"\nurl = "{own}/"\n')

    assert check(project).failing == ()


def test_a_login_in_the_file_is_not_shown(project, check):
    (project / "uv.lock").write_text(
        LOCK.format(url="https://ada:s3cret@mirror.example.org/simple")
    )

    (found,) = [each for each in check(project).failing if each.rule == "LCK003"]

    assert "s3cret" not in f"{found}"
