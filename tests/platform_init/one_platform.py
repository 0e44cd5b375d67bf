"""One organisation's platform and its projects, for the tests of its life."""

from modelwright.adapters.sources.platforms import locate_platform
from modelwright.operations.new.new import new_project
from tests.platforms import change_policy, git

URL = "https://github.com/nineteen-shops/ml-platform"


def lead(patch, place):
    """Let the platform's address lead to a folder, without a network."""
    patch.setenv("GIT_CONFIG_COUNT", "1")
    patch.setenv("GIT_CONFIG_KEY_0", f"url.file://{place}.insteadOf")
    patch.setenv("GIT_CONFIG_VALUE_0", URL)


def policy_of(platform):
    return (platform / "platform.yml").read_text()


def release(platform, tag, policy):
    change_policy(platform, policy)
    git(platform, "add", "--all")
    git(platform, "commit", "--quiet", "--message", f"feat: {tag}")
    git(platform, "tag", tag)


def make(place, team, use_case, into, **given):
    platform = locate_platform(str(place))
    brand = platform.policy["teams"][team]["brands"][0]
    made = new_project(
        platform, "online-serving", into,
        given={"team": team, "brand": brand, "use_case": use_case, **given},
        defaults=True, ask=None,
    )  # fmt: skip
    return made.folder


def with_remote(project):
    git(project, "remote", "add", "origin", f"https://github.com/nineteen-shops/{project.name}")
    return project


def new_team(policy):
    """A team more, for the last brand."""
    return policy.replace(
        "\navailable:",
        "  sundby-gifts: {github: sundby-gifts, brands: [sundby], cost_centre: CC-4999,"
        " contact: gifts@halden-retail.example}\n\navailable:",
        1,
    )
