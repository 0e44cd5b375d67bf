"""The wheel carries every released version: projects go on with no network."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
import yaml

from modelwright.template.generated.package_manifest import PLATFORM
from tests.bundles import bundle_of
from tests.platforms import git

ROOT = Path(__file__).parent.parent
UNSHARE = ["unshare", "--net", "--map-root-user"]
URL = "https://github.com/halden-retail/modelwright"
VERSIONS = ("v0.8.0", "v0.9.0", "v0.10.0")
MAIN = "templates/online-serving/{{ cookiecutter.repo_name }}/main.py"


def released(folder, tag):
    """Release the checkout in a folder with one file of the template changed."""
    (folder / "generator/modelwright/__init__.py").write_text(f'__version__ = "{tag[1:]}"\n')
    with (folder / MAIN).open("a") as file:
        file.write(f"# {tag}\n")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", f"chore: release {tag}")
    git(folder, "tag", "--annotate", "--message", tag, tag)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A clone of this checkout as it is, with three releases."""
    folder = tmp_path_factory.mktemp("source") / "modelwright"
    listed = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    for name in listed:
        if name and (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name, follow_symlinks=False)
    git(folder, "init", "--quiet")
    for tag in VERSIONS:
        released(folder, tag)
    return folder


@pytest.fixture(scope="module")
def built(source, tmp_path_factory):
    """The folder with the source distribution, and the wheel that is built from that."""
    into = tmp_path_factory.mktemp("built")
    subprocess.run(["uv", "build", "--quiet", "--out-dir", into, source], check=True, cwd=into)
    return into


@pytest.fixture(scope="module")
def bundle(built, tmp_path_factory):
    into = tmp_path_factory.mktemp("bundle")
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        return Path(wheel.extract("modelwright/_history.bundle", into))


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    """An environment with the wheel and stock Copier."""
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run(
        ["uv", "venv", "--quiet", "--python", sys.executable, folder / "venv"], check=True
    )
    wheel = f"{next(built.glob('*.whl'))}[engines]"
    python = folder / "venv/bin/python"
    subprocess.run(["uv", "pip", "install", "--quiet", "--python", python, wheel], check=True)
    return folder / "venv/bin"


