"""Whatever a person answers, a platform is whole or there is none."""

import os
import signal
import stat
import subprocess
import sys
import time

import pytest

from modelwright.operations.platform import init as platform_init
from tests.platform_init.organisation import ANSWERS, big_organisation
from tests.policies import edited

USAGE, REFUSED, SURROUNDINGS = 2, 3, 4


@pytest.fixture(autouse=True)
def _nothing_half_made(tmp_path):
    yield
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".ml-platform")]


def nothing_was_made(tmp_path):
    return not (tmp_path / "ml-platform").exists()


def test_a_folder_that_is_not_empty_is_left_alone(init, tmp_path):
    (tmp_path / "ml-platform").mkdir()
    (tmp_path / "ml-platform/notes.txt").write_text("mine")

    ran = init()

    assert ran.code == REFUSED
    assert "is not an empty folder" in ran.err
    assert [path.name for path in (tmp_path / "ml-platform").iterdir()] == ["notes.txt"]


def test_a_file_in_the_way_is_left_alone(init, tmp_path):
    (tmp_path / "ml-platform").write_text("mine")

    ran = init()

    assert ran.code == REFUSED
    assert (tmp_path / "ml-platform").read_text() == "mine"


def test_a_link_in_the_way_is_left_alone(init, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "ml-platform").symlink_to(tmp_path / "elsewhere")

    assert init().code == REFUSED
    assert not any((tmp_path / "elsewhere").iterdir())


def test_the_folder_that_one_is_in_is_not_replaced(run):
    ran = run("platform", "init", ".")

    assert ran.code == USAGE
    assert "name a new folder" in ran.err


def test_a_place_that_cannot_be_written_is_said(run, tmp_path):
    (tmp_path / "file").write_text("no folder")
    data = [f"--data={name}={value}" for name, value in ANSWERS.items()]

    ran = run("platform", "init", tmp_path / "file/ml-platform", *data)

    assert ran.code == SURROUNDINGS
    assert "choose a folder that you may write to" in ran.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_the_right_to_write_is_said(run, tmp_path):
    (tmp_path / "closed").mkdir(mode=stat.S_IRUSR | stat.S_IXUSR)
    data = [f"--data={name}={value}" for name, value in ANSWERS.items()]

    assert run("platform", "init", tmp_path / "closed/ml-platform", *data).code == SURROUNDINGS


def test_without_git_nothing_is_asked_and_nothing_is_made(init, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    ran = init()

    assert ran.code == SURROUNDINGS
    assert "git is not installed" in ran.err
    assert nothing_was_made(tmp_path)


def test_without_an_author_nothing_is_made_and_the_settings_are_named(init, tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")

    ran = init()

    assert ran.code == SURROUNDINGS
    assert "git does not know who you are" in ran.err
    assert "user.email" in ran.err
    assert "config --global" not in ran.err
    assert nothing_was_made(tmp_path)


def test_a_commit_that_is_refused_leaves_nothing(init, tmp_path, monkeypatch):
    signer = tmp_path / "signer"
    signer.write_text("#!/bin/sh\nexit 1\n")
    signer.chmod(0o755)
    monkeypatch.setenv("GIT_CONFIG_COUNT", "2")
    for number, (name, value) in enumerate((("commit.gpgSign", "true"), ("gpg.program", signer))):
        monkeypatch.setenv(f"GIT_CONFIG_KEY_{number}", name)
        monkeypatch.setenv(f"GIT_CONFIG_VALUE_{number}", str(value))

    ran = init()

    assert ran.code == SURROUNDINGS
    assert "failed to sign" in ran.err
    assert nothing_was_made(tmp_path)


def test_missing_answers_are_all_named(run, tmp_path):
    ran = run("platform", "init", tmp_path / "ml-platform", "--defaults", "--data=brands=acme")

    assert ran.code == USAGE
    for name in ("organisation.name", "brands.acme.cloud", "brands.acme.registry", "teams"):
        assert f"--data {name}=..." in ran.err
    assert nothing_was_made(tmp_path)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("organisation__name", 'Acme "Best" Stores', "organisation.name"),
        ("organisation__name", "Acme\nStores", "organisation.name"),
        ("organisation__name", "{{ cookiecutter }}", "organisation.name"),
        ("organisation__name", "${{ secrets.ALL }}", "organisation.name"),
        ("organisation__github", "acme/stores", "organisation.github"),
        ("platform__repository", "ml-platform", "platform.repository"),
        ("platform__url", "http://user:secret@example.com/x", "platform.url"),
        ("platform__url", "https://example.com/$(id)", "platform.url"),
        ("brands", "Acme Stores, bolt", "brands"),
        ("brands", ", ,", "brands"),
        ("brands", "acme, acme", "'acme' stands twice"),
        ("teams", "acme-fraud, bolt-search, acme-fraud", "'acme-fraud' stands twice"),
        ("teams", "{% raw %}", "teams"),
        ("environments", "dev, dev", "'dev' stands twice"),
        ("brands__acme__cloud", "azur", "choose azure"),
        ("brands__acme__auth", "password", "oidc"),
        ("brands__acme__registry", "https://acmeml.azurecr.io", "brands.acme.registry"),
        ("brands__acme__colour", "red", "there is no question 'brands.acme.colour'"),
        ("teams__acme-fraud__brands", "acmee", "which is no brand"),
        ("teams__acme-fraud__contact", "fraud@acme.example\n", "teams.acme-fraud.contact"),
        ("teams__acme-fraud__cost_centre", "CC 1", "teams.acme-fraud.cost_centre"),
        ("teams__bolt-search__cost_centre", "cc-1", "the same in GCP's lower case"),
    ],
)
def test_a_hostile_or_wrong_answer_is_refused_by_its_name(name, value, says, init, tmp_path):
    ran = init(**{name: value})

    assert ran.code == REFUSED, ran.err
    assert says in ran.err
    assert "next:" in ran.err
    assert nothing_was_made(tmp_path)


