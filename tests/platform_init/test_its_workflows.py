"""The workflows of an organisation's platform are sound, and its own check runs."""

import pytest

from tests.platforms import git
from tests.templates.real_tools.pipelines import act
from tests.templates.real_tools.toolbox import run as run_tool
from tests.templates.real_tools.toolbox import tool

pytestmark = pytest.mark.tools


@pytest.fixture
def files(big_made):
    return sorted((big_made / ".github/workflows").glob("*.yml"))


def test_every_workflow_has_a_valid_form(files):
    run_tool(tool("check-jsonschema"), "--builtin-schema", "vendor.github-workflows", *files)


def test_actionlint_finds_nothing(files, big_made):
    tool("shellcheck")

    run_tool(tool("actionlint"), *files, cwd=big_made)


def test_zizmor_finds_nothing_at_its_strictest(files):
    run_tool(tool("zizmor"), "--offline", "--persona", "pedantic", *files)


@pytest.mark.slow
@pytest.mark.xdist_group("act")
@pytest.mark.parametrize("sound", [True, False], ids=["a sound change", "a fault in the policy"])
def test_its_own_pull_request_is_judged(sound, init, tmp_path):
    assert init().code == 0
    platform = tmp_path / "ml-platform"
    if not sound:
        policy = platform / "platform.yml"
        policy.write_text(policy.read_text().replace("auth: oidc", "auth: oidd", 1))
        git(platform, "commit", "--quiet", "--all", "--message", "feat: a fault")

    outcome = act(platform, "pull_request", "platform.yml", stubs=tmp_path / "stubs")

    assert (outcome.code == 0) == sound, outcome.log[-3000:]
    assert ("oidd" in outcome.log) != sound
