"""`modelwright update` in an organisation's platform: nothing of theirs is lost, all is green."""

import json
import shlex
import shutil

import pytest

from tests.platform_init.organisation import ANSWERS
from tests.platform_init.upstream import release, released, run_from
from tests.platforms import git

DONE, CONFLICTS, USAGE, SURROUNDINGS = 0, 1, 2, 4
PROJECT = "templates/online-serving/{{ cookiecutter.repo_name }}"


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """Modelwright's first release and a platform that was made of it."""
    folder = tmp_path_factory.mktemp("first")
    upstream = released(folder / "modelwright")
    data = [f"--data={name}={value}" for name, value in ANSWERS.items()]
    made = run_from(upstream, "platform", "init", "ml-platform", *data, "--tag", cwd=folder)
    assert made.returncode == 0, made.stderr
    return folder


@pytest.fixture
def upstream(first, tmp_path):
    """Modelwright, with a second release."""
    place = shutil.copytree(first / "modelwright", tmp_path / "modelwright", symlinks=True)
    append(place / PROJECT / "main.py", "# newer\n")
    append(place / "organisation/README.md", "\n## Newer\n")
    replace(place / "platform.yml", "devcontainer: false", "devcontainer: true")
    replace(place / "platform.yml", "retention_days: 400", "retention_days: 300")
    (place / "templates/_shared/newer.md").write_text("newer\n")
    (place / "CHANGELOG.md").write_text("# Changelog\n\n## 0.2.0\n\n- A newer template.\n")
    release(place, "v0.2.0")
    return place


@pytest.fixture
def platform(first, tmp_path):
    return shutil.copytree(first / "ml-platform", tmp_path / "ml-platform", symlinks=True)


def append(file, text):
    file.write_text(file.read_text() + text)


def replace(file, old, new):
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def commit(platform):
    git(platform, "add", "--all")
    git(platform, "commit", "--quiet", "--message", "chore: keep")


def edit(platform, run):
    """Do what a platform team does: a team more, another template, a file of its own."""
    replace(
        platform / "platform.yml", "\navailable:",
        "  bolt-fraud: {github: bolt-fraud, brands: [bolt], cost_centre: CC-3, contact: a@b.io}\n"
        "\navailable:",
    )  # fmt: skip
    append(platform / PROJECT / "AGENTS.md", "Ask the platform team.\n")
    (platform / "docs/our-rules.md").write_text("ours\n")
    assert run("platform", "sync", platform).code == DONE
    commit(platform)


def test_both_sides_are_kept_and_the_platform_is_green(run, upstream, platform):
    edit(platform, run)

    ran = run("update", platform, "--source", upstream)

    policy = (platform / "platform.yml").read_text()
    assert ran.code == DONE, ran.err + ran.out
    assert "bolt-fraud:" in policy
    assert "Acme Stores" in policy
    assert (platform / PROJECT / "AGENTS.md").read_text().endswith("Ask the platform team.\n")
    assert (platform / "docs/our-rules.md").read_text() == "ours\n"
    assert (platform / PROJECT / "main.py").read_text().endswith("# newer\n")
    assert (platform / "README.md").read_text().endswith("## Newer\n")
    assert (platform / "templates/_shared/newer.md").exists()
    assert "devcontainer: true" in policy
    checked = run("platform", "check", platform)
    assert checked.code == DONE, checked.err


def test_what_the_organisation_decides_is_not_decided_by_an_update(run, upstream, platform):
    run("update", platform, "--source", upstream)

    policy = (platform / "platform.yml").read_text()
    assert "retention_days: 400" in policy
    assert "norda" not in policy


def test_the_record_moves_and_a_second_update_has_nothing_to_do(run, upstream, platform):
    run("update", platform, "--source", upstream)
    commit(platform)

    again = run("update", platform, "--json")

    record = (platform / ".modelwright.yml").read_text()
    assert "version: v0.2.0" in record
    assert f"source: {upstream}" in record
    assert json.loads(again.out)["status"] == "current"


def test_the_pin_stays_the_organisation_s(run, upstream, platform):
    pin = (platform / "templates/_shared/workflows.json").read_text()

    run("update", platform, "--source", upstream)

    assert (platform / "templates/_shared/workflows.json").read_text() == pin


