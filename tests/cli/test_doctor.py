"""What a bug report needs comes out of one command, and no secret with it."""

import json
import platform
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from modelwright import __version__

SECRET = "hunter2-token"


def test_it_says_every_version_that_a_report_needs(run):
    ran = run("doctor", "--json")

    found = json.loads(ran.out)
    assert ran.code == 0
    assert found["schema_version"] == 1
    assert found["modelwright"] == __version__
    assert platform.python_version() in found["python"]
    assert found["git"].startswith("git version ")
    assert found["uv"].startswith("uv ")
    assert found["platform"]["kind"] == "sample"
    assert set(found["extras"]) == {"engines", "github"}
    assert found["extras"]["engines"]["copier"]


def test_it_is_text_for_a_person(run):
    ran = run("doctor")

    assert ran.code == 0
    assert f"modelwright  {__version__}" in ran.out
    assert "git version " in ran.out


@pytest.mark.parametrize(
    "platform_url",
    [
        f"https://ada:{SECRET}@127.0.0.1:9/platform",
        f"https://127.0.0.1:9/platform?private_token={SECRET}",
    ],
)
def test_no_secret_is_told(platform_url, run, monkeypatch):
    monkeypatch.setenv("MODELWRIGHT_PLATFORM", platform_url)
    for name in ("HTTPS_PROXY", "UV_DEFAULT_INDEX", "PIP_INDEX_URL", "GH_TOKEN"):
        monkeypatch.setenv(name, f"http://ada:{SECRET}@127.0.0.1:9/")

    ran = run("doctor", "--json")

    assert ran.code == 0
    assert SECRET not in ran.out + ran.err
    found = json.loads(ran.out)
    assert "problem" in found["platform"]
    assert {"HTTPS_PROXY", "UV_DEFAULT_INDEX", "PIP_INDEX_URL"} <= set(found["variables"])
    assert "GH_TOKEN" not in found["variables"]


def test_a_home_folder_is_not_told(run, monkeypatch, tmp_path):
    home = tmp_path / "ada-lovelace"
    (home / "config/modelwright").mkdir(parents=True)
    root = Path(__file__).parents[2]
    (home / "config/modelwright/config.toml").write_text(f'platform = "{root}"\n')
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))

    ran = run("doctor")

    assert "chosen_by: ~/config/modelwright/config.toml" in ran.out
    assert "ada-lovelace" not in ran.out


def test_missing_programs_are_no_error(run, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))

    ran = run("doctor", "--json")

    assert ran.code == 0
    assert json.loads(ran.out)["git"] is None
    assert json.loads(ran.out)["uv"] is None


def test_the_form_of_a_bug_report_asks_for_it():
    forms = (Path(__file__).parents[2] / ".github/ISSUE_TEMPLATE").glob("*.yml")

    assert any("modelwright doctor" in form.read_text() for form in forms)


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """A Python with what the distribution needs, and no extra."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder, with_pip=False)
    python = folder / "bin/python"
    root = Path(__file__).parents[2]
    subprocess.run(
        ["uv", "pip", "install", "--quiet", "--python", python, "--editable", root], check=True
    )
    return folder / "bin/modelwright"


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        (("create", "batch", "--defaults"), "github"),
        (("start", "."), "github"),
        (("platform", "starter", "starters", "--publish"), "github"),
    ],
)
def test_a_command_that_needs_an_extra_names_it(arguments, extra, bare, tmp_path):
    done = subprocess.run(
        [bare, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 4, done.stderr
    assert f"pip install 'modelwright-cli[{extra}]'" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_without_extras_doctor_names_what_is_not_there(bare, tmp_path):
    done = subprocess.run([bare, "doctor", "--json"], cwd=tmp_path, capture_output=True, check=True)

    found = json.loads(done.stdout)
    assert found["extras"] == {
        "engines": {"copier": None, "cookiecutter": None},
        "github": {"httpx": None, "pyjwt": None, "pynacl": None},
    }


COMPLETED = {
    "a command of bash": (
        {
            "_MODELWRIGHT_COMPLETE": "complete_bash",
            "COMP_WORDS": "modelwright plat",
            "COMP_CWORD": "1",
        },
        "platform",
    ),
    "an option of zsh": (
        {
            "_MODELWRIGHT_COMPLETE": "complete_zsh",
            "_TYPER_COMPLETE_ARGS": "modelwright new --data-f",
        },
        "--data-file",
    ),
    "a subcommand of fish": (
        {
            "_MODELWRIGHT_COMPLETE": "complete_fish",
            "_TYPER_COMPLETE_FISH_ACTION": "get-args",
            "_TYPER_COMPLETE_ARGS": "modelwright platform in",
        },
        "init",
    ),
}


@pytest.mark.parametrize(("variables", "word"), COMPLETED.values(), ids=COMPLETED)
def test_a_shell_is_told_how_a_word_goes_on(variables, word, monkeypatch, tmp_path):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    done = subprocess.run(
        [Path(sys.executable).parent / "modelwright"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0
    assert word in done.stdout
    assert done.stderr == ""
