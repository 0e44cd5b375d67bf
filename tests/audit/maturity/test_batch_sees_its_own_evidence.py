"""Batch is judged by evidence of its own: take one piece away, and exactly its criterion turns."""

import functools

import pytest

from modelwright.audit.maturity.catalogue import criteria
from modelwright.audit.maturity.names import ARCHETYPES, BATCH, ONLINE_SERVING, names_of
from modelwright.audit.maturity.result import Outcome
from tests.audit.maturity.batch_mutations import BUNDLED, MUTATIONS, SHARED
from tests.audit.maturity.fresh import changed, outcomes, project
from tests.audit.maturity.hers import hers

MET = (Outcome.PASS, Outcome.SHAPE_ONLY)
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

    assert unmet == set(BATCH.not_applicable)


@pytest.mark.parametrize(
    ("number", "change"),
    [(number, change) for number, _, change in MUTATIONS],
    ids=[f"{number}: {what}" for number, what, _ in MUTATIONS],
)
def test_without_its_evidence_exactly_that_criterion_fails(number, change):
    assert turned(change) == {number: Outcome.FAIL}


@pytest.mark.parametrize(
    ("number", "change"),
    [(number, change) for number, _, change in BUNDLED],
    ids=[f"{number}: {what}" for number, what, _ in BUNDLED],
)
def test_a_bundle_is_judged_as_an_image_is(number, change):
    assert turned(change, BUNDLE) == {number: Outcome.FAIL}


@pytest.mark.parametrize(
    ("numbers", "change"),
    [(numbers, change) for numbers, _, change in SHARED],
    ids=[what for _, what, _ in SHARED],
)
def test_criteria_that_share_evidence_fail_together(numbers, change):
    assert turned(change) == dict.fromkeys(numbers, Outcome.FAIL)


def test_what_does_not_apply_says_why():
    for archetype, names in ARCHETYPES.items():
        for number, reason in names.not_applicable.items():
            made = project(archetype)
            one = next(c for c in criteria(archetype) if c.number == number)
            assert outcomes(made, made)[number] is Outcome.NOT_APPLICABLE
            assert one.number == number
            assert reason


def test_an_archetype_that_is_not_in_the_table_is_judged_as_online_serving():
    assert names_of("another") is ONLINE_SERVING
