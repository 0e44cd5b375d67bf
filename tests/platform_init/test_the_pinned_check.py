"""The check in a pull request stands at the pin, so its policy is older than the project's.

What came or changed in the policy since must not turn a project red; what disagrees in it must.
"""

import shutil

import pytest

from tests.platform_init.one_platform import (
    URL,
    lead,
    make,
    new_team,
    policy_of,
    release,
    with_remote,
)
from tests.platform_init.upstream import run_from
from tests.platforms import git

DONE, FINDINGS = 0, 1


@pytest.fixture(scope="module")
def platform(big_made, tmp_path_factory):
    """The platform with a second release: a team and a brand more, and another cost centre."""
    folder = tmp_path_factory.mktemp("second")
    place = shutil.copytree(big_made, folder / "ml-platform", symlinks=True)
    policy = new_team(policy_of(place)).replace("CC-4001", "CC-4998")
    brand = policy[policy.index("  sundby:\n") : policy.index("\nteams:")]
    policy = policy.replace(brand, brand + brand.replace("sundby", "thorvik"))
    policy = policy.replace(
        "\navailable:",
        "  thorvik-search: {github: thorvik-search, brands: [thorvik], cost_centre: CC-4997,"
        " contact: search@thorvik.example}\n\navailable:",
    )
    fraud = "belfin-fraud, brands: [belfin"
    assert fraud in policy
    policy = policy.replace(fraud, f"{fraud}, lumo")
    release(place, "v0.2.0", policy)
    git(folder, "clone", "--quiet", "--branch", "ci-v1", str(place), "pinned")
    shutil.rmtree(folder / "pinned/.git")
    return place


def nothing(project):
    pass


@pytest.fixture
def checked(platform, tmp_path, monkeypatch):
    """Make a project of the second release and check it by the pinned program."""

    def checked(team, change=nothing, **more):
        with monkeypatch.context() as patch:
            lead(patch, platform)
            project = make(f"{URL}@v0.2.0", team, "wrapping", tmp_path, **more)
        (project / "uv.lock").write_text("version = 1\n")
        git(project, "init", "--quiet")
        with_remote(project)
        change(project)
        return run_from(
            platform.parent / "pinned", "check", project, cwd=tmp_path, XDG_CACHE_HOME=str(tmp_path)
        )

    return checked


@pytest.mark.parametrize(
    ("team", "more"),
    [
        ("belfin-search", {}),
        ("arbora-fraud", {}),
        ("sundby-gifts", {}),
        ("thorvik-search", {}),
        ("belfin-fraud", {"brand": "lumo"}),
    ],
    ids=["as it was", "another cost centre", "a new team", "a new brand", "a brand more"],
)
def test_what_changed_in_the_policy_since_is_no_finding(team, more, checked):
    ran = checked(team, **more)

    assert ran.returncode == DONE, ran.stdout + ran.stderr


def test_a_brand_that_the_pinned_policy_does_not_know_is_unverified(checked):
    ran = checked("thorvik-search")

    assert ran.stdout.splitlines()[0].endswith("without the policy of v0.2.0 (unverified)")
    assert "warning PLT003" in ran.stdout
    assert "--platform" in ran.stdout


def other_tag(project):
    for file in project.rglob("deploy/k8s/base/*.yaml"):
        file.write_text(file.read_text().replace("CC-4999", "CC-1"))


def other_owner(project):
    record = project / "project.yaml"
    record.write_text(record.read_text().replace('owner: "sundby-gifts"', 'owner: "nobody"'))


def plain_secret(project):
    # Put together here, so that no scanner takes this file for a leak.
    value = "ghp_" + "a1B2c3D4e5" * 4
    (project / "notes.md").write_text(f"{value[:40]}\n")


@pytest.mark.parametrize("change", [other_tag, other_owner, plain_secret])
def test_what_disagrees_in_the_project_itself_is_a_finding(change, checked):
    ran = checked("sundby-gifts", change)

    assert ran.returncode == FINDINGS, ran.stdout


def other_source(project):
    answers = project / ".copier-answers.yml"
    answers.write_text(answers.read_text().replace(URL, "https://github.com/mallory/platform"))


def test_a_program_of_the_platform_judges_in_its_name_alone(checked):
    ran = checked("sundby-gifts", other_source)

    assert ran.returncode == FINDINGS
    assert ran.stdout.startswith(f"judged by {URL}")
    assert "PLT001" in ran.stdout
