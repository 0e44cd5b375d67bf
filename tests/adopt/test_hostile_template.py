"""Adopting reads a platform that means harm, and writes nothing that it names elsewhere."""

import shutil

import pytest

from tests.adopt.conftest import ARCHETYPE, state
from tests.platforms import ROOT, git, platform_copy, release

FILES = f"templates/{ARCHETYPE}/{{{{ cookiecutter.repo_name }}}}"
PROJECT = "kitto-churn-serve"
REFUSED = 3
CASES = [
    *({"path": path} for path in ("../escaped.txt", "../../../escaped.txt", "{tmp}/home/.bashrc")),
    *({"path": path} for path in (".git/hooks/pre-commit", ".GIT/config", "git~1/config")),
    *({"link": link} for link in ("{tmp}/home/.bashrc", "../../../../home/.bashrc", "{tmp}/home")),
]


def named(path):
    return "{{ '" + path.replace("/", "\\x2f") + "' }}"


@pytest.fixture
def hostile(tmp_path):
    """Release a platform that holds one more file or link for each project, from a version on."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home/.bashrc").write_text("# hers\n")

    def make(first, *, path="", link=""):
        platform = platform_copy(tmp_path / "platform")
        (platform / "generator").symlink_to(ROOT / "generator")
        for version in ("v1.0.0", "v1.1.0", "v1.2.0"):
            (platform / FILES / "version.txt").write_text(f"{version}\n")
            if version == first and link:
                (platform / FILES / "link").symlink_to(link.format(tmp=tmp_path))
            elif version == first:
                (platform / FILES / named(path.format(tmp=tmp_path))).write_text("evil\n")
            release(platform, version)
        return platform

    return make


def outside(tmp_path):
    ours = {tmp_path / "platform", tmp_path / "cache", tmp_path / PROJECT / ".git/modelwright"}
    return {
        str(path): path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        for path in tmp_path.rglob("*")
        if not ours & {path, *path.parents} and "objects" not in path.parts
    }


@pytest.mark.parametrize(
    ("how", "first"),
    [((), "v1.0.0"), (("--apply",), "v1.1.0"), (("--managed-only",), "v1.0.0")],
    ids=str,
)
@pytest.mark.parametrize("case", CASES, ids=lambda case: next(iter(case.values())))
def test_what_would_be_written_elsewhere_is_refused(
    run, project, hostile, tmp_path, monkeypatch, case, how, first
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    platform = hostile(first, **case)
    before = state(project), outside(tmp_path), git(project, "rev-parse", "HEAD")

    ran = run("adopt", project, "-a", ARCHETYPE, "--source", platform, *how)

    assert ran.code == REFUSED, ran.out + ran.err
    assert "next: " in ran.err
    assert (state(project), outside(tmp_path), git(project, "rev-parse", "HEAD")) == before


@pytest.mark.parametrize("link", ["docs", ".copier-answers.yml"])
def test_a_link_in_the_repository_is_not_written_through(run, project, history, tmp_path, link):
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    if (project / link).is_dir():
        shutil.rmtree(project / link)
    (project / link).symlink_to(theirs if link == "docs" else theirs / "answers")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "chore: link")

    run("adopt", project, "-a", ARCHETYPE, "--source", history, "--apply")

    assert list(theirs.iterdir()) == []