@pytest.fixture
def alone(installed, tmp_path, monkeypatch):
    """Run a command of that environment with the network blocked."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    blocked = UNSHARE if subprocess.run([*UNSHARE, "true"], check=False).returncode == 0 else []
    if not blocked and os.environ.get("CI"):
        pytest.fail("unshare cannot block the network here")

    def run(name, *arguments, code=0, env=None):
        done = subprocess.run(
            [*blocked, installed / name, *arguments], env={**os.environ, **(env or {})},
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    return run


def new(alone, tmp_path, *arguments):
    alone("modelwright", "new", "online-serving", "--defaults", "--no-lock", *arguments)
    return tmp_path / "norda-fraud-scoring-serve"


def answers(project):
    return yaml.safe_load((project / ".copier-answers.yml").read_text())


def test_a_project_is_made_at_any_released_version_and_judged_by_it(alone, tmp_path):
    project = new(alone, tmp_path, "--to", "v0.8.0")

    assert answers(project)["_commit"] == answers(project)["born"] == "v0.8.0"
    assert answers(project)["_src_path"] == URL
    assert (project / "main.py").read_text().endswith("# v0.8.0\n")
    said = alone("modelwright", "check", project, code=1)
    assert "LCK001" in said
    assert "DRF" not in said


def test_the_newest_is_that_of_the_wheel(alone, tmp_path):
    project = new(alone, tmp_path)

    assert answers(project)["_commit"] == "v0.10.0"
    assert (project / "main.py").read_text().endswith("# v0.8.0\n# v0.9.0\n# v0.10.0\n")


def test_another_version_is_refused(alone):
    said = alone("modelwright", "new", "online-serving", "--defaults", "--to", "v0.7.0", code=3)

    assert "v0.8.0 or v0.9.0" in said


def test_stock_copier_updates_from_the_bundle_with_no_network(alone, tmp_path, bundle):
    project = new(alone, tmp_path, "--to", "v0.8.0")
    # Copier asks for the one spelling or the other.
    env = {"GIT_CONFIG_COUNT": "2"}
    for number, spelling in enumerate((URL, f"{URL}.git")):
        env[f"GIT_CONFIG_KEY_{number}"] = f"url.{bundle}.insteadOf"
        env[f"GIT_CONFIG_VALUE_{number}"] = spelling

    said = alone("copier", "check-update", "--quiet", project, code=2, env=env)
    alone("copier", "update", "--defaults", "--quiet", project, env=env)

    assert "Traceback" not in said
    assert answers(project)["_commit"] == "v0.10.0"
    assert answers(project)["born"] == "v0.8.0"
    assert (project / "main.py").read_text().endswith("# v0.10.0\n")
    alone("copier", "check-update", "--quiet", project, env=env)


def test_the_bundle_holds_the_template_of_every_release_and_nothing_else(bundle, source, tmp_path):
    git(tmp_path, "clone", "--quiet", "--bare", str(bundle), "opened")
    opened = tmp_path / "opened"

    assert git(opened, "tag", "--list").split() == sorted(VERSIONS)
    kept = (*PLATFORM, "CHANGELOG.md")
    for tag in VERSIONS:
        theirs = git(source, "ls-tree", "-r", tag, "--", *kept)
        assert git(opened, "ls-tree", "-r", tag) == theirs
        days = [git(place, "log", "-1", "--format=%ct", tag) for place in (opened, source)]
        assert days[0] == days[1]


def test_two_clones_make_the_same_bundle_however_they_are_packed(source, tmp_path):
    for name in ("one", "two"):
        git(tmp_path, "clone", "--quiet", "--no-local", str(source), name)
    git(tmp_path / "two", "gc", "--quiet", "--aggressive")
    git(tmp_path / "two", "commit", "--quiet", "--allow-empty", "--message", "feat: go on")
    made = [bundle_of(tmp_path / name, tmp_path / f"{name}-out") for name in ("one", "two")]

    heads = [git(tmp_path, "bundle", "list-heads", str(bundle)) for bundle in made]
    assert heads[0] == heads[1]
    assert made[0].read_bytes() == made[1].read_bytes()


def test_a_release_keeps_its_id_when_others_are_added_or_removed(source, tmp_path):
    git(tmp_path, "clone", "--quiet", str(source), "clone")
    every = git(
        tmp_path, "bundle", "list-heads", str(bundle_of(tmp_path / "clone", tmp_path / "all"))
    )
    git(tmp_path / "clone", "tag", "--delete", "v0.9.0")

    bundle = bundle_of(tmp_path / "clone", tmp_path / "fewer")
    fewer = git(tmp_path, "bundle", "list-heads", str(bundle))

    gone = [line for line in every.splitlines() if line not in fewer.splitlines()]
    assert [line.split()[1] for line in gone] == ["refs/tags/v0.9.0"]


def test_the_source_distribution_has_the_bundle_and_the_wheel_comes_from_it(built, bundle):
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        (name,) = [name for name in archive.getnames() if name.endswith("history.bundle")]
        assert archive.extractfile(name).read() == bundle.read_bytes()


def test_a_clone_without_releases_builds_a_wheel_that_works(source, tmp_path):
    git(tmp_path, "clone", "--quiet", "--no-tags", str(source), "clone")
    subprocess.run(
        ["uv", "build", "--quiet", "--wheel", "--out-dir", tmp_path, tmp_path / "clone"],
        check=True, cwd=tmp_path,
    )  # fmt: skip

    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        assert not [name for name in wheel.namelist() if name.endswith(".bundle")]


def test_an_old_project_is_brought_through_every_release_with_no_network(alone, tmp_path):
    project = new(alone, tmp_path, "--to", "v0.8.0")
    with (project / "README.md").open("a") as file:
        file.write("Mine.\n")
    git(project, "commit", "--quiet", "--all", "--message", "docs: say more")

    for version in VERSIONS[1:]:
        alone("modelwright", "update", project, "--to", version)
        git(project, "commit", "--quiet", "--all", "--message", f"chore: update to {version}")
        assert answers(project)["_commit"] == version
        assert (project / "main.py").read_text().endswith(f"# {version}\n")

    assert (project / "README.md").read_text().endswith("Mine.\n")


def test_one_update_goes_over_every_release_at_once(alone, tmp_path):
    project = new(alone, tmp_path, "--to", "v0.8.0")

    behind = json.loads(alone("modelwright", "status", "--exit-code", "--json", project, code=1))
    assert (behind["version"], behind["latest"]) == ("v0.8.0", "v0.10.0")

    alone("modelwright", "update", project)

    alone("modelwright", "status", "--exit-code", project)
    assert answers(project)["_commit"] == "v0.10.0"
    assert answers(project)["born"] == "v0.8.0"
    assert (project / "main.py").read_text().endswith("# v0.8.0\n# v0.9.0\n# v0.10.0\n")
    assert git(project, "status", "--short").split()
