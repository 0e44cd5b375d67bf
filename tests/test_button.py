"""The button's form offers what the policy offers, and the action takes what the form gives."""

import shutil

import pytest
import yaml

from modelwright.catalog.button import BUTTON, OWN_BRAND, button
from modelwright.operations.syncing import stale_files
from tests.policies import ROOT, plain
from tests.templates.real_tools.toolbox import run, tool

ACTION = ROOT / "action.yml"
WORKFLOW = ROOT / BUTTON


def form(text):
    return yaml.safe_load(text)[True]["workflow_dispatch"]["inputs"]


def test_the_form_offers_what_the_policy_offers():
    policy = plain()
    inputs = form(WORKFLOW.read_text())

    assert inputs["team"]["options"] == list(policy["teams"])
    assert inputs["archetype"]["options"] == list(policy["archetypes"])
    assert inputs["brand"]["options"] == [OWN_BRAND, "norda", "velora"]


def test_at_most_five_things_are_asked_beside_the_pattern():
    assert set(form(WORKFLOW.read_text())) - {"archetype", "what"} == {
        "team", "brand", "use_case", "personal_data", "description"
    }  # fmt: skip


def test_a_team_that_retired_is_not_offered():
    policy = plain()
    policy["teams"]["velora-search"]["retired"] = "2026-10-01"

    assert "velora-search" not in form(button(policy))["team"]["options"]


def test_the_form_of_another_policy_is_stale(tmp_path):
    shutil.copytree(
        ROOT, tmp_path / "p", symlinks=True, ignore=shutil.ignore_patterns(".venv", ".git")
    )
    file = tmp_path / "p" / "platform.yml"
    file.write_text(file.read_text().replace("  velora-search: {github", "  velora-find: {github"))

    assert "velora-find" in stale_files(tmp_path / "p")[BUTTON]


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


def test_the_requester_is_nobody_s_choice():
    assert not {name for name in form(WORKFLOW.read_text()) if "actor" in name or "user" in name}


@pytest.mark.tools
def test_real_tools_find_nothing_in_the_action():
    run(tool("check-jsonschema"), "--builtin-schema", "vendor.github-actions", ACTION)
    run(tool("zizmor"), "--offline", "--persona", "pedantic", ACTION, WORKFLOW)
    run(tool("actionlint"), WORKFLOW, cwd=ROOT)
