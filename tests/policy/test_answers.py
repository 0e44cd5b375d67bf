"""Answers are judged in one order, and a choice out of the list is named with the nearest ones."""

import pytest

from modelwright.policy.answers import answers_refusals
from modelwright.policy.choices import choices_on_offer, nearest
from tests.policies import big_policy, plain

GOOD = {
    "team": "norda-fraud",
    "brand": "norda",
    "use_case": "fraud-scoring",
    "personal_data": "none",
    "description": "Scores card payments",
}


def sentences(archetype="online-serving", changes=None, born="", **answers):
    policy = plain(changes=changes)
    found = answers_refusals(policy, archetype, {**GOOD, **answers}, born=born)
    return [refusal.sentence for refusal in found]


def test_good_answers_are_not_refused():
    assert sentences() == []
    assert sentences(repo_name="norda-fraud-scoring-serve", package_name="fraud_scoring") == []


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        (
            {"archetype": "online-serve"},
            "ANS001: archetype 'online-serve' is not one of the policy's; choose 'online-serving'",
        ),
        (
            {"team": "norda-frod"},
            "ANS001: team 'norda-frod' is not one of the policy's; choose 'norda-fraud'",
        ),
        (
            {"brand": "zzz"},
            "ANS001: brand 'zzz' is not one of the policy's; choose 'norda' or 'velora' or 'kitto'",
        ),
        (
            {"team": "group-personalisation", "brand": "kitto"},
            "ANS003: team 'group-personalisation' does not work for brand 'kitto'; "
            "choose 'norda' or 'velora'",
        ),
        (
            {"personal_data": "Personal"},
            "ANS001: personal_data 'Personal' is not one of the policy's; choose 'personal'",
        ),
        (
            {"cost_centre": "cc-4100"},
            "TAG001: cost centre 'cc-4100' is not one of the policy's; leave it out for the team's "
            "own, or take another team's as finance writes it",
        ),
        (
            {"serves": "velora"},
            "TAG003: a project that serves several brands has no allocation key; "
            "add allocation_key, such as by-requests",
        ),
    ],
)
def test_a_wrong_answer_is_named_with_what_to_choose(answers, sentence):
    found = sentences(**answers)

    if answers.get("personal_data"):
        assert found[0].startswith(sentence)
    else:
        assert found == [sentence]


def test_every_unknown_choice_is_named_at_once():
    found = sentences(archetype="x", team="y", brand="z")

    assert [sentence.split(" ")[1] for sentence in found] == ["archetype", "team", "brand"]


def test_a_long_list_is_not_printed_whole():
    policy = plain(big_policy())

    (refusal,) = answers_refusals(
        policy, "online-serving", {**GOOD, "team": "zzz", "brand": "arbora"}
    )

    assert refusal.next_step.endswith("or another of the 114")
    assert refusal.next_step.count(",") == 7


RETIRED = {"teams.norda-fraud.retired": "2026-10-01"}
RENAMED = {"teams.norda-fraud.renamed_to": "norda-forecasting"}


def test_a_retired_team_takes_no_new_project():
    (sentence,) = sentences(changes=RETIRED)

    assert sentence.startswith(
        "ANS002: team 'norda-fraud' is retired since 2026-10-01; choose 'norda-forecasting'"
    )


def test_a_renamed_team_is_named_by_its_new_name():
    assert sentences(changes=RENAMED) == [
        "ANS002: team 'norda-fraud' was renamed; choose 'norda-forecasting'"
    ]


@pytest.mark.parametrize("changes", [RETIRED, RENAMED, {"naming.use_case.max_length": 4}])
def test_what_a_project_was_born_with_it_keeps(changes):
    assert sentences(changes=changes, born="v0.1.0") == []


def test_only_what_is_on_offer_is_offered():
    entries = plain(changes={**RETIRED, "teams.kitto-marketing.renamed_to": "x"})["teams"]

    assert choices_on_offer(entries) == [
        "norda-forecasting",
        "velora-search",
        "velora-pricing",
        "group-personalisation",
    ]


@pytest.mark.parametrize(
    ("value", "choices", "found"),
    [
        ("nrda", ["norda", "velora"], ["norda"]),
        ("NORDA", ["norda", "velora"], ["norda"]),
        ("fraud", ["norda-fraud", "velora-search"], ["norda-fraud"]),
        ("", ["norda"], []),
        ("zzz", ["norda"], []),
        ("kitt", ["kitto", "kitta", "kitti", "kittu"], 3),
    ],
)
def test_the_nearest_choices(value, choices, found):
    near = nearest(value, choices)

    assert (len(near) if isinstance(found, int) else near) == found
