"""After an edited policy a project's pipeline is green, though it cannot read the platform."""

import shutil
import subprocess

import pytest

from modelwright.operations.platform.pin import move_pin
from tests.platform_init.one_platform import URL, lead, make, policy_of, with_remote
from tests.platforms import change_policy, git
from tests.templates.real_tools import projects
from tests.templates.real_tools.pipelines import act

DONE = 0


def no_access(tmp_path):
    """A runner that cannot read the platform, and has never read it before."""
    packages = subprocess.check_output(["uv", "cache", "dir"], text=True).strip()
    env = {
        "GIT_ALLOW_PROTOCOL": "none",
        "XDG_CACHE_HOME": str(tmp_path / "nothing"),
        "UV_CACHE_DIR": packages,
    }
    return [f"--env={name}={value}" for name, value in env.items()]


@pytest.mark.tools
@pytest.mark.slow
@pytest.mark.xdist_group("act")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("pinned", "said"),
    [(True, "by the policy of v0.2.0"), (False, "without the policy of v0.2.0 (unverified)")],
    ids=["pinned", "forgotten"],
)
def test_an_edited_tag_leaves_the_pipeline_green(pinned, said, big_made, tmp_path, monkeypatch):
    platform = shutil.copytree(big_made, tmp_path / "ml-platform", symlinks=True)
    change_policy(platform, policy_of(platform).replace("  team: team", "  owner: team"))
    git(platform, "commit", "--quiet", "--all", "--message", "feat: our tag")
    if pinned:
        git(platform, "tag", move_pin(platform).version)
        git(platform, "commit", "--quiet", "--all", "--message", "feat: pin")
    git(platform, "tag", "v0.2.0")
    with monkeypatch.context() as patch:
        lead(patch, platform)
        project = make(f"{URL}@v0.2.0", "arbora-fraud", "wrapping", tmp_path)
    projects.lock(project)
    with_remote(project)

    outcome = act(
        project, "pull_request", "ci.yml", "--job", "policy", *no_access(tmp_path),
        stubs=tmp_path / "stubs", platform=platform,
    )  # fmt: skip

    assert outcome.code == DONE, outcome.log[-4000:]
    assert outcome.steps["Check it"] == "success"
    (verdict,) = [line for line in outcome.log.splitlines() if line.startswith("judged by")]
    assert verdict == f"judged by {URL} {said}"