def test_an_apostrophe_in_the_organisation_s_name_is_welcome(init, run, tmp_path):
    assert init(organisation__name="O'Neill & Sons (No. 1)").code == 0
    assert run("platform", "check", tmp_path / "ml-platform").code == 0


@pytest.mark.parametrize("word", ["no", "on", "null", "true"])
def test_a_brand_that_yaml_reads_as_something_else_is_refused(word, init, tmp_path):
    ran = init(brands=f"{word}, bolt")

    assert ran.code == REFUSED
    assert f"'{word}' is read by YAML as" in ran.err
    assert nothing_was_made(tmp_path)


def test_a_brand_that_leaves_no_room_for_a_name_is_refused(init, tmp_path):
    long = "acme-stores-of-the-whole-wide-world"
    taken_out = {name.replace(".", "__"): None for name in ANSWERS if ".acme." in name}

    ran = init(
        brands=f"{long}, bolt",
        **{**taken_out, f"brands__{long}__cloud": "azure",
           f"brands__{long}__registry": "x.azurecr.io/ml", "teams__acme-fraud__brands": long},
    )  # fmt: skip

    assert ran.code == REFUSED
    assert "has no room for the example use case" in ran.err
    assert nothing_was_made(tmp_path)


def test_a_brand_without_a_team_is_refused(init, tmp_path):
    ran = init(**{"teams__bolt-search__brands": "acme"})

    assert ran.code == REFUSED
    assert "no team works for brand 'bolt'" in ran.err
    assert nothing_was_made(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("schema: 1\n", "schema: 1\nsample: true\n", "made-up organisation"),
        ("archetypes:\n", "archetypes:\n  forecasting: {suffix: fc}\n", "no templates for"),
        ("runtime: kubernetes", "runtime: kubernets", "policy.yml:"),
        ("name: Nineteen Shops", "name: '{{ x }}'", "would be run by Copier"),
        ("teams:\n", "teams:\n  arbora-fraud: {}\n", "stands twice"),
    ],
)
def test_a_ready_made_policy_with_a_fault_is_refused(old, new, says, run, tmp_path):
    file = tmp_path / "policy.yml"
    file.write_text(edited(old, new, big_organisation()))

    ran = run("platform", "init", tmp_path / "ml-platform", "--policy", file)

    assert ran.code == REFUSED
    assert says in ran.err
    assert nothing_was_made(tmp_path)


def test_a_ready_made_policy_and_answers_contradict_each_other(run, tmp_path):
    file = tmp_path / "policy.yml"
    file.write_text(big_organisation())

    ran = run("platform", "init", tmp_path / "x", "--policy", file, "--data=brands=acme")

    assert ran.code == USAGE
    assert "--data" not in ran.out


@pytest.mark.parametrize("option", ["--policy", "--data-file"])
def test_a_file_that_is_not_there_is_said(option, run, tmp_path):
    ran = run("platform", "init", tmp_path / "x", option, tmp_path / "nothing.yml")

    assert ran.code == USAGE
    assert "nothing.yml" in ran.err


def test_a_file_of_answers_that_repeats_a_team_is_refused_with_its_line(run, tmp_path):
    (tmp_path / "part.yml").write_text("teams:\n  a-b: {contact: a@b.c}\n  a-b: {}\n")

    ran = run("platform", "init", tmp_path / "x", "--data-file", tmp_path / "part.yml")

    assert ran.code == REFUSED
    assert "part.yml:3" in ran.err


def test_an_interrupt_in_the_middle_leaves_nothing(init, tmp_path, monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(platform_init, "pin_to", interrupted)

    assert init().code == 130
    assert nothing_was_made(tmp_path)


def test_a_kill_in_the_middle_leaves_no_half_made_platform(tmp_path):
    policy = tmp_path / "policy.yml"
    policy.write_text(big_organisation())
    command = [sys.executable, "-m", "modelwright", "platform", "init", "ml-platform"]
    process = subprocess.Popen([*command, "--policy", "policy.yml"], cwd=tmp_path)
    while not (asides := list(tmp_path.glob(".ml-platform-*"))) and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()

    assert nothing_was_made(tmp_path)
    assert asides
    for aside in asides:
        subprocess.run(["rm", "-r", aside], check=True)


def test_a_program_that_came_with_an_organisation_s_platform_makes_no_other(big_made, tmp_path):
    command = "import sys; from modelwright.cli.main import main; sys.exit(main(sys.argv[1:]))"

    ran = subprocess.run(
        [sys.executable, "-c", command, "platform", "init", "other"], cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(big_made / "generator")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert ran.returncode == REFUSED
    assert "Nineteen Shops" in ran.stderr
