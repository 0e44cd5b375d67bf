"""The sample exists to be replaced: another table, features and target, in her own files alone."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from modelwright.adapters.disk.tree import FolderTree
from modelwright.template.platform import Platform
from tests.nightly import nightly
from tests.templates.green import Green, made
from tests.templates.swapping import swap

ROOT = Path(__file__).parent.parent.parent
USE_CASES = {
    "online-serving": "delivery-time",
    "batch": "building-energy",
    "streaming-recommendation": "songs",
}
# What a version is trained on that the champion beats; a batch must beat its own twin too.
WORSE = {
    "online-serving": ("--seed", "2", "--rows", "400"),
    "batch": ("--seed", "1"),
    "streaming-recommendation": ("--seed", "2", "--events", "2000"),
}
BETTER = {
    "online-serving": ("--seed", "1", "--rows", "20000"),
    "streaming-recommendation": ("--seed", "1", "--events", "60000"),
}

pytestmark = [pytest.mark.slow]


@dataclass(frozen=True)
class Swapped:
    """A fresh project with the second use case copied over it, and the files that this opened."""

    archetype: str
    project: Green
    opened: list[str]


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(
            archetype,
            marks=(
                pytest.mark.xdist_group(f"swap {archetype}"),
                nightly("minutes", unless=archetype == "online-serving"),
            ),
        )
        for archetype in USE_CASES
    ],
)
def swapped(request, tmp_path_factory):
    archetype = request.param
    named = ("--data", f"use_case={USE_CASES[archetype]}")
    project = made(tmp_path_factory.mktemp("swap"), *named, archetype=archetype)
    opened = swap(project.folder, project.package, archetype)
    if (project.folder / "docs/openapi.json").exists():
        project.succeeds("poe", "openapi")
        opened.append("docs/openapi.json")
    return Swapped(archetype, project, opened)


def test_only_her_own_files_are_opened(swapped):
    archetype = Platform(tree=FolderTree(ROOT), source="", version="").archetype(swapped.archetype)

    assert {name: archetype.owner_of(name) for name in swapped.opened} == dict.fromkeys(
        swapped.opened, "yours"
    )


def test_the_readme_says_how_many_files_that_is(swapped):
    assert f"{len(swapped.opened)} files" in (swapped.project.folder / "README.md").read_text()


def test_everything_stays_green(swapped):
    swapped.project.succeeds("poe", "check")
    swapped.project.succeeds("poe", "test")


def test_the_gate_promotes_and_rolls_back(swapped):
    project = swapped.project
    project.succeeds("poe", "train", "--seed", "1")
    project.succeeds("poe", "promote", "1")
    project.succeeds("poe", "train", *WORSE[swapped.archetype])

    refused = project.run("poe", "promote", "2")

    assert refused.returncode == 3, refused.stdout + refused.stderr
    assert "champion 1 has" in refused.stderr or swapped.archetype == "online-serving"
    if swapped.archetype == "batch":
        project.succeeds("poe", "score")
        return
    project.succeeds("poe", "train", *BETTER[swapped.archetype])
    project.succeeds("poe", "promote", "3")
    assert "1" in project.succeeds("poe", "rollback")
