"""Champion and challenger: the same entity meets the same version, and shadows stay unseen."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from conftest import FIRST, SECOND
from hypothesis import given
from hypothesis import strategies as st

from {{ cookiecutter.package_name }}.runtime import ProjectError
from {{ cookiecutter.package_name }}.runtime.experiment import Experiment, arm, imbalance

RULES = {"name": "a", "challenger_share": 0.5, "shadow": False}
SHARES = st.floats(0.0, 1.0)


{% include 'templates/_shared/test-arm.py' %}

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
