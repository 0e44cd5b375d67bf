"""Your six modules. Replace these tests together with them."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import pytest
from pydantic import ValidationError

from fraud_scoring.data import examples
from fraud_scoring.decide import decide
from fraud_scoring.evaluate import evaluate
from fraud_scoring.features import features
from fraud_scoring.runtime import Scored
from fraud_scoring.schemas import Request
from fraud_scoring.train import fit

PAYMENT = Request(
    customer_id="customer-1",
    device_id="device-1",
    amount_eur=120.0,
    average_amount_eur=30.0,
    category="electronics",
    card_country="DE",
    merchant_country="FR",
    paid_at=datetime(2026, 3, 1, 2, 30, tzinfo=UTC),
    account_age_days=90,
    payments_last_hour=2,
    device_known=False,
)
LIMITS = {"review": 0.3, "decline": 0.8}
SHARES = {"amount_log": 0.2, "device_new": 1.5, "night": 0.4, "cross_border": 0.9, "other": -2.0}


def scored(score: float, *outside: str) -> Scored:
    return Scored(score, outside, lambda: SHARES)


def test_a_payment_has_the_features_that_its_values_say():
    assert features(PAYMENT) == {
        "amount_log": math.log(121.0),
        "amount_ratio": 3.0,
        "category_risk": 3.0,
        "cross_border": 1.0,
        "night": 1.0,
        "account_age_log": math.log(91.0),
        "payments_last_hour": 2.0,
        "device_new": 1.0,
    }


def test_a_payment_at_home_by_day_on_a_known_device_has_no_flag():
    quiet = PAYMENT.model_copy(
        update={
            "merchant_country": "DE",
            "device_known": True,
            "paid_at": datetime(2026, 3, 1, 6, 0, tzinfo=UTC),
        }
    )

    found = features(quiet)

    assert (found["cross_border"], found["night"], found["device_new"]) == (0.0, 0.0, 0.0)


def test_a_payment_that_came_as_json_has_the_same_features():
    for request in examples(3, 100).requests:
        received = Request.model_validate_json(request.model_dump_json())
        assert features(received) == features(request)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount_eur", 0),
        ("amount_eur", 50_000.01),
        ("average_amount_eur", -0.01),
        ("account_age_days", -1),
        ("payments_last_hour", 1_001),
        ("category", "weapons"),
        ("card_country", "Germany"),
        ("paid_at", "2026-03-01T02:30:00"),
        ("customer_id", ""),
    ],
)
def test_a_value_out_of_its_range_is_refused_by_its_name(field, value):
    with pytest.raises(ValidationError) as refused:
        Request.model_validate({**PAYMENT.model_dump(), field: value})

    assert [fault["loc"] for fault in refused.value.errors()] == [(field,)]


@pytest.mark.parametrize(
    ("score", "decision"),
    [(0.0, "approve"), (0.2999, "approve"), (0.3, "review"), (0.7999, "review"), (0.8, "decline")],
)
def test_thresholds_decide(score, decision):
    assert decide(scored(score), LIMITS).decision == decision


def test_a_payment_outside_the_training_data_goes_to_a_person():
    assert decide(scored(0.01, "amount_log"), LIMITS).decision == "review"
    assert decide(scored(0.99, "amount_log"), LIMITS).decision == "review"


def test_reasons_are_the_three_strongest_that_speak_for_fraud():
    assert decide(scored(0.9), LIMITS).reasons == ["device_new", "cross_border", "night"]
    assert decide(scored(0.1), LIMITS).reasons == []


def test_examples_are_the_same_for_the_same_seed_and_others_for_another():
    once, again, other = examples(5, 300), examples(5, 300), examples(6, 300)

    assert once.requests == again.requests
    assert np.array_equal(once.target, again.target)
    assert once.requests != other.requests


def test_some_examples_are_fraud_and_most_are_not():
    assert 0.01 < examples(5, 3_000).target.mean() < 0.15


def test_examples_stand_in_the_order_of_time():
    times = [request.paid_at for request in examples(5, 300).requests]

    assert times == sorted(times)


def test_metrics_of_a_known_ranking():
    target = np.array([1.0, 0.0, 1.0, 0.0])

    found = evaluate(target, np.array([0.9, 0.8, 0.7, 0.1]))

    assert found["pr_auc"] == pytest.approx((1.0 + 2 / 3) / 2)
    assert found["recall_at_5pct_false_alarms"] == pytest.approx(0.5)
    assert found["brier"] == pytest.approx((0.01 + 0.64 + 0.09 + 0.01) / 4)
    assert found["calibration_ratio"] == pytest.approx(2.5 / 2)


def test_the_model_learns_what_the_data_holds():
    history = examples(7, 6_000)
    table = np.array([list(features(request).values()) for request in history.requests])

    model = fit(table[:4_500], history.target[:4_500], seed=7)
    found = evaluate(history.target[4_500:], np.asarray(model.predict(table[4_500:])))

    assert found["pr_auc"] > 0.33
    assert found["brier"] < history.target.mean()


def test_the_same_seed_fits_the_same_model_and_another_another():
    draw = np.random.default_rng(0)
    table, target = draw.normal(size=(500, 8)), draw.integers(0, 2, 500).astype(float)

    once, again, other = (fit(table, target, seed=seed).predict(table) for seed in (1, 1, 2))

    assert np.array_equal(once, again)
    assert not np.array_equal(once, other)
