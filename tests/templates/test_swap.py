"""The sample exists to be replaced: another table, other features, a regression, in her own files."""

from pathlib import Path

import pytest

from modelwright.adapters.folder_tree import FolderTree
from modelwright.catalog.platform import Platform
from tests.templates.green import made
from tests.templates.swapping import swap

ROOT = Path(__file__).parent.parent.parent

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("swap")]


@pytest.fixture(scope="module")
def swapped(tmp_path_factory):
    """A fresh project with the second use case copied over it, and the files that this opened."""
    project = made(tmp_path_factory.mktemp("swap"), "--data", "use_case=delivery-time")
    opened = swap(project.folder, project.package)
    project.succeeds("poe", "openapi")
    return project, [*opened, "docs/openapi.json"]


def test_only_her_own_files_are_opened(swapped):
    archetype = Platform(tree=FolderTree(ROOT), source="", version="").archetype("online-serving")

    assert {name: archetype.owner_of(name) for name in swapped[1]} == dict.fromkeys(
        swapped[1], "yours"
    )


def test_the_readme_says_how_many_files_that_is(swapped):
    project, opened = swapped

    assert f"{len(opened)} files" in (project.folder / "README.md").read_text()


def test_everything_stays_green(swapped):
    project = swapped[0]

    project.succeeds("poe", "check")
    project.succeeds("poe", "test")


def test_the_gate_promotes_and_rolls_back(swapped):
    project = swapped[0]
    project.succeeds("poe", "train", "--seed", "1")
    project.succeeds("poe", "promote", "1")
    project.succeeds("poe", "train", "--seed", "2", "--rows", "400")

    refused = project.run("poe", "promote", "2")

    assert refused.returncode == 3, refused.stdout + refused.stderr
    project.succeeds("poe", "train", "--seed", "1", "--rows", "20000")
    project.succeeds("poe", "promote", "3")
    assert "1" in project.succeeds("poe", "rollback")
