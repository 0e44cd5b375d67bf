"""Champion and challenger: the same user meets the same version, and nobody wins by chance."""

from __future__ import annotations

import re
import time
from contextlib import closing

import msgspec
import numpy as np
import pytest
from conftest import FIRST, SECOND
from hypothesis import given
from hypothesis import strategies as st

from {{ cookiecutter.package_name }}.runtime import ProjectError, server
from {{ cookiecutter.package_name }}.runtime.cli import USE_CASE
from {{ cookiecutter.package_name }}.runtime.events import Mask
from {{ cookiecutter.package_name }}.runtime.experiment import (
    MISMATCH,
    Experiment,
    Rules,
    arm,
    imbalance,
    report,
)
from {{ cookiecutter.package_name }}.runtime.log import Arm, Record, Store, feedback
from {{ cookiecutter.package_name }}.runtime.state import Change, open_store

RUNS = 1000
RULES = {
    "name": "a",
    "challenger_share": 0.5,
    "users": 4000,
    "confidence": 0.96,
    "guardrail": "p99_ms",
    "guardrail_margin": 0.2,
}
RULE = Rules.model_validate(RULES)
SHARES = st.floats(0.0, 1.0)


{% include 'templates/_shared/test-arm.py' %}

def simulated(lift, *, seed, users=4000, share=0.5, base=0.20):
    """Give both arms of many experiments, as two columns each: users, and users with a hit."""
    draw = np.random.default_rng(seed)
    challengers = draw.binomial(users, share, RUNS)
    champions = users - challengers
    for one, other, hits, more in zip(
        champions.tolist(),
        challengers.tolist(),
        draw.binomial(champions, base).tolist(),
        draw.binomial(challengers, base * (1 + lift)).tolist(),
        strict=True,
    ):
        yield {"champion": met(one, hits), "challenger": met(other, more, version=SECOND)}


def met(users, converted, *, version=FIRST, **changes):
    made = Arm(users, converted, 3 * users, converted, 2.0, 9.0, 0.1, 500, (version,))
    return made._replace(**changes)


@pytest.mark.parametrize("base", [0.01, 0.2, 0.6])
def test_of_a_thousand_experiments_between_equals_at_most_six_in_a_hundred_have_a_winner(base):
    won = sum(report(arms, RULE).winner is not None for arms in simulated(0.0, seed=1, base=base))

    assert 0 < won <= 0.06 * RUNS


@pytest.mark.parametrize("share", [0.5, 0.2])
def test_a_challenger_that_is_better_by_a_quarter_wins_four_times_of_five(share):
    rule = RULE.model_copy(update={"challenger_share": share, "users": 4000})
    said = [report(arms, rule) for arms in simulated(0.25, seed=2, share=share)]

    assert sum(one.winner == "challenger" for one in said) >= 0.8 * RUNS
    assert sum(one.winner == "champion" for one in said) == 0
    assert np.mean([one.lift for one in said]) == pytest.approx(0.25, abs=0.02)


def test_a_challenger_that_is_worse_loses():
    said = [report(arms, RULE).winner for arms in simulated(-0.25, seed=3)]

    assert said.count("champion") >= 0.8 * RUNS
    assert "challenger" not in said


def test_a_split_of_55_to_45_is_flagged_and_nobody_wins_it():
    said = report({"champion": met(2200, 300), "challenger": met(1800, 500)}, RULE)
    by_chance = [report(a, RULE).deviations > MISMATCH for a in simulated(0.0, seed=4)]
    broken = [report(a, RULE).deviations > MISMATCH for a in simulated(0.0, seed=4, share=0.45)]

    assert (said.winner, "sample ratio mismatch" in said.text) == (None, True)
    assert sum(by_chance) <= 1
    assert sum(broken) >= 0.95 * RUNS
    assert imbalance(2200, 1800, 0.5) == pytest.approx(6.3, abs=0.1)


def test_nobody_wins_before_the_planned_number_of_users():
    early = {"champion": met(500, 50), "challenger": met(500, 150, version=SECOND)}

    said = report(early, RULE)

    assert said.winner is None
    assert said.confidence > 0.999
    assert "1000 of 4000 planned users: too early" in said.text


def test_a_change_of_version_within_an_arm_is_no_experiment():
    mixed = met(2000, 500)._replace(versions=(SECOND, "3"))

    said = report({"champion": met(2000, 300), "challenger": mixed}, RULE)

    assert said.winner is None
    assert f"challenger was version {SECOND} and 3" in said.text


@pytest.mark.parametrize(
    ("guardrail", "now"),
    [("p99_ms", 20.0), ("mean_ms", 5.0), ("fallbacks", 0.2), ("coverage", 300)],
)
def test_a_challenger_that_breaks_the_guardrail_does_not_win(guardrail, now):
    rule = RULE.model_copy(update={"guardrail": guardrail})
    champion, better = met(2000, 300), met(2000, 500, version=SECOND)

    assert report({"champion": champion, "challenger": better}, rule).winner == "challenger"
    broken = better._replace(**{guardrail: now})
    said = report({"champion": champion, "challenger": broken}, rule)

    assert (said.winner, guardrail in said.guardrail) == (None, True)


@pytest.mark.parametrize("arms", [{}, {"champion": met(5000, 10)}, {"challenger": met(1, 1)}])
def test_a_report_of_what_hardly_began_says_so(arms):
    said = report(arms, RULE)

    assert said.winner is None
    assert "no verdict" in said.text


