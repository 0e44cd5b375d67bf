"""A team or brand that came after the first release, and a version with nothing in common."""

import shutil

import pytest
import yaml

from tests.adopt.conftest import ARCHETYPE, GIVEN, commit
from tests.platforms import change_policy, git, release

DONE, REFUSED = 0, 3
TEAM = (
    "  kitto-gifts: {github: kitto-gifts, brands: [BRAND], cost_centre: CC-6310,"
    " contact: gifts@halden-retail.example}\n"
)


@pytest.fixture
def platform(history, tmp_path):
    """A fourth release with a team more, and with a brand of its own."""
    folder = shutil.copytree(history, tmp_path / "platform", symlinks=True)
    policy = (folder / "platform.yml").read_text()
    brand = policy[policy.index("  kitto:\n") : policy.index("\nteams:\n")]
    policy = policy.replace(brand, brand + brand.replace("kitto", "nova"))
    teams = TEAM.replace("BRAND", "kitto") + TEAM.replace("kitto-", "nova-").replace(
        "BRAND", "nova"
    )
    change_policy(folder, policy.replace("\nteams:\n", f"\nteams:\n{teams}"))
    release(folder, "v1.3.0")
    return folder


@pytest.fixture
def made(run, platform, tmp_path):
    """Make a project of the newest release, and forget where it came from."""

    def made(team):
        given = {**GIVEN, "team": team}
        data = [f"--data={name}={value}" for name, value in given.items()]
        ran = run(
            "new", ARCHETYPE, "--defaults", "--no-lock", "--no-git", "--platform", platform,
            "--into", tmp_path / "made", *data,
        )  # fmt: skip
        assert ran.code == DONE, ran.err
        project = next((tmp_path / "made").iterdir())
        (project / ".copier-answers.yml").unlink()
        git(project, "init", "--quiet")
        commit(project)
        return project

    return made


@pytest.mark.parametrize("team", ["kitto-gifts", "nova-gifts"])
def test_a_team_or_brand_newer_than_the_first_release_is_adopted(team, run, made, platform):
    project = made(team)
    readme = project / "README.md"
    readme.write_text(f"{readme.read_text()}Ours.\n")
    commit(project)

    ran = run("adopt", project, "--archetype", ARCHETYPE, "--source", platform)

    answers = yaml.safe_load((project / ".copier-answers.yml").read_text())
    assert ran.code == DONE, ran.err
    assert (answers["team"], answers["_commit"]) == (team, "v1.3.0")


@pytest.mark.parametrize("team", ["kitto-gifts", "nova-gifts"])
def test_a_version_that_does_not_know_them_is_refused(team, run, made, platform):
    project = made(team)

    data = [f"--data={name}={value}" for name, value in {**GIVEN, "team": team}.items()]

    ran = run(
        "adopt", project, "--archetype", ARCHETYPE, "--source", platform, "--to", "v1.0.0",
        f"--data=brand={team.partition('-')[0]}", *data,
    )  # fmt: skip

    assert ran.code == REFUSED, ran.err
    assert team in ran.err


@pytest.mark.parametrize("apply", [(), ("--apply",)], ids=["written", "applied"])
def test_a_version_with_nothing_in_common_is_refused(apply, run, platform, tmp_path):
    folder = tmp_path / "kitto-churn-serve"
    folder.mkdir()
    (folder / "notes.txt").write_text("Says who leaves.\n")
    git(folder, "init", "--quiet")
    commit(folder)

    ran = run(
        "adopt", folder, "--archetype", ARCHETYPE, "--source", platform, "--to", "v1.1.0",
        "--data=team=kitto-marketing", "--data=description=Says who leaves", *apply,
    )  # fmt: skip

    assert ran.code == REFUSED
    assert "nothing in common" in ran.err
    assert "--managed-only" in ran.err
    assert not (folder / ".copier-answers.yml").exists()
