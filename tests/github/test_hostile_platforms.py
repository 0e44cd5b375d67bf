"""`create` and `start` write a platform's files below the project, and send nothing else."""

import shutil

import pytest

from modelwright.cli.main import main
from modelwright.paths import PLATFORM_BUNDLE
from tests.github.creating import writes
from tests.github.organisation import REQUESTER, WORKFLOW_TOKEN
from tests.github.starting import RELEASE, from_template
from tests.platforms import ROOT, git, platform_copy, release

KITTO = "kitto-mail-timing-serve"
FILES = "templates/online-serving/{{ cookiecutter.repo_name }}"
PATHS = [
    *("../escaped.txt", "../../../escaped.txt", "{tmp}/home/.bashrc", "sub/../../escaped.txt"),
    *(".git/hooks/pre-commit", ".git/config", ".GIT/config", "sub/.g\u200cit/config"),
    *("git~1/config", "C:\\x", "aux.txt", "a/b:stream", "x. "),
]
LINKS = ["{tmp}/home", "{tmp}/home/.bashrc", "../../../../home/.bashrc", "/etc/hostname"]


def named(path):
    """Return a file name that renders to a path."""
    return "{{ '" + path.replace("\\", "\\x5c").replace("/", "\\x2f") + "' }}"


@pytest.fixture
def hostile(tmp_path):
    """Make a platform that holds one more file or link for each project."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home/.bashrc").write_text("# hers\n")

    def make(*, path="", link=""):
        platform = platform_copy(tmp_path / "platform")
        shutil.copytree(ROOT / ".github", platform / ".github")
        if link:
            (platform / FILES / "link").symlink_to(link.format(tmp=tmp_path))
        else:
            (platform / FILES / named(path.format(tmp=tmp_path))).write_text("evil\n")
        return platform

    return make


def outside(tmp_path, *ours):
    """Return every file and link below a folder, but those in some of its folders."""
    kept = {tmp_path / name for name in ours}
    return {
        str(path): path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        for path in tmp_path.rglob("*")
        if not kept & {path, *path.parents}
    }


CASES = [*({"path": path} for path in PATHS), *({"link": link} for link in LINKS)]


@pytest.mark.parametrize("way", ["folder", "url"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: next(iter(case.values())))
def test_create_refuses_what_would_be_written_elsewhere(
    fake, create, hostile, tmp_path, monkeypatch, case, way
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    platform = where = hostile(**case)
    if way == "url":
        release(platform, RELEASE)
        where = f"file://{platform}@{RELEASE}"
    before = outside(tmp_path, "cache", "github")

    ran = create(f"--platform={where}")

    assert ran.code == 3, ran.err
    assert "next: " in ran.err
    assert outside(tmp_path, "cache", "github") == before
    assert writes(fake.exchanges) == []
    assert fake.state.repositories == {}


@pytest.fixture
def start(fake, organisation, place, tmp_path, monkeypatch, capsys):
    """Start a project in a clone whose copy of the platform somebody replaced."""
    (tmp_path / "clones").mkdir()
    made = from_template(
        fake, place / "starter-kitto-serve", KITTO, tmp_path / "clones", description="Says when"
    )

    def run(platform):
        release(platform, RELEASE)
        git(platform, "bundle", "create", "--quiet", made.clone / PLATFORM_BUNDLE, "--all")
        for variable in ("GITHUB_TOKEN", "GITHUB_API_URL", "GITHUB_TRIGGERING_ACTOR"):
            monkeypatch.delenv(variable, raising=False)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        monkeypatch.setenv("GH_TOKEN", WORKFLOW_TOKEN)
        monkeypatch.setenv("GITHUB_REPOSITORY", made.full_name)
        monkeypatch.setenv("GITHUB_ACTOR", REQUESTER)
        monkeypatch.chdir(made.clone)
        capsys.readouterr()
        before = outside(tmp_path, "cache", "github")
        words = (f"--platform={PLATFORM_BUNDLE}@{RELEASE}", f"--api={fake.url}", "--no-lock")
        code = main(["start", *words])
        after = outside(tmp_path, "cache", "github")
        return code, capsys.readouterr().err, before, after

    run.made = made
    return run


@pytest.mark.parametrize("case", CASES, ids=lambda case: next(iter(case.values())))
def test_start_refuses_what_would_be_written_elsewhere(fake, start, hostile, case):
    head = start.made.git("rev-parse", "main")

    code, said, before, after = start(hostile(**case))

    assert code == 3, said
    assert "next: " in said
    assert after == before
    assert start.made.git("rev-parse", "main") == head


@pytest.mark.parametrize("link", ["docs", "README.md", "src"])
def test_start_writes_through_no_link_that_stands_in_the_clone(start, tmp_path, link):
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    there = start.made.clone / link
    if there.is_dir():
        shutil.rmtree(there)
    there.unlink(missing_ok=True)
    there.symlink_to(theirs if link != "README.md" else theirs / "readme")

    code, said, *_ = start(_harmless(tmp_path))

    assert code in {0, 3, 4}, said
    assert list(theirs.iterdir()) == []


def _harmless(tmp_path):
    platform = platform_copy(tmp_path / "platform")
    shutil.copytree(ROOT / ".github", platform / ".github")
    return platform
