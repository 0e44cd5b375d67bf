"""docs/maturity.md says of a fresh project what the criteria find."""

import re

import pytest

from modelwright.audit.criteria.catalogue import CRITERIA, assess
from modelwright.audit.evidence import CriterionOutcome
from tests.audit.maturity.fresh import outcomes, project

COMMON = {
    *(5, 9, 10, 12, 16, 17, 19, 20, 21, 28, 29, 31, 32, 37, 39, 40),
    *(45, 46, 47, 48, 49, 53, 57, 58),
}
DECIDED_BY_FILES = {
    "online-serving": COMMON | {7, 35, 36, 41, 60},
    "batch": COMMON | {42},
    "streaming-recommendation": COMMON | {7, 35, 36, 41, 60},
}
NOT_APPLICABLE = {
    "online-serving": {42},
    "batch": {7, 35, 36, 41, 59, 60},
    "streaming-recommendation": {42},
}
NEEDS_A_PERSON = {1, 3, 4, 6, 8, 27, 54, 56}
ARCHETYPES = tuple(DECIDED_BY_FILES)
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

pytestmark = pytest.mark.parametrize("archetype", ARCHETYPES)


def names(given):
    return ", ".join(f"{name}={value}" for name, value in given.items()) or "defaults"


def found(archetype, **given):
    return outcomes(project(archetype, **given), project(archetype, **given))


def those(archetype, outcome, **given):
    return {number for number, said in found(archetype, **given).items() if said is outcome}


def test_a_fresh_project_meets_the_criteria_that_its_files_decide(archetype):
    assert those(archetype, CriterionOutcome.PASS) == DECIDED_BY_FILES[archetype]
    assert those(archetype, CriterionOutcome.FAIL) == set()


def test_deployed_as_a_bundle_it_meets_the_same(archetype):
    passed = those(archetype, CriterionOutcome.PASS, databricks=True)

    assert passed == DECIDED_BY_FILES[archetype]


def test_what_says_nothing_about_an_archetype_leaves_the_score(archetype):
    assert those(archetype, CriterionOutcome.NOT_APPLICABLE) == NOT_APPLICABLE[archetype]


def test_a_text_that_is_the_template_s_own_is_never_a_pass(archetype):
    assert those(archetype, CriterionOutcome.NEEDS_A_PERSON) == NEEDS_A_PERSON


def test_what_registry_cloud_or_github_decide_is_shape_only(archetype):
    shaped = {c.number for c in CRITERIA if "+" in c.mark} - NOT_APPLICABLE[archetype]

    assert those(archetype, CriterionOutcome.SHAPE_ONLY) == shaped


@pytest.mark.parametrize("given", VARIATIONS, ids=names)
def test_the_project_s_own_table_says_what_is_found(archetype, given):
    made = project(archetype, **given)
    results = {result.number: result for result in assess(made, made.files)}
    rows = ROW.findall(made.files["docs/maturity.md"])

    assert [(int(number), title, outcome) for number, title, outcome, _ in rows] == [
        (result.number, result.criterion, result.outcome) for result in results.values()
    ]
    for number, _, _, shown in rows:
        evidence = {entry.split(":")[0] for entry in results[int(number)].evidence}
        assert {name for name in re.findall("`(.+?)`", shown) if "/" in name} <= evidence, number


def test_a_brand_without_monitoring_is_told_that_nothing_evaluates_its_alerts(archetype):
    alerted = {"batch": {40, 42, 45}}.get(archetype, {40, 45})

    assert those(archetype, CriterionOutcome.FAIL, team="kitto-marketing") == alerted
