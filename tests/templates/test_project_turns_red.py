"""The project's own tests pass, and turn red when what they test is broken."""

import re
from pathlib import Path

import pytest
import yaml

from tests.templates.green import made

MUTATIONS = yaml.safe_load((Path(__file__).parent / "mutations.yml").read_text())

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("red")]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return made(tmp_path_factory.mktemp("red"))


def test_a_fresh_project_is_green(project):
    project.succeeds("poe", "check")
    said = project.succeeds("poe", "test")

    assert " passed" in said
    assert " failed" not in said


def test_there_are_at_least_ten_mutations():
    assert len(MUTATIONS) >= 10


@pytest.mark.parametrize(
    "mutation", MUTATIONS, ids=[f"{m['file'].split('/')[-1]}: {m['new'][:40]}" for m in MUTATIONS]
)
def test_a_mutation_turns_its_test_red(mutation, project):
    path = project.folder / mutation["file"].replace("PACKAGE", project.package)
    text = path.read_text()
    assert text.count(mutation["old"]) == 1
    path.write_text(text.replace(mutation["old"], mutation["new"]))

    try:
        done = project.run("pytest", "-q", "--no-cov", mutation["test"])
    finally:
        path.write_text(text)

    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(r"\d+ (failed|error)", done.stdout)
