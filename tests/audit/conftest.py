"""A platform that stands still, projects made from it, and the check of a copy."""

import shutil
from dataclasses import replace
from datetime import date

import pytest

from modelwright.adapters.disk.tree import FolderTree
from modelwright.operations.judge.check import check_project
from modelwright.operations.new.new import new_project
from modelwright.template.platform import Platform
from tests.platforms import platform_copy

TODAY = date(2026, 11, 22)
WHOLE = {"databricks": True, "compose": True}


@pytest.fixture(scope="session")
def platform(tmp_path_factory):
    """The sample's platform, as it stands when the tests begin."""
    root = platform_copy(tmp_path_factory.mktemp("platform") / "platform")
    return Platform(tree=FolderTree(root), source=str(root), version="")


@pytest.fixture(scope="session")
def make(platform, tmp_path_factory):
    """Make a project with a lock file."""

    def make(**given):
        into = tmp_path_factory.mktemp("made")
        made = new_project(
            platform, "online-serving", into, given=given, defaults=True, ask=None
        ).folder
        (made / "uv.lock").write_text("version = 1\n")
        return made

    return make


@pytest.fixture(scope="session")
def made(make):
    """A project with every deployment target."""
    return make(**WHOLE)


@pytest.fixture
def project(made, tmp_path):
    """A copy of the project, to be changed."""
    return shutil.copytree(made, tmp_path / made.name)


@pytest.fixture
def check(platform):
    """Check a folder as of a day; `version` is what the platform says of itself."""

    def check(folder, *, today=TODAY, version=""):
        judge = replace(platform, version=version)
        return check_project(folder, open_platform=lambda *_: judge, today=today)

    return check


@pytest.fixture
def owner_of(platform):
    return platform.archetype("online-serving").owner_of
