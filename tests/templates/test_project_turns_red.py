"""The project's own tests pass, and turn red when what they test is broken."""

import re
from pathlib import Path

import pytest
import yaml

from tests.nightly import nightly
from tests.templates.green import made

FOLDER = Path(__file__).parent / "mutations"
MUTATIONS = {path.stem: yaml.safe_load(path.read_text()) for path in sorted(FOLDER.glob("*.yml"))}
CASES = [(archetype, mutation) for archetype, found in MUTATIONS.items() for mutation in found]

# The gate tries every eighth.
SHARE = 8

pytestmark = [pytest.mark.slow]


@pytest.fixture(scope="module")
def projects(tmp_path_factory):
    """Give the project of an archetype, made once."""
    there = {}

    def of(archetype):
        if archetype not in there:
            there[archetype] = made(tmp_path_factory.mktemp("red"), archetype=archetype)
        return there[archetype]

    return of


def grouped(archetype, *rest, marks=(), **marked):
    group = pytest.mark.xdist_group(f"red {archetype}")
    return pytest.param(archetype, *rest, marks=(group, *marks), **marked)


def of_tonight(number):
    return (nightly("each starts the project's own tests", unless=number % SHARE == 0),)


@pytest.mark.parametrize(
    "archetype",
    [
        grouped(
            archetype,
            marks=(
                nightly(
                    "the pull requests of the real tools show the same",
                    unless=archetype == "streaming-recommendation",
                ),
            ),
        )
        for archetype in MUTATIONS
    ],
)
def test_a_fresh_project_is_green(archetype, projects):
    project = projects(archetype)
    project.succeeds("poe", "check")
    said = project.succeeds("poe", "test")

    assert " passed" in said
    assert " failed" not in said


def test_every_archetype_has_at_least_ten_mutations():
    archetypes = {path.parent.name for path in FOLDER.parents[2].glob("templates/*/archetype.yml")}

    assert {name: len(found) >= 10 for name, found in MUTATIONS.items()} == dict.fromkeys(
        archetypes, True
    )


@pytest.mark.parametrize(
    ("archetype", "mutation"),
    [
        grouped(
            archetype,
            m,
            id=f"{archetype} {m['file'].split('/')[-1]}: {m['new'][:40]}",
            marks=of_tonight(number),
        )
        for number, (archetype, m) in enumerate(CASES)
    ],
)
def test_a_mutation_turns_its_test_red(archetype, mutation, projects):
    project = projects(archetype)
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
