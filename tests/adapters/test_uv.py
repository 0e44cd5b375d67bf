"""`uv lock` runs nothing of the project that it locks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from modelwright.adapters.system import uv
from modelwright.errors import ExternalSystemError, ModelwrightError, RefusedError

STATIC = """\
[project]
name = "p"
version = "1"
requires-python = ">=3.11"
dependencies = []

[build-system]
requires = [
  "setuptools",
]
build-backend = "evil"
backend-path = ["."]

[tool.uv]
package = true
"""


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_PYTHON", sys.executable)


@pytest.fixture
def ran(tmp_path):
    return tmp_path / "ran"


@pytest.fixture
def project(tmp_path, ran):
    """A project whose own files all say so when they run."""
    folder = tmp_path / "project"
    program = f'#!/bin/sh\necho x >> {ran}\nexec {sys.executable} "$@"\n'
    for path in (".venv/bin/python", ".venv/bin/python3", "evil-python"):
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(program)
        place.chmod(0o755)
    (folder / ".venv/pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.11.7\n")
    (folder / ".python-version").write_text("./evil-python\n")
    (folder / "evil.py").write_text(f"open({str(ran)!r}, 'a').write('x')\n")
    (folder / "setup.py").write_text(f"open({str(ran)!r}, 'a').write('x')\n")
    (folder / "pyproject.toml").write_text(STATIC)
    return folder


def test_a_project_is_locked_as_a_package_and_nothing_of_it_runs(project, ran, monkeypatch):
    monkeypatch.delenv("UV_PYTHON")
    monkeypatch.setenv("PATH", f".{os.pathsep}{os.environ['PATH']}")

    uv.lock(project)

    assert 'source = { editable = "." }' in (project / "uv.lock").read_text()
    assert not ran.exists()


def test_a_current_lock_is_judged_and_not_written(project):
    uv.lock(project)
    before = (project / "uv.lock").stat().st_mtime_ns

    uv.lock(project, options=["--check"])

    assert (project / "uv.lock").stat().st_mtime_ns == before
    text = STATIC.replace("dependencies = []", 'dependencies = ["missing-from-every-index-9"]')
    (project / "pyproject.toml").write_text(text)
    with pytest.raises(ExternalSystemError):
        uv.lock(project, options=["--check", "--offline"])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('version = "1"', 'dynamic = ["version"]'),
        ("dependencies = []", 'dynamic = ["dependencies"]'),
        ('version = "1"\n', ""),
        ('[project]\nname = "p"\nversion = "1"', '[project]\nname = "p"\nversion = 7'),
        ("package = true", 'package = true\ncache-dir = "written-by-uv"'),
        ("[build-system]", "build-system.x = 1\n[build-system.y]"),
        ("requires = [\n", 'note = """\n[project]\n"""\nrequires = [\n'),
    ],
)
def test_what_only_a_build_would_tell_is_not_built(old, new, project, ran):
    assert old in STATIC
    (project / "pyproject.toml").write_text(STATIC.replace(old, new))

    with pytest.raises(ModelwrightError) as refused:
        uv.lock(project)

    assert refused.value.next_step
    assert not ran.exists()
    assert not (project / "uv.lock").exists()
    assert not list(project.parent.rglob("written-by-uv"))


@pytest.mark.parametrize("where", ["path", "member", "git"])
def test_no_other_project_that_it_names_is_built(where, project, ran):
    other = project / "packages/other"
    other.mkdir(parents=True)
    (other / "evil.py").write_text((project / "evil.py").read_text())
    (other / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "evil"\nbackend-path = ["."]\n'
    )
    source = {
        "path": 'sources.other = { path = "packages/other", editable = true }',
        "member": 'sources.other = { workspace = true }\nworkspace.members = ["packages/*"]',
        "git": f'sources.other = {{ git = "file://{other}" }}',
    }[where]
    if where == "git":
        me = ("-c", "user.name=a", "-c", "user.email=a@example.com")
        for words in (["init", "-q"], ["add", "-A"], [*me, "commit", "-qm", "x"]):
            subprocess.run(["git", *words], cwd=other, check=True)
    text = STATIC.replace("dependencies = []", 'dependencies = ["other"]')
    (project / "pyproject.toml").write_text(text + source + "\n")

    with pytest.raises(ModelwrightError):
        uv.lock(project)

    assert not ran.exists()


def test_a_member_with_plain_metadata_is_locked(project, ran):
    member = project / "packages/other"
    member.mkdir(parents=True)
    (member / "pyproject.toml").write_text(STATIC.replace('name = "p"', 'name = "other"'))
    more = 'sources.other = { workspace = true }\nworkspace.members = ["packages/*"]\n'
    text = STATIC.replace("dependencies = []", 'dependencies = ["other"]')
    (project / "pyproject.toml").write_text(text + more)

    uv.lock(project)

    assert "packages/other" in (project / "uv.lock").read_text()
    assert not ran.exists()


def test_a_link_in_place_of_the_lock_is_not_followed(project, tmp_path):
    theirs = tmp_path / "theirs"
    theirs.write_text("hers")
    (project / "uv.lock").symlink_to(theirs)

    uv.lock(project)

    assert theirs.read_text() == "hers"
    assert not (project / "uv.lock").is_symlink()


def test_text_that_is_no_toml_is_refused(project):
    Path(project, "pyproject.toml").write_text("[project")

    with pytest.raises(RefusedError):
        uv.lock(project)
