"""A package index with a login: its credentials reach whatever installs, and nothing keeps them."""

import os
import subprocess
import sys

import pytest
import yaml

from modelwright.adapters.sources.platforms import locate_platform
from modelwright.cli.main import main
from modelwright.operations.new.new import new_project
from tests.package_index import PackageIndexes
from tests.platforms import change_policy, platform_copy
from tests.templates.rendering import SAMPLES

INDEX = "https://packages.example.org/simple"
USER, PASSWORD = "reader", "s3cret-t0ken"
LOGIN = {
    "package-index-username": "${{ secrets.PACKAGE_INDEX_USERNAME }}",
    "package-index-password": "${{ secrets.PACKAGE_INDEX_PASSWORD }}",
}
INSTALLING = ("python-ci.yml", "build-image.yml", "deploy-databricks.yml", "promote-model.yml",
              "rollback-model.yml")  # fmt: skip
TINY = """\
[project]
name = "p"
version = "1"
requires-python = ">=3.11"
dependencies = ["thing"]

"""


@pytest.fixture(scope="module")
def index():
    with PackageIndexes() as indexes:
        yield indexes.start(login=f"{USER}:{PASSWORD}")


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    """A platform whose policy names the index and the secrets of its login."""
    root = platform_copy(tmp_path_factory.mktemp("platform") / "platform")
    policy = yaml.safe_load((root / "platform.yml").read_text())
    policy["available"]["package_index"] = INDEX
    policy["secrets"] += [
        {
            "name": f"PACKAGE_INDEX_{part}", "purpose": "reads the package index", "kind": "secret",
            "level": "organisation", "owner": "platform", "rotated_by": "platform",
        }
        for part in ("USERNAME", "PASSWORD")
    ]  # fmt: skip
    change_policy(root, yaml.safe_dump(policy, allow_unicode=True, sort_keys=False))
    return root


@pytest.fixture(scope="module", params=[
    *((archetype, {"compose": True}) for archetype in sorted(SAMPLES)),
    ("batch", {"databricks": True}),
], ids=str)  # fmt: skip
def project(request, platform, tmp_path_factory):
    archetype, options = request.param
    given = {**SAMPLES[archetype], **options}
    return new_project(
        locate_platform(str(platform)), archetype, tmp_path_factory.mktemp("made"),
        given=given, defaults=True, ask=None,
    ).folder  # fmt: skip


def jobs(project):
    for file in sorted((project / ".github/workflows").glob("*.yml")):
        for name, job in yaml.safe_load(file.read_text())["jobs"].items():
            yield f"{file.name} {name}", job


def test_every_called_workflow_that_installs_gets_the_login(project):
    called = {
        place: job.get("secrets", {})
        for place, job in jobs(project)
        if job.get("uses", "").partition("@")[0].endswith(INSTALLING)
    }

    assert len(called) >= 2
    for place, secrets in called.items():
        assert secrets.items() >= LOGIN.items(), place


def test_every_step_of_its_own_that_installs_gets_the_login(project):
    installing = [
        (place, job["steps"])
        for place, job in jobs(project)
        if any("uv run" in step.get("run", "") for step in job.get("steps", []))
    ]

    assert installing
    for place, steps in installing:
        *_, login, install = steps
        assert "/.github/actions/package-index@" in login["uses"], place
        assert {f"package-index-{key}": value for key, value in login["with"].items()} == LOGIN
        assert install["env"]["NETRC"] == "${{ steps.package-index.outputs.netrc }}", place


def test_no_workflow_of_the_project_binds_the_login_to_a_name_in_its_files(project):
    for file in (project / ".github").rglob("*.yml"):
        assert "UV_INDEX" not in file.read_text(), file


def test_the_project_is_within_policy(project, platform, capsys):
    (project / "uv.lock").write_text("version = 1\n")

    code = main(["check", str(project), "--platform", str(platform)])

    assert code == 0, capsys.readouterr().out


def test_every_dockerfile_and_compose_file_mounts_the_same_secret(project):
    if not (project / "compose.yaml").exists():
        pytest.skip("this project has none")
    compose = yaml.safe_load((project / "compose.yaml").read_text())
    builds = [service["build"] for service in compose["services"].values() if "build" in service]

    assert "type=secret,id=netrc" in (project / "Dockerfile").read_text()
    assert all(build["secrets"] == ["netrc"] for build in builds)
    assert set(compose["secrets"]) == {"netrc"}


@pytest.fixture
def tiny(project, index, tmp_path):
    """A project of one package; its index is named as in a rendered project, and is on loopback."""
    text = (project / "pyproject.toml").read_text().replace(INDEX, f"{index.url}/simple")
    start = text.index("[[tool.uv.index]]")
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(TINY + text[start : text.index("\n\n", start)] + "\n")
    return folder


def synced(folder, **variables):
    clean = {
        "UV_CACHE_DIR": str(folder / "cache"), "HOME": str(folder), "UV_HTTP_RETRIES": "0",
        "UV_PYTHON": sys.executable,
    }  # fmt: skip
    return subprocess.run(
        ["uv", "sync", "--quiet"], cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, **clean, **variables},
    )  # fmt: skip


def test_uv_installs_by_the_variables_and_by_the_secret_of_the_build(tiny):
    named = {
        "UV_INDEX_ORGANISATION_USERNAME": USER, "UV_INDEX_ORGANISATION_PASSWORD": PASSWORD,
    }  # fmt: skip
    assert synced(tiny).returncode != 0

    done = synced(tiny, **named)
    assert done.returncode == 0, done.stderr
    assert PASSWORD not in (tiny / "uv.lock").read_text()

    netrc = tiny / ".netrc"
    netrc.write_text(f"machine 127.0.0.1 login {USER} password {PASSWORD}\n")
    netrc.chmod(0o600)
    (tiny / "uv.lock").unlink()
    done = synced(tiny, UV_CACHE_DIR=str(tiny / "another"))
    assert done.returncode == 0, done.stderr
