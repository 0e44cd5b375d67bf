"""Every edit that the documents describe: edited, released, and no project's pipeline turns red.

Each project is checked as its own CI does it: by the commit that its workflows call, without any
access to the platform's repository.
"""

import subprocess

import pytest
import yaml

from modelwright.adapters.sources.platforms import locate_platform
from modelwright.operations.new.new import new_project
from modelwright.operations.platform.pin import move_pin, stale_pin
from tests.platform_init.upstream import run_from
from tests.platforms import change_policy, git

DONE = 0
URL = "https://github.com/acme-stores/ml-platform"
ARCHETYPES = ("batch", "online-serving", "streaming-recommendation")


def swap(old, new):
    def edit(policy):
        assert old in policy
        return policy.replace(old, new)

    return edit


BRAND = """\
  nova:
    cloud: gcp
    region: europe-west4
    registry: europe-west4-docker.pkg.dev/nova-ml/ml
    runtime: kubernetes
    auth: oidc
    capabilities: []
    monitoring: none
    databricks: {}
"""
SECRET = (
    '  - {name: "{BRAND}_FEATURE_STORE_TOKEN", purpose: reads the feature store, kind: secret,'
    " level: organisation, owner: platform, rotated_by: platform}\n"
)


def new_brand(policy):
    policy = policy.replace("\nteams:\n", f"\n{BRAND}\nteams:\n".replace("\n\n  nova", "\n  nova"))
    return policy.replace("brands: [acme]", "brands: [acme, nova]", 1)


TEAM = "  acme-new: {github: n, brands: [acme], cost_centre: CC-9, contact: n@acme.example}\n"
# Each edit, and whether a check reads what it changes, so that the pin has to move.
EDITS = {
    "names": (swap("max_length: 40,\n     wording", "max_length: 44,\n     wording"), True),
    "pattern of names": (
        swap("{brand}-{use_case}-{suffix}", "{use_case}-{brand}-{suffix}"),
        True,
    ),
    "tags": (swap("  cost-centre: cost_centre", "  billing-code: cost_centre"), True),
    "tag prefix": (swap("cost_tag_prefix: ", "cost_tag_prefix: new."), True),
    "suffix": (swap("{suffix: serve}", "{suffix: api}"), True),
    "empty suffix": (swap("{suffix: serve}", '{suffix: ""}'), True),
    "brand": (new_brand, True),
    "team": (swap("\nteams:\n", f"\nteams:\n{TEAM}"), False),
    "cost centre": (swap("cost_centre: CC-4100", "cost_centre: CC-4101"), False),
    "environment": (swap("environments: [dev, staging, prod]", "environments: [dev, prod]"), True),
    "registry": (swap("acmeml.azurecr.io/ml", "acmeml.azurecr.io/models"), False),
    "region": (swap("region: westeurope", "region: northeurope"), False),
    "authentication": (swap("auth: oidc\n", "auth: client-secret\n"), True),
    "retention": (swap("personal: {retention_days: 30}", "personal: {retention_days: 60}"), False),
    "secret": (swap("\nsecrets:\n", f"\nsecrets:\n{SECRET}"), True),
    "index": (swap('package_index: ""', "package_index: https://pypi.acme.example/simple"), True),
}


@pytest.fixture
def platform(init, tmp_path):
    made = init(
        brands="acme", teams="acme-fraud", **{
            "brands__bolt__cloud": None, "brands__bolt__registry": None, "brands__bolt__auth": None,
            "teams__bolt-search__cost_centre": None, "teams__bolt-search__contact": None,
            "teams__acme-fraud__cost_centre": "CC-4100",
        },
    )  # fmt: skip
    assert made.code == DONE, made.err
    return tmp_path / "ml-platform"


def release(platform, tag):
    """Do what `docs/platform.md` says: commit, pin where it is needed, tag."""
    git(platform, "commit", "--quiet", "--all", "--message", f"feat: {tag}")
    moved = move_pin(platform)
    if moved:
        git(platform, "tag", moved.version)
        git(platform, "commit", "--quiet", "--all", "--message", "feat: pin")
    git(platform, "tag", tag)
    return moved


def pinned(platform, into):
    """The download of the commit that projects call."""
    sha = yaml.safe_load((platform / "templates/_shared/workflows.json").read_text())["sha"]
    into.mkdir()
    archive = subprocess.run(
        ["git", "archive", sha], cwd=platform, capture_output=True, check=True
    ).stdout
    subprocess.run(["tar", "x", "-C", str(into)], input=archive, check=True)
    return into


def projects(platform, tag, into):
    """One project of each archetype, made of a release, as its address would give it."""
    opened = locate_platform(f"{platform}@{tag}")
    for archetype in ARCHETYPES:
        given = {"team": "acme-fraud", "brand": "acme", "use_case": "wrapping"}
        folder = new_project(opened, archetype, into, given=given, defaults=True, ask=None).folder
        answers = folder / ".copier-answers.yml"
        answers.write_text(
            answers.read_text().replace(f"_src_path: {platform}", f"_src_path: {URL}")
        )
        (folder / "uv.lock").write_text("version = 1\n")
        yield folder


def checked(download, project, tmp_path):
    return run_from(
        download, "check", "--platform", download, project, cwd=tmp_path,
        XDG_CACHE_HOME=str(tmp_path / "cache"), GIT_ALLOW_PROTOCOL="none",
    )  # fmt: skip


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_and_its_release_leave_every_pipeline_green(name, platform, tmp_path):
    edit, moves = EDITS[name]
    change_policy(platform, edit((platform / "platform.yml").read_text()))

    moved = release(platform, "v1.0.0")

    assert (moved is not None) is moves
    assert not stale_pin(platform)
    download = pinned(platform, tmp_path / "download")
    for project in projects(platform, "v1.0.0", tmp_path / "projects"):
        ran = checked(download, project, tmp_path)
        assert ran.returncode == DONE, ran.stdout + ran.stderr
        assert ran.stdout.splitlines()[0] == f"judged by {URL} by the policy of v1.0.0"
        assert "TAG" not in ran.stdout


@pytest.mark.parametrize("name", [name for name, (_, moves) in EDITS.items() if moves])
def test_a_release_that_forgot_the_pin_leaves_them_unverified_and_green(name, platform, tmp_path):
    edit, _ = EDITS[name]
    change_policy(platform, edit((platform / "platform.yml").read_text()))
    git(platform, "commit", "--quiet", "--all", "--message", "feat: edited")
    git(platform, "tag", "v1.0.0")

    assert stale_pin(platform) == "the policy"
    project = next(projects(platform, "v1.0.0", tmp_path / "projects"))
    ran = checked(pinned(platform, tmp_path / "download"), project, tmp_path)
    assert ran.returncode == DONE, ran.stdout + ran.stderr
    # A brand more changes nothing for the others.
    assert ("PLT003" in ran.stdout) is (name != "brand")
