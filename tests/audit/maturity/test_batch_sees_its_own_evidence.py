"""Batch is judged by evidence of its own: take one piece away, and exactly its criterion turns."""

import dataclasses
import functools
import re

import pytest

from modelwright.audit.evidence import CriterionOutcome
from modelwright.audit.evidence_map import evidence_map_from
from modelwright.errors import RefusedError
from tests.audit.maturity.batch_mutations import BUNDLED, MUTATIONS, SHARED
from tests.audit.maturity.fresh import ROOT, SAMPLES, changed, outcomes, project
from tests.audit.maturity.hers import hers

MET = (CriterionOutcome.PASS, CriterionOutcome.SHAPE_ONLY)
BUNDLE = ("databricks", True)


@functools.cache
def met(*options):
    """Return the outcomes of the project that is hers."""
    given = dict(options)
    return outcomes(hers("batch", **given), project("batch", **given))


def turned(change, *options):
    """Return the criteria whose outcome changes, and to what."""
    given = dict(options)
    made = hers("batch", **given)
    after = outcomes(changed(made, change(made.files)), project("batch", **given))
    before = met(*options)
    return {number: after[number] for number in before if before[number] != after[number]}


@pytest.mark.parametrize("options", [(), (BUNDLE,)], ids=["image", "bundle"])
def test_a_project_that_is_hers_meets_every_criterion_that_applies(options):
    unmet = {number for number, outcome in met(*options).items() if outcome not in MET}

    assert unmet == set(project("batch").evidence.not_applicable)


@pytest.mark.parametrize(
    ("number", "change"),
    [(number, change) for number, _, change in MUTATIONS],
    ids=[f"{number}: {what}" for number, what, _ in MUTATIONS],
)
def test_without_its_evidence_exactly_that_criterion_fails(number, change):
    assert turned(change) == {number: CriterionOutcome.FAIL}


@pytest.mark.parametrize(
    ("number", "change"),
    [(number, change) for number, _, change in BUNDLED],
    ids=[f"{number}: {what}" for number, what, _ in BUNDLED],
)
def test_a_bundle_is_judged_as_an_image_is(number, change):
    assert turned(change, BUNDLE) == {number: CriterionOutcome.FAIL}


@pytest.mark.parametrize(
    ("numbers", "change"),
    [(numbers, change) for numbers, _, change in SHARED],
    ids=[what for _, what, _ in SHARED],
)
def test_criteria_that_share_evidence_fail_together(numbers, change):
    assert turned(change) == dict.fromkeys(numbers, CriterionOutcome.FAIL)


def test_what_does_not_apply_says_why():
    for archetype in SAMPLES:
        made = project(archetype)
        for number, reason in made.evidence.not_applicable.items():
            assert outcomes(made, made)[number] is CriterionOutcome.NOT_APPLICABLE
            assert reason


def test_without_an_evidence_file_it_is_judged_by_what_any_project_has():
    made = dataclasses.replace(hers("batch"), evidence=None)

    found = outcomes(made, project("batch"))

    silent = {
        number for number, outcome in found.items() if outcome is CriterionOutcome.NOT_APPLICABLE
    }
    assert {
        n for n, outcome in found.items() if outcome not in (*MET, CriterionOutcome.NOT_APPLICABLE)
    } == (set())
    assert {1, 3, 9, 20, 31, 37} & silent == set()
    assert {5, 17, 26, 47, 57} <= silent


EVIDENCE = (ROOT / "templates/batch/evidence.yml").read_text()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("serves: [", "serves: [more, ", "serves"),
        ("config: config/batch.toml", "config: [a]", "config"),
        ("delivers: table", "delivers: tables", "delivers"),
        ("  7: ", "  seven: ", "not_applicable"),
        ("age: model_created\n", "", "'age' is missing"),
        ("age:", "ages:", "no entry 'ages'"),
        ("sides:", "sides: [a]\nunlike:", "sides"),
        ("parity: [fit, forecast]", "parity: {fit: forecast}", "parity"),
        ("reads: read", "reads: [", "YAML"),
    ],
)
def test_a_fault_in_an_evidence_file_is_named(old, new, said):
    assert old in EVIDENCE

    with pytest.raises(RefusedError, match=re.escape(said)) as refused:
        evidence_map_from(EVIDENCE.replace(old, new, 1), "evidence.yml")

    assert refused.value.where.startswith("evidence.yml")


def test_an_empty_evidence_file_is_refused():
    with pytest.raises(RefusedError, match="missing"):
        evidence_map_from("", "evidence.yml")
