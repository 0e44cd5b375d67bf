"""The delivery-time use case."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from PACKAGE.data import examples
from PACKAGE.decide import decide
from PACKAGE.evaluate import evaluate
from PACKAGE.features import features
from PACKAGE.runtime import Scored
from PACKAGE.schemas import Request
from PACKAGE.train import fit

PARCEL = Request(
    courier="courier-1",
    kilometres=10.0,
    stops_before=4,
    weight_kg=25.0,
    leaves_at_hour=17,
    rain=True,
)


def test_a_delivery_has_five_features():
    assert features(PARCEL) == {
        "kilometres": 10.0,
        "stops_before": 4.0,
        "heavy": 1.0,
        "rush_hour": 1.0,
        "wet_kilometres": 10.0,
    }


@pytest.mark.parametrize(("field", "value"), [("kilometres", 0), ("leaves_at_hour", 24)])
def test_a_value_out_of_its_range_is_refused_by_its_name(field, value):
    with pytest.raises(ValidationError) as refused:
        Request.model_validate({**PARCEL.model_dump(), field: value})

    assert [fault["loc"] for fault in refused.value.errors()] == [(field,)]


@pytest.mark.parametrize(
    ("minutes", "outside", "promise"),
    [(44.4, (), "firm"), (46.0, (), "about"), (20.0, ("kilometres",), "none")],
)
def test_a_promise_is_as_firm_as_it_can_be(minutes, outside, promise):
    scored = Scored(minutes, outside, lambda: {"kilometres": 3.0, "heavy": 5.0})

    assert decide(scored, {"firm": 45.0}).promise == promise


def test_metrics_are_minutes():
    found = evaluate(np.array([30.0, 50.0]), np.array([32.0, 38.0]))

    assert found == {"mean_minutes_off": 7.0, "bias": -5.0, "within_ten_minutes": 0.5}


def test_the_model_learns_how_long_a_delivery_takes():
    history = examples(3, 3_000)
    table = np.array([list(features(request).values()) for request in history.requests])

    model = fit(table[:2_400], history.target[:2_400], seed=3)
    found = evaluate(history.target[2_400:], np.asarray(model.predict(table[2_400:])))

    assert found["mean_minutes_off"] < 8.0