def test_a_report_tells_a_person_all_of_it():
    said = report({"champion": met(2000, 400), "challenger": met(2000, 500, version=SECOND)}, RULE)

    assert said.winner == "challenger"
    assert said.lift == pytest.approx(0.25)
    assert said.confidence == pytest.approx(0.9998, abs=1e-4)
    assert "| challenger | 2 | 2000 | 500 | 25.00% |" in said.text
    assert "Difference: +5.00% of the users" in said.text
    assert "the challenger wins; confidence 100.0%" in said.text


def test_each_user_is_answered_by_the_version_of_the_arm_and_logged_under_it(project):
    project.promote(SECOND, alias="challenger")
    own = project.settings(experiment=RULES)
    users = [f"user-{n}" for n in range(40)]
    with project.client(experiment=RULES) as client:
        answers = [client.post("/v1/recommendations", json={"user": u}).json() for u in users]

    wanted = [arm("a", Mask(own).text(user), 0.5) for user in users]
    assert [one["model_version"] == SECOND for one in answers] == wanted
    with closing(Store(own)) as log:
        arms = log.arms("a")
        assert log.users("a") == {"champion": wanted.count(False), "challenger": wanted.count(True)}
    assert {name: one.versions for name, one in arms.items()} == {
        "champion": (FIRST,),
        "challenger": (SECOND,),
    }


def test_clicks_on_what_the_challenger_showed_let_it_win(project):
    wanted = {**RULES, "users": 80, "guardrail": "fallbacks"}
    project.promote(SECOND, alias="challenger")
    own = project.settings(experiment=wanted)
    click = next(event for event in USE_CASE.events(1, 100) if own.weights[event.kind] > 0)
    states = {}
    with project.client(experiment=wanted) as client:
        for user in (f"user-{n}" for n in range(80)):
            answer = client.post("/v1/recommendations", json={"user": user}).json()
            if answer["model_version"] == SECOND or user.endswith("0"):
                item, soon = answer["items"][0]["item"], round(time.time() * 1000.0) + 1000
                event = msgspec.structs.replace(click, user=user, item=item, at=soon)
                states[Mask(own).text(user)] = USE_CASE.fold(None, event).dump()
    with closing(open_store(own)) as store, closing(Store(own)) as log:
        store.commit(Change({7: 0}, {7: 1}, states))
        found = feedback(own, USE_CASE, store, log, now=time.time() + 10.0)
        said = report(log.arms("a"), Rules.model_validate(wanted))

    assert found == (len(states), 0, 80 - len(states))
    assert said.winner == "challenger", said.text


def test_without_a_challenger_there_is_no_experiment(project):
    with project.client(experiment=RULES) as client:
        for number in range(20):
            client.post("/v1/recommendations", json={"user": f"user-{number}"})

    with closing(Store(project.settings())) as log:
        assert log.users("a") == {}
        assert log.arms()["champion"].answers == 20


def answer(number, who, user):
    return Record(str(number), time.time(), "a", who, FIRST, user, ("x",), "", 0.001)


def test_metrics_show_how_many_users_met_which_arm(project, monkeypatch):
    monkeypatch.setattr(server, "MEASURE_SECONDS", 0.05)
    with closing(Store(project.settings())) as log:
        log.write(
            [
                answer(n, who, f"u{n % 150}")
                for n, who in enumerate(["champion"] * 150 + ["challenger"] * 40)
            ]
        )
    with project.client(experiment=RULES) as client:
        until, page = time.monotonic() + 10.0, ""
        while 'service_arm_users{arm="champion"} 150.0' not in page and time.monotonic() < until:
            time.sleep(0.05)
            page = client.get("/metrics").text

    assert 'service_arm_users{arm="champion"} 150.0' in page
    assert 'service_arm_users{arm="challenger"} 40.0' in page
    found = re.search(r"^service_sample_ratio_deviations (\S+)$", page, re.MULTILINE)
    assert float(found[1]) == pytest.approx(imbalance(150, 40, 0.5))


def test_the_figures_of_an_arm_are_those_of_its_answers(project):
    with closing(Store(project.settings())) as log:
        log.write(
            [
                answer(n, "champion", f"u{n % 10}")._replace(
                    items=(f"item-{n}", "b"),
                    fallback="store" if n < 25 else "",
                    latency=n / 1000.0,
                )
                for n in range(100)
            ]
        )
        log.settle([("3", "b"), ("13", "b"), ("4", "item-4"), ("5", None)])
        found = log.arms("a")["champion"]

    assert found == Arm(10, 2, 100, 3, pytest.approx(49.5), 99.0, 0.25, 101, (FIRST,))


def test_what_several_services_logged_is_judged_together(project, tmp_path):
    own = project.settings()
    for name, shift in (("one", 0), ("other", 5)):
        with closing(Store(own, tmp_path / name)) as log:
            log.write([answer(n + shift, "champion", f"u{n + shift}") for n in range(10)])

    with closing(Store(own, ":memory:")) as log:
        log.take(tmp_path / "one")
        log.take(tmp_path / "other")
        found = log.arms("a")["champion"]
        (tmp_path / "third").write_text("no log at all, but long enough to be looked into")
        for name in ("third", "fourth"):
            with pytest.raises(ProjectError, match="is no log of answers"):
                log.take(tmp_path / name)

    assert (found.users, found.answers) == (15, 15)


@pytest.mark.parametrize(
    "wrong",
    [{"challenger_share": 0.9}, {"users": 0}, {"guardrail": "luck"}, {"confidence": 1.0}, {"x": 1}],
)
def test_a_rule_out_of_bounds_is_refused_by_name(project, wrong):
    with pytest.raises(ProjectError, match=rf"experiment\.{next(iter(wrong))}"):
        Experiment(project.settings(experiment={**RULES, **wrong}))
