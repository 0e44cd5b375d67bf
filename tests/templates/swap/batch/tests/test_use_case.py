"""The second use case's six modules."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from PACKAGE.data import consumption
from PACKAGE.decide import decide
from PACKAGE.evaluate import evaluate
from PACKAGE.features import features
from PACKAGE.runtime import Sample
from PACKAGE.schemas import Consumption
from PACKAGE.train import fit

START = date(2026, 3, 2)


def test_the_table_keeps_its_contract_and_holds_a_negative_day():
    table = consumption(Sample(seed=1, series=20, days=400))

    assert Consumption.filter(table)[1].counts() == {}
    assert table["kwh"].min() < 0


def test_a_cold_monday_is_heated():
    row = pl.DataFrame({"day_of": [START], "temperature": [5.0]})

    assert features(row).select("weekday", "heating").row(0) == (1, 10.0)


def test_the_model_learns_a_negative_target():
    table = np.random.default_rng(1).normal(size=(900, 2))

    told = fit(table, -table[:, 0], names=["a", "b"], seed=1).predict(table)

    assert told.min() < -1


def test_metrics_of_a_known_forecast():
    rows = {"truth": [1.0, 5.0], "forecast": [4.0, 1.0], "lower": [0.0, 0.0], "upper": [4.0, 4.0]}

    told = evaluate(pl.DataFrame(rows), (0.25, 0.75))

    assert told == pytest.approx({"rmse": 12.5**0.5, "mae": 3.5, "lacking": 0.0})


def test_a_new_building_is_forecast_from_its_kind():
    asked = pl.DataFrame(
        {
            "series": ["a"],
            "day": [START],
            "model": pl.Series([None], dtype=pl.Float64),
            "peers": [-2.0],
            "below": [1.0],
            "above": [3.0],
        }
    )
    known = pl.DataFrame({"series": ["b"], "day": [START - timedelta(days=1)], "value": [1.0]})

    told = decide(asked, known, {"least_days": 5})

    assert told.select("forecast", "lower", "upper", "method").row(0) == (-2.0, -3.0, 1.0, "kind")
