"""A platform lives: teams come and go, rules grow stricter, and the projects that stand go on."""

import json
import shutil

import pytest
import yaml

from modelwright.paths import ANSWERS_FILE
from tests.platform_init.one_platform import make, new_team, policy_of, release
from tests.platforms import git
from tests.policies import BRANDS

DONE, UPDATE_TO_BE_HAD, REFUSED = 0, 1, 3
MADE = 40
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def place(big_made, tmp_path_factory):
    """The platform's first release and 40 projects of it, of every brand."""
    folder = tmp_path_factory.mktemp("years")
    platform = shutil.copytree(big_made, folder / "ml-platform", symlinks=True)
    teams = [f"{brand}-{trade}" for trade in ("demand", "fraud", "search") for brand in BRANDS]
    for team in teams[:MADE]:
        commit(make(platform, team, "sizing-of-orders", folder / team))
    return folder


@pytest.fixture
def platform(place, tmp_path, monkeypatch):
    """That platform where it always was, as it was at its first release."""
    kept = shutil.copytree(place / "ml-platform", tmp_path / "kept", symlinks=True)
    yield place / "ml-platform"
    shutil.rmtree(place / "ml-platform")
    kept.rename(place / "ml-platform")


@pytest.fixture
def projects(place):
    return sorted(path.parent for path in place.glob("*/*/project.yaml"))


@pytest.fixture
def project(place, tmp_path):
    """A copy of one project, to be changed at will."""
    return shutil.copytree(next((place / "belfin-fraud").iterdir()), tmp_path / "project")


def commit(project):
    git(project, "init", "--quiet", "--initial-branch", "main")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "chore: keep")


def dissolved(policy, team):
    """A team that takes no new project any more."""
    assert f"  {team}: {{github" in policy
    return policy.replace(f"  {team}: {{github", f'  {team}: {{retired: "2026-11-01", github')


def stricter(policy):
    """Longer use cases than before are refused."""
    return policy.replace("min_length: 3, max_length: 30", "min_length: 3, max_length: 14")


def test_a_team_for_another_brand_changes_nothing_in_40_projects(run, platform, projects):
    release(platform, "v0.2.0", new_team(policy_of(platform)))

    told = [run("status", project, "--exit-code", "--json") for project in projects]

    documents = [json.loads(ran.out) for ran in told]
    assert len(projects) == MADE
    assert {ran.code for ran in told} == {DONE}
    assert {(d["version"], d["latest"], d["behind"]) for d in documents} == {
        ("v0.1.0", "v0.2.0", 1)
    }
    assert {d["changes"] for d in documents} == {0}
    assert [d["refused"] + d["drift"] + d["warnings"] for d in documents] == [[]] * MADE


def test_a_person_reads_that_nothing_changes(run, platform, projects):
    release(platform, "v0.2.0", new_team(policy_of(platform)))

    ran = run("status", projects[0])

    assert "changes nothing but the version in the answers file" in ran.out


def test_an_update_then_changes_the_answers_file_alone(run, platform, project):
    release(platform, "v0.2.0", new_team(policy_of(platform)))

    ran = run("update", project)

    assert ran.code == DONE, ran.err
    assert git(project, "diff", "--cached", "--name-only").split() == [ANSWERS_FILE]
    changed = git(project, "diff", "--cached", "--unified=0").splitlines()
    assert [line for line in changed if line[:1] in "+-" and line[:3] not in {"+++", "---"}] == [
        "-_commit: v0.1.0",
        "+_commit: v0.2.0",
    ]


def test_what_changes_a_project_is_an_update_to_be_had(run, platform, project):
    policy = policy_of(platform)
    line = next(line for line in policy.splitlines() if line.startswith("  belfin-fraud:"))
    moved = line.replace("cost_centre: CC-", "cost_centre: X-")
    release(platform, "v0.2.0", policy.replace(line, moved))

    ran = run("status", project, "--exit-code")

    assert ran.code == UPDATE_TO_BE_HAD
    assert "next: modelwright update" in ran.out


def test_a_dissolved_team_s_projects_are_warned_and_go_on(run, platform, project):
    release(platform, "v0.2.0", dissolved(policy_of(platform), "belfin-fraud"))

    status = run("status", project, "--exit-code", "--json")
    update = run("update", project, "--json")

    answers = yaml.safe_load((project / ANSWERS_FILE).read_text())
    assert status.code == DONE
    assert "ANS002" in json.loads(status.out)["warnings"][0]
    assert update.code == DONE, update.err
    assert "ANS002" in json.loads(update.out)["warnings"][0]
    assert (answers["team"], answers["_commit"]) == ("belfin-fraud", "v0.2.0")


def test_a_dissolved_team_s_new_project_is_refused(run, platform, tmp_path):
    release(platform, "v0.2.0", dissolved(policy_of(platform), "belfin-fraud"))

    ran = run(
        "new", "online-serving", "--defaults", "--data=team=belfin-fraud", "--platform", platform,
        "--into", tmp_path / "new",
    )  # fmt: skip

    assert ran.code == REFUSED
    assert "ANS002" in ran.err
    assert not (tmp_path / "new").exists()


def test_a_dissolved_team_with_a_successor_names_it(run, platform, project):
    policy = policy_of(platform).replace(
        "  belfin-fraud: {github", "  belfin-fraud: {renamed_to: belfin-demand, github"
    )
    release(platform, "v0.2.0", policy)

    told = json.loads(run("status", project, "--json").out)["warnings"][0]
    updated = json.loads(run("update", project, "--json").out)
    git(project, "commit", "--quiet", "--all", "--message", "chore: update")
    command, _, answer = told.partition("modelwright update ")[2].rpartition(" ")

    assert "renamed" in told
    assert (command, answer) == ("--data", "team=belfin-demand")
    assert updated["warnings"] == [told]
    assert run("update", project, "--data", answer).code == DONE
    answers = yaml.safe_load((project / ANSWERS_FILE).read_text())
    assert answers["team"] == "belfin-demand"
    assert run("status", project, "--json").out.count("ANS002") == 0


def test_a_stricter_rule_warns_and_lets_go_on(run, platform, project):
    release(platform, "v0.2.0", stricter(policy_of(platform)))

    status = run("status", project, "--exit-code", "--json")
    update = run("update", project, "--json")

    answers = yaml.safe_load((project / ANSWERS_FILE).read_text())
    # What a check reads changed, and the project's workflows name its fingerprint.
    assert status.code == UPDATE_TO_BE_HAD
    assert "NAM002" in json.loads(status.out)["warnings"][0]
    assert update.code == DONE, update.err
    assert answers["use_case"] == "sizing-of-orders"
    assert answers["_commit"] == "v0.2.0"


def test_a_stricter_rule_binds_a_new_project(run, platform, tmp_path):
    release(platform, "v0.2.0", stricter(policy_of(platform)))

    ran = run(
        "new", "online-serving", "--defaults", "--data=team=belfin-fraud",
        "--data=use_case=sizing-of-orders", "--platform", platform, "--into", tmp_path / "new",
    )  # fmt: skip

    assert ran.code == REFUSED
    assert "NAM002" in ran.err


def test_one_release_of_everything_leaves_40_projects_on_their_feet(run, platform, projects):
    policy = stricter(dissolved(new_team(policy_of(platform)), "belfin-fraud"))
    release(platform, "v0.2.0", policy)

    told = [run("status", project, "--exit-code", "--json") for project in projects]

    assert {ran.code for ran in told} == {UPDATE_TO_BE_HAD}
    assert all(json.loads(ran.out)["warnings"] for ran in told)
