"""The button's form offers what the policy offers, and the action takes what the form gives."""

import json
import os
import re
import shutil
import subprocess

import pytest
import yaml

from modelwright.operations.platform.sync import stale_files
from modelwright.paths import DISPATCH_WORKFLOW
from modelwright.policy.names import repository_name
from modelwright.template.generated.dispatch_workflow import OWN_BRAND, dispatch_workflow
from tests.policies import ROOT, plain
from tests.templates.real_tools.toolbox import run, tool

ACTION = ROOT / "action.yml"
WORKFLOW = ROOT / DISPATCH_WORKFLOW


def form(text):
    return yaml.safe_load(text)[True]["workflow_dispatch"]["inputs"]


def test_the_form_offers_what_the_policy_offers():
    policy = plain()
    inputs = form(WORKFLOW.read_text())

    assert inputs["team"]["options"] == list(policy["teams"])
    assert inputs["archetype"]["options"] == list(policy["archetypes"])
    assert inputs["brand"]["options"] == [OWN_BRAND, "norda", "velora"]


def test_at_most_five_things_are_asked_beside_the_pattern():
    assert set(form(WORKFLOW.read_text())) - {"archetype", "what", "transfer_from"} == {
        "team", "brand", "use_case", "personal_data", "description"
    }  # fmt: skip


def test_no_answer_is_there_before_somebody_gives_it():
    assert [name for name, one in form(WORKFLOW.read_text()).items() if "default" in one] == []


def group_of(text: str, **inputs: str) -> str:
    """The name of the form's queue, as GitHub evaluates the expression."""
    expression = yaml.safe_load(text)["concurrency"]["group"]
    pattern = re.search(r"format\('(.*?)'", expression)[1]
    cases = re.findall(r"contains\(fromJSON\('(.*?)'\), inputs\.(\w+)\) && '(.*?)'", expression)
    found = {field: value for chosen, field, value in cases if inputs[field] in json.loads(chosen)}
    brand = found["team"] if inputs["brand"] == OWN_BRAND else inputs["brand"]
    return pattern.format(brand, inputs["use_case"], found["archetype"])


def names(policy) -> list[tuple[dict, str]]:
    """Every answer to the form, with the name of the repository that it is about."""
    return [
        (
            {"team": team, "brand": chosen, "archetype": archetype, "use_case": "a-b"},
            repository_name(policy["naming"], brand=brand, use_case="a-b", suffix=one["suffix"]),
        )
        for team, told in policy["teams"].items()
        for brand in told["brands"]
        for chosen in ([brand, OWN_BRAND] if brand == told["brands"][0] else [brand])
        for archetype, one in policy["archetypes"].items()
    ]


@pytest.mark.parametrize("pattern", ["{brand}-{use_case}-{suffix}", "{brand}-ml-{use_case}"])
def test_two_presses_for_one_repository_wait_for_each_other(pattern):
    policy = plain()
    policy["naming"]["repository"]["name"] = pattern

    for inputs, name in names(policy):
        assert group_of(dispatch_workflow(policy), **inputs) == name


def test_an_archetype_without_a_suffix_has_its_own_queue_too():
    policy = plain()
    policy["archetypes"]["batch"]["suffix"] = ""

    for inputs, name in names(policy):
        assert group_of(dispatch_workflow(policy), **inputs) == name


def test_a_team_that_retired_is_not_offered():
    policy = plain()
    policy["teams"]["velora-search"]["retired"] = "2026-10-01"

    assert "velora-search" not in form(dispatch_workflow(policy))["team"]["options"]


def test_the_form_of_another_policy_is_stale(tmp_path):
    shutil.copytree(
        ROOT, tmp_path / "p", symlinks=True, ignore=shutil.ignore_patterns(".venv", ".git")
    )
    file = tmp_path / "p" / "platform.yml"
    file.write_text(file.read_text().replace("  velora-search: {github", "  velora-find: {github"))

    assert "velora-find" in stale_files(tmp_path / "p")[DISPATCH_WORKFLOW]


def test_no_answer_reaches_the_shell_but_through_its_surroundings():
    (step,) = yaml.safe_load(ACTION.read_text())["runs"]["steps"]

    assert "${{" not in step["run"]


