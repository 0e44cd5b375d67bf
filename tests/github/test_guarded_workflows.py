"""Nobody changes the workflows that judge a project without the platform team."""

import pytest
import yaml

from modelwright.adapters.sources.platforms import locate_platform
from modelwright.operations.new.new import render_project
from modelwright.provisioning.desired_state import desired_state
from tests.platforms import ROOT, platform_copy

ANSWERS = {"team": "norda-fraud", "use_case": "wrapping", "description": "Wraps gifts"}
TEAM = "github: {visibility: private, approvals: 0, platform_team: ml-platform"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """The sample, whose policy names a platform team and asks for no approvals."""
    return locate_platform(
        str(
            platform_copy(
                tmp_path_factory.mktemp("platform") / "p",
                **{"github: {visibility: private, approvals: 1": TEAM},
            )
        )
    )


def wanted(platform):
    answers, files = render_project(platform, "online-serving", dict(ANSWERS))
    texts = {path: file.content.decode() for path, file in files.items() if ".github/" in path}
    kept = {**answers.stored_values, "archetype": "online-serving"}
    return texts, desired_state(platform.policy, kept, texts, ["Within policy"])


def test_the_platform_team_owns_the_workflows_and_the_last_line_decides(guarded):
    texts, _ = wanted(guarded)

    lines = [line for line in texts[".github/CODEOWNERS"].splitlines() if line[:1] not in ("#", "")]

    assert lines == ["* @halden-retail/norda-fraud", "/.github/ @halden-retail/ml-platform"]


def test_it_may_write_for_only_then_it_counts_as_an_owner(guarded):
    _, desired = wanted(guarded)

    assert desired.teams == {"ml-platform": "push", "norda-fraud": "push"}
    assert "ml-platform" in desired.code_owners


def test_its_approval_is_asked_for_even_where_no_other_is(guarded):
    _, desired = wanted(guarded)

    (reviews,) = [rule for rule in desired.ruleset["rules"] if rule["type"] == "pull_request"]
    assert reviews["parameters"]["require_code_owner_review"] is True
    assert reviews["parameters"]["required_approving_review_count"] == 0


def test_without_a_platform_team_the_file_is_as_before():
    texts, desired = wanted(locate_platform(str(ROOT)))

    assert "/.github/" not in texts[".github/CODEOWNERS"]
    assert set(desired.teams) == {"norda-fraud"}


def test_the_required_workflow_judges_by_the_platform_s_own_action():
    text = (ROOT / "organisation/.github/workflows/within-policy.yml").read_text()
    workflow = yaml.safe_load(text.replace("\non:", "\n'on':"))

    assert set(workflow["on"]) == {"pull_request", "merge_group"}
    (job,) = workflow["jobs"].values()
    assert job["permissions"] == {"contents": "read"}
    assert job["steps"][-1]["uses"] == "$/.github/actions/modelwright-check"
