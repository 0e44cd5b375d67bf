"""A platform of three versions, and repositories that other tools made from it."""

import shutil
from dataclasses import dataclass

import pytest
from cookiecutter.main import cookiecutter

from modelwright.cli.main import main
from tests.platforms import ROOT, git, platform_copy, release

ARCHETYPE = "online-serving"
GIVEN = {
    "team": "kitto-marketing",
    "use_case": "churn",
    "personal_data": "pseudonymous",
    "description": "Finds who is about to leave",
    "load_test": "false",
}


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys):
    """Run a command of modelwright in this process."""

    def run(*arguments):
        code = main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return Ran(code, said.out, said.err)

    return run


@pytest.fixture(scope="session")
def history(tmp_path_factory):
    return three_versions(tmp_path_factory.mktemp("platform") / "platform")


def three_versions(folder, **replaced):
    """Make a platform of three released versions, each with another Dockerfile and README."""
    platform_copy(folder, **replaced)
    (folder / "generator").symlink_to(ROOT / "generator")
    release(folder, "v1.0.0")
    project = folder / f"templates/{ARCHETYPE}" / "{{ cookiecutter.repo_name }}"
    for version in ("v1.1.0", "v1.2.0"):
        for name, line in (("Dockerfile", f"# of {version}"), ("README.md", f"Of {version}.")):
            file = project / name
            file.write_text(f"{file.read_text()}{line}\n")
        release(folder, version)
    return folder


@pytest.fixture(scope="session")
def cut(history, tmp_path_factory):
    """Make a project by stock Cookiecutter at a version, as it leaves it: git and all."""

    def cut(version, **given):
        patch = pytest.MonkeyPatch()
        patch.setenv("MODELWRIGHT_NO_LOCK", "1")
        git(history, "checkout", "--quiet", version)
        made = cookiecutter(
            str(history),
            directory=f"templates/{ARCHETYPE}",
            no_input=True,
            extra_context={**GIVEN, **given},
            output_dir=str(tmp_path_factory.mktemp("cut")),
        )
        git(history, "checkout", "--quiet", "main")
        patch.undo()
        return made

    return cut


@pytest.fixture(scope="session")
def made(cut):
    return cut("v1.1.0")


@pytest.fixture
def project(made, tmp_path):
    """A repository that Cookiecutter made from v1.1.0."""
    return shutil.copytree(made, tmp_path / "kitto-churn-serve")


def commit(folder):
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "chore: keep")


def state(folder):
    """Everything in a folder by path, but its git directory."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }
