"""`platform sync --pin` moves the pin for a reason, and to a commit that projects can call."""

import json

import pytest

from tests.platforms import git

DONE, SURROUNDINGS = 0, 4
PIN = "templates/_shared/workflows.json"
WORKFLOW = ".github/workflows/python-ci.yml"


@pytest.fixture
def platform(init, tmp_path):
    assert init("--tag").code == DONE
    return tmp_path / "ml-platform"


def pin_of(platform):
    return json.loads((platform / PIN).read_text())


def change(platform, path, text):
    with (platform / path).open("a") as file:
        file.write(text)


def commit(platform):
    git(platform, "add", "--all")
    git(platform, "commit", "--quiet", "--message", "chore: keep")
    return git(platform, "rev-parse", "HEAD").strip()


def test_a_release_of_policy_alone_leaves_the_pin(run, platform):
    before = pin_of(platform)
    change(platform, "platform.yml", "# edited\n")
    run("platform", "sync", platform)
    commit(platform)

    ran = run("platform", "sync", "--pin", platform)

    assert ran.code == DONE, ran.err
    assert "the pin stays" in ran.out
    assert pin_of(platform) == before


def test_changed_workflows_move_it_and_everything_follows(run, platform):
    change(platform, WORKFLOW, "# edited\n")
    head = commit(platform)

    ran = run("platform", "sync", "--pin", platform, "--json")

    document = json.loads(ran.out)
    assert ran.code == DONE, ran.err
    assert pin_of(platform) == {"sha": head, "version": "ci-v2"} == document["pin"]
    assert "templates/_shared/context.jinja" in document["written"]
    assert head in (platform / "templates/_shared/context.jinja").read_text()
    assert run("platform", "check", platform).code == DONE


def test_the_next_pin_counts_on(run, platform):
    for number in (2, 3):
        change(platform, WORKFLOW, f"# {number}\n")
        commit(platform)
        run("platform", "sync", "--pin", platform)
        assert pin_of(platform)["version"] == f"ci-v{number}"
        commit(platform)


def test_what_is_not_committed_is_not_pinned(run, platform):
    change(platform, WORKFLOW, "# edited\n")

    ran = run("platform", "sync", "--pin", platform)

    assert ran.code == SURROUNDINGS
    assert "not committed" in ran.err


def test_what_is_not_on_main_is_not_pinned(run, platform):
    git(platform, "switch", "--quiet", "--create", "newer-python")
    change(platform, WORKFLOW, "# edited\n")
    commit(platform)

    ran = run("platform", "sync", "--pin", platform)

    assert ran.code == SURROUNDINGS
    assert "is not on main yet" in ran.err


def test_what_is_not_on_the_published_main_is_not_pinned(run, platform, tmp_path):
    git(tmp_path, "clone", "--quiet", str(platform), "clone")
    clone = tmp_path / "clone"
    change(clone, WORKFLOW, "# edited\n")
    commit(clone)

    assert run("platform", "sync", "--pin", clone).code == SURROUNDINGS
    git(clone, "push", "--quiet", "origin", "main:refs/heads/published")
    git(platform, "merge", "--quiet", "--ff-only", "published")
    git(clone, "fetch", "--quiet")
    assert run("platform", "sync", "--pin", clone).code == DONE


def test_another_package_index_asks_for_a_new_pin_since_its_login_goes_there(run, platform):
    policy = platform / "platform.yml"
    index = "https://packages.example.org/simple"
    text = policy.read_text()
    policy.write_text(text.replace('package_index: ""', f"package_index: {index}"))
    assert policy.read_text() != text
    run("platform", "sync", platform)
    head = commit(platform)

    assert run("platform", "sync", "--pin", platform).code == DONE

    assert pin_of(platform)["sha"] == head
    pinned = git(platform, "show", f"{head}:templates/_shared/policy.json")
    assert json.loads(pinned)["available"]["package_index"] == index