def test_the_button_gives_the_action_what_it_takes():
    (step,) = [
        step
        for step in yaml.safe_load(WORKFLOW.read_text())["jobs"]["create"]["steps"]
        if step["uses"] == "./"
    ]
    inputs = yaml.safe_load(ACTION.read_text())["inputs"]

    assert set(step["with"]) <= set(inputs)
    assert {name for name, one in inputs.items() if one["required"]} <= set(step["with"])


@pytest.fixture
def pressed(tmp_path):
    """Run the action's script, with a program in place of uv that says what a test wants."""

    def press(says="{}", errors="", code=0, **changed):
        program = tmp_path / "bin" / "uv"
        program.parent.mkdir(exist_ok=True)
        (tmp_path / "says").write_text(says, newline="")
        (tmp_path / "errors").write_text(errors, newline="")
        program.write_text(
            f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/given\n'
            f"cat {tmp_path}/says; cat {tmp_path}/errors >&2; exit {code}\n"
        )
        program.chmod(0o755)
        (step,) = yaml.safe_load(ACTION.read_text())["runs"]["steps"]
        environment = dict.fromkeys(step["env"], "") | {
            "PATH": f"{program.parent}:{os.environ['PATH']}",
            "RUNNER_TEMP": str(tmp_path),
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
            "GITHUB_OUTPUT": str(tmp_path / "output"),
            "GITHUB_ACTION_PATH": str(ROOT),
            "ARCHETYPE": "batch",
            "WHAT": "create",
            **changed,
        }
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        ran = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, cwd=tmp_path
        )
        given = tmp_path / "given"
        return ran, given.read_text().splitlines() if given.exists() else []

    return press


MADE = json.dumps({"repository": "o/r", "url": "https://github.com/o/r"})


@pytest.mark.parametrize("what", ["plan", "resume", "undo"])
def test_what_is_to_be_done_is_one_of_a_list(pressed, what):
    ran, given = pressed(MADE, WHAT=what)

    assert ran.returncode == 0, ran.stderr
    assert f"--{what}" in given


@pytest.mark.parametrize(
    "what", ["", "yes-delete-commits-of-others", "undo --x", "api=https://evil.example", "Create"]
)
def test_anything_else_ends_before_anything_is_done(pressed, what):
    ran, given = pressed(MADE, WHAT=what)

    assert ran.returncode == 2
    assert given == []


def test_an_input_is_never_an_option(pressed):
    _, given = pressed(MADE, ARCHETYPE="--yes-delete-commits-of-others")

    assert given[-2:] == ["--", "--yes-delete-commits-of-others"]


HOSTILE = (
    "::set-output name=url::x",
    "::add-mask::e",
    "  ::stop-commands::x",
    "said ##[add-mask]e",
    "a\r::warning::x",
    "::error::x\n::group::y",
)


@pytest.mark.parametrize("text", HOSTILE, ids=repr)
@pytest.mark.parametrize("stream", ["says", "errors"])
def test_a_runner_obeys_nothing_that_people_wrote(pressed, text, stream):
    told = {"says": MADE} | ({"errors": text} if stream == "errors" else {"says": f"{text}\n{{}}"})

    ran, _ = pressed(code=3, **told) if stream == "errors" else pressed(**told)

    lines = re.split(r"[\r\n]+", ran.stdout + ran.stderr)
    commands = [one for one in lines if one.lstrip().startswith("::") or "##[" in one]
    words = [one.removeprefix("::stop-commands::") for one in commands[:1]]
    assert commands == [f"::stop-commands::{words[0]}", f"::{words[0]}::"]
    assert re.fullmatch("[0-9a-f]{32}", words[0])


def test_an_output_is_one_line(pressed, tmp_path):
    pressed(json.dumps({"repository": "o/r\nevil=1", "url": "u\r\nb=2"}))

    assert (tmp_path / "output").read_text() == "repository=o/revil=1\nurl=ub=2\n"


def test_the_requester_is_nobody_s_choice():
    assert not {name for name in form(WORKFLOW.read_text()) if "actor" in name or "user" in name}


@pytest.mark.tools
def test_real_tools_find_nothing_in_the_action():
    run(tool("check-jsonschema"), "--builtin-schema", "vendor.github-actions", ACTION)
    run(tool("zizmor"), "--offline", "--persona", "pedantic", ACTION, WORKFLOW)
    run(tool("actionlint"), WORKFLOW, cwd=ROOT)
