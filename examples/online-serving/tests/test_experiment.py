"""Champion and challenger: the same entity meets the same version, and shadows stay unseen."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from conftest import FIRST, SECOND
from hypothesis import given
from hypothesis import strategies as st

from fraud_scoring.runtime import ProjectError
from fraud_scoring.runtime.experiment import Experiment, arm, imbalance

RULES = {"name": "a", "challenger_share": 0.5, "shadow": False}
SHARES = st.floats(0.0, 1.0)


@given(st.text(), st.text(), SHARES)
def test_an_entity_always_meets_the_same_version(name, entity, share):
    assert arm(name, entity, share) == arm(name, entity, share)


@given(st.text(), st.text(), SHARES, SHARES)
def test_who_met_the_challenger_stays_when_the_share_grows(name, entity, one, other):
    low, high = sorted((one, other))

    assert arm(name, entity, high) or not arm(name, entity, low)


@given(st.text(), st.text())
def test_no_share_meets_nobody_and_the_whole_share_everybody(name, entity):
    assert not arm(name, entity, 0.0)
    assert arm(name, entity, 1.0)


def test_assignments_are_the_same_in_every_process_and_release():
    met = "".join(str(int(arm("experiment", f"customer-{n}", 0.5))) for n in range(24))

    assert met == "101000111111100100110010"


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5])
def test_the_share_is_met(share):
    met = sum(arm("experiment", f"customer-{n}", share) for n in range(20_000))

    assert imbalance(20_000 - met, met, share) < 4.0


def test_two_experiments_draw_independently():
    both = sum(arm("one", f"c{n}", 0.5) and arm("two", f"c{n}", 0.5) for n in range(20_000))

    assert both == pytest.approx(5_000, abs=300)


def test_a_broken_split_is_found():
    assert imbalance(900, 100, 0.1) == 0.0
    assert imbalance(850, 150, 0.1) > 4.0


def answers(project, bodies, rules):
    with project.client(experiment=rules) as client:
        return [client.post("/v1/score", json=body).json()["model_version"] for body in bodies]


def test_each_entity_is_answered_by_its_own_version(project, body):
    entity = project.settings().privacy.entity
    project.promote(SECOND, alias="challenger")
    names = [f"customer-{n}" for n in range(40)]
    bodies = [body(n, **{entity: name}) for n, name in enumerate(names)]

    met = answers(project, bodies, RULES)

    assert met == [SECOND if arm("a", name, 0.5) else FIRST for name in names]
    assert answers(project, bodies, RULES) == met


def test_without_a_challenger_the_champion_answers_everybody(project, body):
    assert set(answers(project, [body(n) for n in range(40)], RULES)) == {FIRST}


def test_the_shadow_is_logged_and_never_answers(project, body):
    project.promote(SECOND, alias="challenger")
    rules = {**RULES, "challenger_share": 0.0, "shadow": True}

    assert set(answers(project, [body(n) for n in range(40)], rules)) == {FIRST}

    with closing(sqlite3.connect(project.data / "predictions.db")) as log:
        rows = log.execute(
            "SELECT s.version, s.features = c.features, s.score = c.score, s.response"
            " FROM predictions s JOIN predictions c USING (request_id)"
            " WHERE s.alias = 'shadow' AND c.alias = 'champion'"
        ).fetchall()
    assert len(rows) == 40
    assert {row[:2] for row in rows} == {(SECOND, 1)}
    assert any(row[2] == 0 for row in rows)
    assert {row[3] for row in rows} == {None}


def test_a_share_out_of_bounds_is_refused(project):
    with pytest.raises(ProjectError, match=r"experiment\.challenger_share"):
        Experiment(project.settings(experiment={"challenger_share": 0.9}))
