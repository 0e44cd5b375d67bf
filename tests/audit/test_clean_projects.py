"""A project that was just made is within policy, whoever makes it and with whatever option."""

import itertools
from pathlib import Path

import pytest

from modelwright.policy.model.load import read_plain
from tests.audit.conftest import WHOLE

POLICY = read_plain((Path(__file__).parents[2] / "platform.yml").read_text())
OWNERS = [(team, brand) for team, entry in POLICY["teams"].items() for brand in entry["brands"]]
OPTIONS = list(POLICY["options"])


@pytest.mark.parametrize(("team", "brand"), OWNERS)
@pytest.mark.parametrize("options", [{}, dict.fromkeys(OPTIONS, True)], ids=["defaults", "all"])
def test_a_new_project_has_no_finding(make, check, team, brand, options):
    report = check(make(team=team, brand=brand, **options))

    assert report.findings == ()
    assert len(report.passed) > 40


@pytest.mark.parametrize("option", OPTIONS)
def test_no_option_makes_a_finding(make, check, option):
    assert check(make(**{option: not POLICY["options"][option]})).findings == ()


@pytest.mark.parametrize(
    "answers",
    [
        dict.fromkeys(OPTIONS, False),
        {"team": "group-personalisation", "brand": "velora", "serves": "norda,kitto"}
        | {"allocation_key": "by-requests", "cost_centre": "CC-4100"},
        *({"personal_data": kind} for kind in ("none", "pseudonymous")),
        {"description": "quotes \" ' ${{ secrets.X }} {{ y }} $(z) \\ \u202e \U0001f600"},
    ],
    ids=lambda answers: "-".join(itertools.islice(answers, 2)),
)
def test_no_answer_makes_a_finding(make, check, answers):
    assert check(make(**answers)).findings == ()


def test_what_the_mutations_start_from_is_clean(make, check):
    assert check(make(**WHOLE)).findings == ()
