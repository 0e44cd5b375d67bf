"""Your six modules. Replace these tests together with them."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from demand_forecasting import train
from demand_forecasting.data import PLANNED, demand, read
from demand_forecasting.decide import decide
from demand_forecasting.evaluate import evaluate
from demand_forecasting.features import features, holidays
from demand_forecasting.runtime import ProjectError, Sample
from demand_forecasting.schemas import Demand
from demand_forecasting.train import fit

SAMPLE = Sample(seed=3, series=30, days=400)
LIMITS = {"cold_start_days": 10, "intermittent_gap": 2.0, "smoothing": 0.5}
START = date(2026, 3, 2)


@pytest.fixture(scope="module")
def panel() -> pl.DataFrame:
    return demand(SAMPLE)


def row(**changes: object) -> pl.DataFrame:
    values = {
        "store": "S01",
        "product": "P0001",
        "date": date(2026, 12, 24),
        "category": "bakery",
        "units": 3.0,
        "price": 4.0,
        "list_price": 5.0,
        "promotion": True,
        "stock_out": False,
    }
    return pl.DataFrame({name: [value] for name, value in {**values, **changes}.items()})


def asked(model: float | None, days: int = 3, peers: float = 7.0) -> pl.DataFrame:
    """Return what decide is asked about one series: `days` days."""
    return pl.DataFrame(
        {
            "series": ["a"] * days,
            "day": [START + timedelta(days=number) for number in range(days)],
            "model": pl.Series([model] * days, dtype=pl.Float64),
            "peers": [peers] * days,
            "below": [1.0] * days,
            "above": [2.0] * days,
        }
    )


def history(*values: float) -> pl.DataFrame:
    days = [START - timedelta(days=len(values) - number) for number in range(len(values))]
    return pl.DataFrame(
        {"series": ["a"] * len(values), "day": days, "value": pl.Series(values, dtype=pl.Float32)},
        schema_overrides={"series": pl.String, "day": pl.Date},
    )


def test_a_day_has_the_features_that_its_row_says():
    told = features(row()).select(
        "weekday", "month", "holiday", "before_holiday", "promotion", "discount"
    )

    assert told.row(0) == pytest.approx((4, 12, 0.0, 1.0, 1.0, 0.2))


def test_a_holiday_is_no_days_away_from_a_holiday():
    told = features(row(date=date(2026, 12, 25))).select("holiday", "before_holiday")

    assert told.row(0) == (1.0, 0.0)


def test_a_day_far_from_any_holiday_says_so():
    assert features(row(date=date(2026, 9, 9))).item(0, "before_holiday") == 8.0


def test_the_turn_of_the_year_is_seen_coming():
    assert features(row(date=date(2026, 12, 29))).item(0, "before_holiday") == 3.0


@pytest.mark.parametrize(
    ("year", "sunday"), [(2024, (3, 31)), (2025, (4, 20)), (2026, (4, 5)), (2038, (4, 25))]
)
def test_good_friday_and_easter_monday_move_with_easter(year, sunday):
    easter = date(year, *sunday)

    assert {easter - timedelta(days=2), easter + timedelta(days=1)} <= holidays(year)
    assert easter not in holidays(year)


def test_features_of_a_day_do_not_change_with_the_days_around_it(panel):
    rows = panel.sort("store", "product", "date")
    part = rows.filter(pl.col("date") < date(2024, 6, 1))

    assert_frame_equal(features(part), features(rows).filter(pl.col("date") < date(2024, 6, 1)))


def test_the_sample_keeps_its_contract(panel):
    result, failure = Demand.filter(panel)

    assert (result.height, failure.counts()) == (panel.height, {})


def test_the_sample_is_the_same_for_the_same_seed_and_another_for_another(panel):
    assert_frame_equal(panel, demand(SAMPLE))
    assert not panel.equals(demand(Sample(seed=4, series=30, days=400)))


def test_the_sample_has_a_past_and_a_plan(panel):
    known = panel.filter(pl.col("units").is_not_null())["date"].max()

    assert (panel["date"].max() - known).days == PLANNED
    assert panel.filter(pl.col("date") > known)["promotion"].any()


def test_the_sample_has_what_makes_demand_hard(panel):
    sold = panel.filter(pl.col("units").is_not_null())
    series = sold.group_by("store", "product").agg(
        days=pl.len(), zeros=(pl.col("units") == 0).mean()
    )
    ordinary = sold.filter(~pl.col("stock_out"))

    def mean(*which: pl.Expr) -> float:
        return ordinary.filter(*which)["units"].mean()

    assert series.filter(pl.col("days") < 130).height > 0, "no new item"
    assert series.filter(pl.col("zeros") > 0.6).height > 0, "no intermittent item"
    assert mean(pl.col("promotion")) > 1.3 * mean(~pl.col("promotion"))
    assert 0.001 < sold["stock_out"].mean() < 0.1
    assert sold.filter(pl.col("stock_out"))["units"].mean() < 0.6 * mean()
    closed = pl.col("date").is_in(list(holidays(2024)))
    assert mean(closed) < 0.6 * mean(~closed)


def test_reading_makes_the_sample_once(tmp_path):
    place = tmp_path / "deep" / "sample.parquet"
    first = read(place, SAMPLE)
    written = place.stat().st_mtime_ns

    assert_frame_equal(read(place, SAMPLE), first)
    assert place.stat().st_mtime_ns == written
    assert [path.name for path in place.parent.iterdir()] == ["sample.parquet"]


@pytest.mark.usefixtures("full")
def test_a_disk_without_room_for_the_sample_is_left_without_it(tmp_path):
    with pytest.raises(ProjectError, match=r"sample\.parquet cannot be written: is the disk full"):
        read(tmp_path / "sample.parquet", SAMPLE)

    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_files_is_one_panel(tmp_path, panel):
    panel.head(10).write_parquet(tmp_path / "1.parquet")
    panel.slice(10, 5).write_parquet(tmp_path / "2.parquet")

    assert_frame_equal(read(tmp_path, None), panel.head(15))


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"units": -1.0}, "units|min"),
        ({"units": float("nan")}, "units|nan"),
        ({"price": 0.0}, "price|min_exclusive"),
        ({"store": "Berlin"}, "store|regex"),
        ({"product": "1"}, "product|regex"),
        ({"category": ""}, "category|min_length"),
        ({"date": None}, "date|nullability"),
        ({"promotion": None}, "promotion|nullability"),
    ],
    ids=str,
)
def test_a_row_that_breaks_the_contract_is_put_aside_with_its_rule(changes, rule):
    good = row(date=date(2026, 1, 1))

    result, failure = Demand.filter(pl.concat([good, row(**changes).cast(good.schema)]))

    assert (result.height, failure.counts()) == (1, {rule: 1})


def test_the_same_seed_fits_the_same_model_and_another_another():
    table = np.random.default_rng(1).normal(size=(600, 3))
    target = np.exp(table[:, 0]).round()

    def text(seed: int) -> str:
        return fit(table, target, names=["a", "b", "c"], seed=seed).model_to_string()

    assert text(1) == text(1)
    assert text(1) != text(2)


def test_a_long_table_is_learnt_from_a_part_of_its_rows(monkeypatch):
    monkeypatch.setattr(train, "ROWS", 500)
    table = np.random.default_rng(1).normal(size=(600, 3))

    fitted = fit(table, np.exp(table[:, 0]), names=["a", "b", "c"], seed=1)

    first = fitted.dump_model()["tree_info"][0]["tree_structure"]
    assert first["internal_count"] == 500


def test_the_model_learns_what_the_table_holds():
    table = np.random.default_rng(1).normal(size=(2000, 3))
    target = np.exp(1 + table[:, 0])

    told = fit(table, target, names=["a", "b", "c"], seed=1).predict(table)

    assert np.corrcoef(told, target)[0, 1] > 0.9
    assert (told >= 0).all()


def test_metrics_of_a_known_forecast():
    scored = pl.DataFrame(
        {
            "truth": [10.0, 0.0, 5.0],
            "forecast": [12.0, 1.0, 5.0],
            "lower": [8.0, 0.5, 4.0],
            "upper": [14.0, 2.0, 6.0],
        }
    )

    told = evaluate(scored, (0.1, 0.9))

    assert told["wape"] == pytest.approx(3 / 15)
    assert told["bias"] == pytest.approx(3 / 15)
    assert told["coverage"] == pytest.approx(2 / 3)
    lower = 2 * (0.1 * 2 + 0.9 * 0.5 + 0.1 * 1)
    upper = 2 * (0.1 * 4 + 0.1 * 2 + 0.1 * 1)
    assert told["pinball"] == pytest.approx((lower + 3 + upper) / 15 / 3)


def test_a_series_that_sells_every_day_gets_the_model_s_forecast():
    told = decide(asked(model=4.126), history(*[3.0] * 20), LIMITS)

    assert told.select("forecast", "lower", "upper", "method").row(0) == (4.13, 3.13, 6.13, "model")


def test_an_item_without_history_sells_what_its_peers_sell():
    told = decide(asked(model=None), history(), LIMITS)

    assert told["forecast"].to_list() == [7.0] * 3
    assert told["method"].unique().to_list() == ["cold_start"]


@pytest.mark.parametrize(("age", "expected"), [(1, 6.7), (5, 5.5), (9, 4.3)])
def test_a_young_item_is_forecast_more_and_more_from_itself(age, expected):
    told = decide(asked(model=4.0), history(*[3.0] * age), LIMITS)

    assert told["forecast"][0] == pytest.approx(expected)


def test_an_item_of_the_age_is_no_cold_start():
    told = decide(asked(model=4.0), history(*[3.0] * 10), LIMITS)

    assert told["method"][0] == "model"


def test_an_item_that_sells_now_and_then_is_forecast_by_its_rate():
    # Four sales of 2, each 3 days after the one before: 2 / 3 a day, less a quarter by Syntetos and
    # Boylan's correction of half the smoothing.
    told = decide(asked(model=9.0), history(*[0.0, 0.0, 2.0] * 4), LIMITS)

    assert told["method"][0] == "croston"
    assert told["forecast"][0] == pytest.approx(0.75 * 2 / 3, abs=0.005)


def test_croston_s_rate_follows_the_newest_sales():
    rising = decide(asked(model=9.0), history(*[0.0, 0.0, 2.0] * 4, 0.0, 0.0, 6.0), LIMITS)

    assert rising["forecast"][0] == pytest.approx(0.75 * 4 / 3, abs=0.005)


def test_an_item_that_never_sold_is_not_forecast_to_sell():
    told = decide(asked(model=9.0), history(*[0.0] * 20), LIMITS)

    assert told.select("forecast", "lower").row(0) == (0.0, 0.0)


def test_nothing_is_delivered_below_zero():
    told = decide(asked(model=-3.0), history(*[3.0] * 20), LIMITS)

    assert told.select("forecast", "lower", "upper").row(0) == (0.0, 0.0, 2.0)


def test_every_row_that_is_asked_for_is_answered_in_order(panel):
    several = pl.concat([asked(1.0).with_columns(series=pl.lit(name)) for name in ("b", "a", "c")])

    told = decide(several, history(*[3.0] * 20), LIMITS)

    assert_frame_equal(told.select("series", "day"), several.select("series", "day"))