def test_a_dry_run_tells_what_it_would_do_and_changes_nothing(run, upstream, platform):
    ran = run("update", platform, "--source", upstream, "--dry-run")

    assert ran.code == DONE, ran.err
    assert f"changed  {PROJECT}/main.py" in ran.out
    assert "A newer template." in ran.out
    assert "cookiecutter.json" in ran.out
    assert git(platform, "status", "--porcelain") == ""


def test_one_command_takes_it_back(run, upstream, platform):
    ran = run("update", platform, "--source", upstream, "--json")

    undo = shlex.split(json.loads(ran.out)["undo"])
    assert run(*undo[1:]).code == DONE
    assert git(platform, "status", "--porcelain") == ""


def test_a_conflict_is_marked_and_what_follows_waits(run, upstream, platform):
    append(platform / PROJECT / "main.py", "# ours\n")
    commit(platform)

    ran = run("update", platform, "--source", upstream)

    text = (platform / PROJECT / "main.py").read_text()
    assert ran.code == CONFLICTS
    assert "# ours" in text
    assert "# newer" in text
    assert "<<<<<<<" in text
    assert "modelwright platform sync" in ran.err


def test_when_a_conflict_is_resolved_sync_makes_it_green(run, upstream, platform):
    append(platform / PROJECT / "main.py", "# ours\n")
    commit(platform)
    run("update", platform, "--source", upstream)
    file = platform / PROJECT / "main.py"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(x for x in lines if x[:7] not in {"<" * 7, "=" * 7, ">" * 7, "|" * 7}))

    run("platform", "sync", platform)
    commit(platform)

    assert run("platform", "check", platform).code == DONE


def test_changed_workflows_ask_for_a_new_pin(run, upstream, platform):
    append(upstream / ".github/workflows/python-ci.yml", "# newer\n")
    release(upstream, "v0.3.0")

    ran = run("update", platform, "--source", upstream)

    assert ran.code == DONE
    assert "modelwright platform sync --pin" in ran.err


def test_a_policy_that_lacks_what_a_newer_one_needs_is_said(run, upstream, platform):
    replace(platform / "platform.yml", "devcontainer: false", "devcontainer: 1")
    commit(platform)
    replace(upstream / "platform.yml", "devcontainer: true", "devcontainer: false")
    release(upstream, "v0.3.0")

    ran = run("update", platform, "--source", upstream)

    assert ran.code == DONE
    assert "options.devcontainer" in ran.err
    assert "then run modelwright platform sync" in ran.err


def test_a_dirty_platform_is_not_touched(run, upstream, platform):
    append(platform / "README.md", "draft\n")

    ran = run("update", platform, "--source", upstream)

    assert ran.code == SURROUNDINGS
    assert (platform / "README.md").read_text().endswith("draft\n")


def test_status_says_how_far_a_platform_is_behind(run, upstream, platform):
    ran = run("status", platform, "--platform", upstream, "--exit-code")

    assert ran.code == 1
    assert "is at v0.1.0" in ran.out
    assert "newest: v0.2.0, 1 release on" in ran.out
    assert "an update changes 4 files" in ran.out

    run("update", platform, "--source", upstream)
    ran = run("status", platform, "--exit-code", "--json")

    assert ran.code == DONE
    told = json.loads(ran.out)
    assert (told["kind"], told["version"], told["behind"]) == ("platform", "v0.2.0", 0)


@pytest.mark.parametrize("command", ["status", "update"])
def test_a_platform_without_its_policy_is_told(run, upstream, platform, command):
    git(platform, "rm", "--quiet", "platform.yml")
    commit(platform)

    ran = run(command, platform, "--platform", upstream)

    assert "git checkout HEAD -- platform.yml" in ran.err + ran.out
    assert ran.code == (DONE if command == "status" else 3)


def test_a_platform_has_no_answers_to_give(run, upstream, platform):
    ran = run("update", platform, "--source", upstream, "--data", "team=x")

    assert ran.code == USAGE
    assert "edit platform.yml" in ran.err
