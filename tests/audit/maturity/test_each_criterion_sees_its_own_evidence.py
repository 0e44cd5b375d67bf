"""Take one piece of evidence away, and exactly its criterion turns."""

import functools

import pytest

from modelwright.audit.criteria.catalogue import CRITERIA, assess
from modelwright.audit.evidence import CriterionOutcome
from tests.audit.maturity.fresh import changed, outcomes, project
from tests.audit.maturity.hers import TEXTS, hers, own, sign
from tests.audit.maturity.mutations import MUTATIONS, SHARED

MET = (CriterionOutcome.PASS, CriterionOutcome.SHAPE_ONLY)


@functools.cache
def met():
    """Return the outcomes of the project that is hers."""
    return outcomes(hers(), project())


def turned(files):
    """Return the criteria whose outcome changes with these files, and to what."""
    before = met()
    after = outcomes(changed(hers(), files), project())
    return {number: after[number] for number in before if before[number] != after[number]}


def test_a_project_that_is_hers_meets_every_criterion():
    found = outcomes(hers(), project())

    assert [n for n, outcome in found.items() if outcome not in MET] == [42]


@pytest.mark.parametrize(
    ("number", "change"),
    [(number, change) for number, _, change in MUTATIONS],
    ids=[f"{number}: {what}" for number, what, _ in MUTATIONS],
)
def test_without_its_evidence_exactly_that_criterion_fails(number, change):
    assert turned(change(hers().files)) == {number: CriterionOutcome.FAIL}


@pytest.mark.parametrize(
    ("numbers", "change"),
    [(numbers, change) for numbers, _, change in SHARED],
    ids=[what for _, what, _ in SHARED],
)
def test_criteria_that_share_evidence_fail_together(numbers, change):
    assert turned(change(hers().files)) == dict.fromkeys(numbers, CriterionOutcome.FAIL)


@pytest.mark.parametrize("number", TEXTS)
def test_a_text_reset_to_the_template_s_needs_a_person_again(number):
    path, _ = TEXTS[number]
    undone = {path: project().files[path]}
    for other, (place, _) in TEXTS.items():
        if place == path and other != number:
            undone = {path: own(other)(undone)[path]}
    if path != "README.md":
        undone = {path: sign({**project().files, **undone})[path]}

    assert turned(undone) == {number: CriterionOutcome.NEEDS_A_PERSON}


@pytest.mark.parametrize("number", TEXTS)
def test_a_text_that_is_gone_is_a_failure(number):
    path, heading = TEXTS[number]
    text = hers().files[path].replace(f"## {heading}\n", "## Other\n")

    assert turned({path: text}) == {number: CriterionOutcome.FAIL}


@pytest.mark.parametrize("line", ["2025-11-21 by Ada", "2026-11-23 by Ada", "2026-13-01 by Ada"])
def test_a_review_that_is_old_or_not_yet_or_no_day_does_not_count(line):
    path = "docs/data-card.md"
    text = hers().files[path].replace("2026-11-01 by Ada Lovelace", line)

    assert turned({path: text}) == {4: CriterionOutcome.NEEDS_A_PERSON}


def test_every_criterion_has_a_mutation():
    covered = {number for number, *_ in MUTATIONS} | set(TEXTS)
    covered |= {number for numbers, *_ in SHARED for number in numbers}

    assert {criterion.number for criterion in CRITERIA} - covered == {42}


def test_evidence_is_a_line_of_a_file_that_is_there():
    files = project().files

    for result in assess(project(), files):
        for evidence in result.evidence:
            path, line, _ = evidence.split(":", 2)
            assert 1 <= int(line) <= len(files[path].splitlines()), evidence


def test_what_fails_says_how_to_mend_it():
    empty = changed(project(), dict.fromkeys(project().files))

    for result in assess(empty, {}):
        if result.outcome is CriterionOutcome.FAIL:
            assert all(": " in entry for entry in result.mend)
            assert result.mend
        else:
            assert result.number in {42, 60}


@pytest.mark.parametrize(
    "broken", ["[", "\x00", "{{", "def", "a: [b", "- x", "[[feature]]\nname=1"]
)
def test_a_file_that_cannot_be_read_fails_and_never_raises(broken):
    files = {path: broken for path in project().files if not path.endswith(".md")}

    found = outcomes(changed(project(), files), project())

    assert found[5] is CriterionOutcome.FAIL
    assert found[9] is CriterionOutcome.FAIL
