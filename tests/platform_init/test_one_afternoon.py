"""An organisation of 19 brands and 114 teams, from the first release to a project's green CI."""

import json
import shutil

import pytest
import yaml

from modelwright.adapters.sources.platforms import locate_platform
from modelwright.operations.new.new import render_project
from modelwright.paths import ANSWERS_FILE
from tests.nightly import nightly
from tests.platform_init.one_platform import (
    URL,
    lead,
    make,
    new_team,
    policy_of,
    release,
    with_remote,
)
from tests.templates.real_tools import projects
from tests.templates.real_tools.pipelines import act

JOBS = {
    "policy": ["Check it"],
    "python": ["Lock file in sync", "Install", "Wheel", "Lint", "Format", "Types", "Tests"],
}
DONE, FINDINGS, REFUSED = 0, 1, 3
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def published(big_made, tmp_path_factory):
    """The platform where its URL leads, without a network."""
    place = tmp_path_factory.mktemp("published") / "ml-platform"
    shutil.copytree(big_made, place, symlinks=True)
    patch = pytest.MonkeyPatch()
    lead(patch, place)
    yield place
    patch.undo()


def test_a_project_is_made_by_the_platform_s_address(published, run, tmp_path):
    ran = run(
        "new", "online-serving", "--defaults", "--no-lock", "--data=team=arbora-fraud",
        "--platform", URL, "--into", tmp_path,
    )  # fmt: skip

    answers = yaml.safe_load((tmp_path / "arbora-fraud-scoring-serve" / ANSWERS_FILE).read_text())
    assert ran.code == DONE, ran.err
    assert (answers["_src_path"], answers["_commit"]) == (URL, "v0.1.0")


def test_its_callers_name_the_platform_s_own_repository_and_pin(published, tmp_path):
    project = make(URL, "belfin-search", "ranking", tmp_path)

    pin = json.loads((published / "templates/_shared/workflows.json").read_text())
    for file in (project / ".github/workflows").iterdir():
        text = file.read_text()
        assert "halden" not in text
        assert f"nineteen-shops/ml-platform/.github/actions/modelwright-check@{pin['sha']}" in text


@pytest.mark.tools
@pytest.mark.slow
@pytest.mark.xdist_group("act")
@pytest.mark.parametrize(
    "job",
    # Its Python job is the sample platform's, to the byte.
    [pytest.param(job, marks=nightly("minutes of act", unless=job == "policy")) for job in JOBS],
)
def test_its_pull_request_is_green(job, published, tmp_path):
    project = make(URL, "corvel-pricing", "price-advice", tmp_path)
    projects.lock(project)
    with_remote(project)

    outcome = act(
        project, "pull_request", "ci.yml", "--job", job, stubs=tmp_path / "stubs",
        platform=published,
    )  # fmt: skip

    assert outcome.failed == [], outcome.log[-4000:]
    assert outcome.code == DONE
    assert [name for name in outcome.steps if name in JOBS[job]] == JOBS[job]


def test_a_team_for_another_brand_changes_nothing_in_40_projects(big, tmp_path):
    before = locate_platform(str(big))
    teams = list(before.policy["teams"])[:40]
    release(big, "v0.2.0", new_team(policy_of(big)))
    after = locate_platform(str(big))

    assert "sundby-gifts" in after.policy["teams"]
    for team in teams:
        given = {"team": team, "brand": before.policy["teams"][team]["brands"][0],
                 "use_case": "sizing", "description": "Says which size fits"}  # fmt: skip
        (_, old), (_, new) = (render_project(p, "online-serving", given) for p in (before, after))
        assert {path for path in new if new[path] != old.get(path)} == {ANSWERS_FILE}
        assert set(new) == set(old)
        changed = zip(*(f[ANSWERS_FILE].content.decode().splitlines() for f in (old, new)),
                      strict=True)  # fmt: skip
        assert [pair for pair in changed if pair[0] != pair[1]] == [
            ("_commit: v0.1.0", "_commit: v0.2.0"),
            ("born: v0.1.0", "born: v0.2.0"),
        ]


def test_the_new_team_s_project_is_within_policy(big, run, tmp_path):
    release(big, "v0.2.0", new_team(policy_of(big)))
    project = make(str(big), "sundby-gifts", "wrapping", tmp_path)
    projects.lock(project)

    ran = run("check", project)

    assert ran.code == DONE, ran.out


@pytest.mark.tools
@pytest.mark.slow
@pytest.mark.xdist_group("act")
def test_the_pinned_check_of_an_older_policy_is_green_for_the_new_team(published, tmp_path):
    policy = policy_of(published)
    release(published, "v0.2.0", new_team(policy).replace("CC-4001", "CC-4998"))
    for team in ("sundby-gifts", "arbora-fraud"):
        project = make(f"{URL}@v0.2.0", team, "wrapping", tmp_path)
        projects.lock(project)
        with_remote(project)

        outcome = act(
            project, "pull_request", "ci.yml", "--job", "policy", stubs=tmp_path / team,
            platform=published,
        )  # fmt: skip

        assert outcome.code == DONE, outcome.log[-4000:]
