"""Drift: the same data is stable, other data is named, and knowledge has limits."""

from __future__ import annotations

import time
from contextlib import closing

import numpy as np
import pytest
from conftest import FIRST, ROOT
from hypothesis import given
from hypothesis import strategies as st

from fraud_scoring.runtime import model, monitoring
from fraud_scoring.runtime.cli import USE_CASE, drift_report, main
from fraud_scoring.runtime.log import Record, Store
from fraud_scoring.runtime.monitoring import Reference


def compared(then, now, limit=0.2):
    return monitoring.compare({"x": Reference.of(then)}, {"x": now}, limit=limit)[0]


@given(st.integers(0, 2**32 - 1))
def test_the_same_distribution_is_stable(seed):
    draw = np.random.default_rng(seed)

    found = compared(draw.normal(size=4_000), draw.normal(size=2_000))

    assert found.psi < 0.05
    assert found.ks < 0.1
    assert not found.drifted


@pytest.mark.parametrize("shift", [0.8, -0.8])
def test_a_shift_is_found(shift):
    draw = np.random.default_rng(1)

    found = compared(draw.normal(size=4_000), draw.normal(size=2_000) + shift)

    assert found.drifted
    assert found.psi > 0.4
    assert found.ks == pytest.approx(0.31, abs=0.05)


def test_a_flag_that_turns_from_rare_to_frequent_is_found():
    then = np.repeat([0.0, 1.0], [950, 50])

    assert compared(then, np.repeat([0.0, 1.0], [600, 400])).drifted
    assert not compared(then, np.repeat([0.0, 1.0], [94, 6])).drifted


def test_the_index_is_the_one_of_the_textbook():
    then, now = np.repeat([0.0, 1.0], [50, 50]), np.repeat([0.0, 1.0], [25, 75])

    expected = (0.25 - 0.5) * np.log(0.25 / 0.5) + (0.75 - 0.5) * np.log(0.75 / 0.5)
    assert compared(then, now).psi == pytest.approx(expected)


def test_values_that_are_missing_or_never_seen_are_counted():
    found = compared(np.linspace(0, 1, 100), np.array([0.5, np.nan, 7.0, -3.0]))

    assert found.without_value == 0.25
    assert found.unseen == pytest.approx(2 / 3)


def test_knowledge_ends_a_tenth_beyond_the_training_data():
    known = Reference.of(np.array([0.0, 4.0, 10.0]))

    assert [known.knows(v) for v in (-1.1, -0.9, 5.0, 10.9, 11.1)] == [
        False,
        True,
        True,
        True,
        False,
    ]
    assert not known.knows(float("nan"))
    assert Reference.of(np.array([0.0, np.nan])).knows(float("nan"))


def test_a_reference_survives_the_file(tmp_path):
    before = {"x": Reference.of(np.array([1.0, 2.0, np.nan]))}

    monitoring.write_references(tmp_path / "r.json", before)

    assert monitoring.read_references(tmp_path / "r.json") == before


def test_a_model_names_the_features_that_it_does_not_know(shared, examples):
    loaded = model.load(FIRST, shared.registry.files(FIRST), USE_CASE)
    row = loaded.row(USE_CASE.features(examples.requests[0]))
    assert loaded.scored(row, 0.0).outside == []

    row[0, 0] = loaded.references[loaded.names[0]].high * 2 + 1e6

    assert loaded.scored(row, 0.0).outside == [loaded.names[0]]


def test_the_shares_of_a_score_add_up_to_it(shared, examples):
    loaded = model.load(FIRST, shared.registry.files(FIRST), USE_CASE)
    rows = [loaded.row(USE_CASE.features(request)) for request in examples.requests[:20]]

    shares = [loaded.scored(row, 0.0).why() for row in rows]
    totals = [sum(share.values()) for share in shares]
    scores = [float(loaded.predict(row)[0]) for row in rows]

    assert set(shares[0]) == set(loaded.names)
    assert np.array_equal(np.argsort(totals, kind="stable"), np.argsort(scores, kind="stable"))


def logged(project, examples, change):
    with closing(Store(project.settings())) as store:
        store.write(
            [
                Record(
                    request_id=str(number),
                    alias="champion",
                    at=time.time(),
                    version=FIRST,
                    request=request,
                    features=change(dict(USE_CASE.features(request))),
                    score=0.0,
                    outside=(),
                    response=None,
                    latency=0.0,
                )
                for number, request in enumerate(examples.requests)
            ]
        )


@pytest.fixture
def feature(project):
    return project.settings().feature_names[0]


def test_the_report_names_what_drifted(project, examples, feature, monkeypatch, capsys):
    logged(project, examples, lambda features: features | {feature: features[feature] * 3 + 5})
    monkeypatch.setenv("SERVICE_ROOT", str(ROOT))
    monkeypatch.setenv("SERVICE_DATA_DIR", str(project.data))

    assert main(["drift"]) == 1

    lines = [line for line in capsys.readouterr().out.splitlines() if "| drifted |" in line]
    assert feature in [line.split()[1] for line in lines]
    assert (project.data / "drift.md").is_file()


def test_a_report_of_few_answers_gives_no_verdict(project):
    said, drifted = drift_report(project.settings(), project.registry, hours=1.0)

    assert "0 answers of version 1: too few" in said
    assert not drifted
