"""An organisation's platform, made by the command as a platform team makes it."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from modelwright.cli.main import main
from tests.platform_init.organisation import ANSWERS, big_organisation


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    """Run a command in an empty folder."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def run(*arguments):
        code = main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return Ran(code, said.out, said.err)

    return run


@pytest.fixture
def init(run, tmp_path):
    """Make a platform of two brands, with some answers changed; None takes one out."""

    def init(*arguments, into="ml-platform", **changes):
        answers = {**ANSWERS, **{name.replace("__", "."): v for name, v in changes.items()}}
        data = [f"--data={name}={value}" for name, value in answers.items() if value is not None]
        return run("platform", "init", tmp_path / into, *data, *arguments)

    return init


@pytest.fixture(scope="session")
def big_made(tmp_path_factory):
    """A platform of 19 brands and 114 teams with one release; tests leave it as it is."""
    folder = tmp_path_factory.mktemp("big")
    policy = folder / "policy.yml"
    policy.write_text(big_organisation())
    back = Path.cwd()
    os.chdir(folder)
    try:
        code = main(
            ["platform", "init", "ml-platform", "--policy", "policy.yml", "--tag", "--quiet"]
        )
    finally:
        os.chdir(back)
    assert code == 0
    return folder / "ml-platform"


@pytest.fixture
def big(big_made, tmp_path):
    """A copy of that platform, to be changed at will."""
    return shutil.copytree(big_made, tmp_path / "ml-platform", symlinks=True)
