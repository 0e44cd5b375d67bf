"""docs/maturity.md says of a fresh project what the criteria find."""

import re

import pytest

from modelwright.audit.maturity.catalogue import CRITERIA, assess
from modelwright.audit.maturity.result import Outcome
from tests.audit.maturity.fresh import outcomes, project

DECIDED_BY_FILES = {
    *(5, 7, 9, 10, 12, 16, 17, 19, 20, 21, 28, 29, 31, 32, 35, 36, 37, 39, 40, 41),
    *(45, 46, 47, 48, 49, 53, 57, 58, 60),
}
NEEDS_A_PERSON = {1, 3, 4, 6, 8, 27, 54, 56}
ROW = re.compile(r"\| (\d+) \| (.+?) \| (.+?) \| (.+?) \|")
VARIATIONS = [
    {},
    {"ab_test": False},
    {"load_test": False},
    {"databricks": True, "compose": True, "dashboards": True, "devcontainer": True},
    {"personal_data": "none"},
    {"personal_data": "pseudonymous"},
    {"team": "velora-search"},
    {"team": "kitto-marketing"},
]


def names(given):
    return ", ".join(f"{name}={value}" for name, value in given.items()) or "defaults"


def test_a_fresh_project_meets_the_29_criteria_that_its_files_decide():
    found = outcomes(project(), project())

    passed = {number for number, outcome in found.items() if outcome is Outcome.PASS}
    assert passed == DECIDED_BY_FILES
    assert len(passed) == 29


def test_a_text_that_is_the_template_s_own_is_never_a_pass():
    found = outcomes(project(), project())

    asked = {number for number, outcome in found.items() if outcome is Outcome.NEEDS_A_PERSON}
    assert asked == NEEDS_A_PERSON


def test_what_registry_cloud_or_github_decide_is_shape_only():
    found = outcomes(project(), project())

    shaped = {number for number, outcome in found.items() if outcome is Outcome.SHAPE_ONLY}
    assert shaped == {c.number for c in CRITERIA if "+" in c.mark}


@pytest.mark.parametrize("given", VARIATIONS, ids=names)
def test_the_project_s_own_table_says_what_is_found(given):
    made = project(**given)
    results = {result.number: result for result in assess(made, made.files)}
    rows = ROW.findall(made.files["docs/maturity.md"])

    assert [(int(number), title, outcome) for number, title, outcome, _ in rows] == [
        (result.number, result.criterion, result.outcome) for result in results.values()
    ]
    for number, _, _, shown in rows:
        evidence = {entry.split(":")[0] for entry in results[int(number)].evidence}
        assert {name for name in re.findall("`(.+?)`", shown) if "/" in name} <= evidence, number


def test_a_brand_without_monitoring_is_told_that_nothing_evaluates_its_alerts():
    found = outcomes(project(team="kitto-marketing"), project(team="kitto-marketing"))

    failed = {number for number, outcome in found.items() if outcome is Outcome.FAIL}
    assert failed == {40, 45}
