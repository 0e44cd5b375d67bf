"""Runs the command line as a person does, in this process."""

from dataclasses import dataclass

import pytest

from modelwright.cli.main import main


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    """Run a command in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        code = main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return Ran(code, said.out, said.err)

    return run


@pytest.fixture
def make(run):
    """Make a project without lock file and repository."""

    def make(*arguments):
        return run("new", "online-serving", "--defaults", "--no-git", "--no-lock", *arguments)

    return make
