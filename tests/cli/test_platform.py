"""`modelwright platform`: is the policy sound, what follows from it, and which one is used."""

import json

import pytest

from tests.platforms import ROOT, platform_copy
from tests.policies import big_policy

DONE, FINDINGS, REFUSED = 0, 1, 3


@pytest.fixture
def platform(tmp_path):
    return platform_copy(tmp_path / "platform")


def test_a_sound_platform_renders_for_every_team_and_brand(run, platform):
    ran = run("platform", "check", platform)

    assert ran.code == DONE, ran.err
    assert "sound; 21 projects render" in ran.out


def test_a_policy_of_19_brands_and_114_teams_is_sound(run, tmp_path):
    platform = platform_copy(tmp_path / "big", big_policy())

    ran = run("platform", "check", platform / "platform.yml", "--json")

    document = json.loads(ran.out)
    assert ran.code == DONE, ran.err
    assert document["rendered"] >= 114
    assert document["stale"] == []


def test_every_fault_is_named_with_its_line(run, platform):
    policy = (platform / "platform.yml").read_text()
    policy = policy.replace("runtime: kubernetes", "runtime: kubernets", 1)
    (platform / "platform.yml").write_text(policy.replace("contact:", "contakt:", 1))

    ran = run("platform", "check", platform)

    lines = policy.splitlines()
    runtime = next(n for n, line in enumerate(lines, 1) if "kubernets" in line)
    contact = next(n for n, line in enumerate(lines, 1) if "contact:" in line)
    assert ran.code == REFUSED
    assert f"platform.yml:{runtime}:" in ran.err
    assert f"platform.yml:{contact}:" in ran.err
    assert "kubernetes" in ran.err
    assert "contact" in ran.err


def test_an_environment_without_an_overlay_is_named(run, platform):
    policy = (platform / "platform.yml").read_text()
    policy = policy.replace("[dev, staging, prod]", "[dev, staging, live]")
    policy = policy.replace("      prod:", "      live:").replace(
        "{prod: [owner]}", "{live: [owner]}"
    )
    (platform / "platform.yml").write_text(policy)

    ran = run("platform", "check", platform)

    assert ran.code == REFUSED
    assert "no overlay for the environment 'live'" in ran.err


def test_a_template_that_does_not_render_is_named(run, platform):
    project = next((platform / "templates/online-serving").glob("{{*"))
    (project / "README.md").write_text("{{ cookiecutter.nothing }}\n")

    ran = run("platform", "check", platform)

    assert ran.code == REFUSED
    assert "README.md" in ran.err
    assert "online-serving for norda-fraud, norda" in ran.err


def test_sync_writes_what_an_edit_made_stale(run, platform):
    file = platform / "platform.yml"
    file.write_text(file.read_text().replace("CC-4100", "CC-4101"))

    assert run("platform", "check", platform).code == FINDINGS
    assert "wrote templates/_shared/policy.json" in run("platform", "sync", platform).out
    assert run("platform", "check", platform).code == DONE
    assert run("platform", "sync", platform).out == "nothing to write\n"


def test_use_is_kept_and_offers_that_organisation_s_teams(run, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    theirs = platform_copy(
        tmp_path / "theirs", **{"Halden Retail": "Other Shops", "sample: true": "sample: false"}
    )

    assert run("platform", "use", theirs).code == DONE
    ran = run("new", "online-serving", "--defaults", "--no-git", "--no-lock")

    assert "sample" not in ran.err
    assert "--data team=" in ran.err
    assert ran.code == 2


def test_use_refuses_what_is_no_platform_and_keeps_what_was(run, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))

    ran = run("platform", "use", "/usr")

    assert ran.code == REFUSED
    assert not (tmp_path / "config").exists()


@pytest.mark.parametrize("name", ["nowhere/platform.yml", "other.yml"])
def test_a_missing_file_is_said_by_the_name_that_was_given(name, run):
    ran = run("platform", "check", name)

    assert ran.code == REFUSED
    assert f"error: {name}: there is no such file" in ran.err


def test_a_rule_that_the_sample_breaks_names_the_file_to_change(run, tmp_path):
    policy = (ROOT / "platform.yml").read_text()
    stricter = policy.replace("min_length: 3, max_length: 30", "min_length: 3, max_length: 15")
    folder = platform_copy(tmp_path / "platform", stricter)

    ran = run("platform", "check", folder)

    assert ran.code == 3
    assert "templates/batch/archetype.yml" in ran.err
    assert "platform team" not in ran.err


def test_a_template_that_does_not_render_is_not_told_to_the_one_who_asks(run, tmp_path):
    folder = platform_copy(tmp_path / "platform")
    readme = next(folder.glob("templates/batch/*/README.md"))
    readme.write_text("{{ cookiecutter.nothing }}\n")

    ran = run("platform", "check", folder)

    assert ran.code == 3
    assert "README.md" in ran.err
    assert "platform team" not in ran.err
