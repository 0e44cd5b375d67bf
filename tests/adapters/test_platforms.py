"""Which platform a command works with, and how one is fetched."""

import pytest

from modelwright.adapters.sources.platforms import configure, locate_platform, platform_for
from modelwright.errors import ExternalSystemError, RefusedError
from tests.platforms import git, platform_copy, release


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    """Another organisation's platform with two releases."""
    folder = platform_copy(
        tmp_path_factory.mktemp("theirs") / "platform",
        **{"Halden Retail": "Other Shops", "sample: true": "sample: false"},
    )
    release(folder, "v1.9.0")
    (folder / "CHANGES").write_text("second")
    release(folder, "v1.10.0")
    return folder


@pytest.fixture(autouse=True)
def _fresh(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def organisation(platform):
    return platform.policy["organisation"]["name"]


def test_with_nothing_said_it_is_the_sample():
    assert platform_for("").sample


def test_a_folder_is_read_as_it_stands(theirs):
    platform = platform_for(str(theirs))

    assert organisation(platform) == "Other Shops"
    assert platform.source == str(theirs)
    assert platform.version == "v1.10.0"


def test_a_folder_with_an_at_in_its_name_is_read_as_it_stands(tmp_path):
    folder = platform_copy(tmp_path / "owner-platform@0123abc")

    assert locate_platform(str(folder)).source == str(folder)


def test_the_command_line_wins_over_the_environment_and_that_over_the_configuration(
    theirs, tmp_path, monkeypatch
):
    third = platform_copy(tmp_path / "third", **{"Halden Retail": "Third"})
    fourth = platform_copy(tmp_path / "fourth", **{"Halden Retail": "Fourth"})

    configure(str(fourth))
    assert organisation(platform_for("")) == "Fourth"
    monkeypatch.setenv("MODELWRIGHT_PLATFORM", str(third))
    assert organisation(platform_for("")) == "Third"
    assert organisation(platform_for(str(theirs))) == "Other Shops"


def test_a_url_gives_its_newest_release(theirs):
    platform = locate_platform(f"file://{theirs}")

    assert platform.version == "v1.10.0"
    assert platform.source == f"file://{theirs}"
    assert platform.tree.read("CHANGES") == b"second"


def test_a_url_gives_the_release_that_is_named(theirs):
    platform = locate_platform(f"file://{theirs}@v1.9.0")

    assert platform.version == "v1.9.0"
    with pytest.raises(KeyError):
        platform.tree.read("CHANGES")


def test_what_was_fetched_once_needs_no_network(theirs, tmp_path):
    moving = tmp_path / "moving"
    git(tmp_path, "clone", "--quiet", str(theirs), "moving")
    locate_platform(f"file://{moving}@v1.9.0")
    moving.rename(tmp_path / "gone")

    assert locate_platform(f"file://{moving}@v1.9.0").version == "v1.9.0"


def test_a_release_that_is_not_there_is_refused_and_others_are_named(theirs):
    with pytest.raises(RefusedError) as refused:
        locate_platform(f"file://{theirs}@v3.0.0")

    assert "v1.9.0" in refused.value.next_step


def test_a_url_that_cannot_be_reached_is_said(tmp_path):
    with pytest.raises(ExternalSystemError):
        locate_platform(f"file://{tmp_path}/nothing")


@pytest.mark.parametrize("url", ["ext::sh -c touch% /tmp/owned", "--upload-pack=touch://x"])
def test_a_url_never_runs_a_program(url, tmp_path):
    with pytest.raises((ExternalSystemError, RefusedError)):
        locate_platform(url)


def test_a_platform_without_releases_asks_for_a_branch(tmp_path):
    folder = platform_copy(tmp_path / "young")
    git(folder, "init", "--quiet", "--initial-branch", "main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "feat: begin")

    with pytest.raises(RefusedError, match="no release"):
        locate_platform(f"file://{folder}")
    assert locate_platform(f"file://{folder}@main").version == "main"


def test_a_policy_that_was_edited_and_not_synced_is_refused(tmp_path):
    folder = platform_copy(tmp_path / "edited")
    with (folder / "platform.yml").open("a") as file:
        file.write("# edited\n")

    with pytest.raises(RefusedError, match="not written for this policy"):
        _ = locate_platform(str(folder)).policy


def test_a_configuration_that_cannot_be_read_is_said(tmp_path):
    path = configure("x")
    path.write_text("platform = [")

    with pytest.raises(RefusedError, match="cannot be read"):
        platform_for("")
