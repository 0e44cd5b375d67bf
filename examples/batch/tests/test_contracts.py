"""Bad input: one clear error with its next step, or bad rows put aside and counted."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from conftest import HORIZON, Like

from demand_forecasting.runtime import ProjectError, contracts, scoring
from demand_forecasting.runtime.cli import USE_CASE
from demand_forecasting.runtime.panel import known


def checked(project, panel, **changes):
    return contracts.checked(project.settings(**changes), USE_CASE, panel)


def refusal(project, settings_, *, as_of=None):
    """Return the error of a run, which must have written no forecast."""
    with pytest.raises(ProjectError) as told:
        scoring.score(settings_, USE_CASE, project.registry, as_of)
    assert project.partitions() == {}
    assert told.value.next_step
    return told.value


def some(project, rows, **columns):
    """Return the panel with other values in its first rows."""
    first = pl.int_range(pl.len()) < rows
    return project.panel.with_columns(
        pl.when(first).then(value).otherwise(name).alias(name) for name, value in columns.items()
    )


def test_a_good_panel_loses_no_row(shared):
    found = checked(shared, shared.panel)

    assert found.panel.height == shared.panel.height
    assert (found.bad.height, found.counts) == (0, {})


def test_rows_with_the_same_key_are_put_aside_and_counted(shared):
    found = checked(shared, pl.concat([shared.panel, shared.panel.head(3)]))

    assert found.counts == {"primary_key": 6}
    assert found.panel.height == shared.panel.height - 3


def test_rows_that_are_not_a_number_are_put_aside_and_counted(shared):
    target = shared.settings().panel.target

    found = checked(shared, some(shared, 4, **{target: float("nan")}))

    assert found.bad.height == 4
    assert found.counts == {f"{target}|nan": 4}


def test_bad_rows_are_kept_beside_the_partition_and_the_rest_is_forecast(project, changed):
    target = project.settings().panel.target
    config = changed(some(project, 4, **{target: float("nan")}))

    written = scoring.score(config, USE_CASE, project.registry)

    kept = project.data / "quarantine" / f"run_date={project.newest}" / "rows.parquet"
    assert pl.read_parquet(kept, hive_partitioning=False).height == 4
    assert sum(written.bad.values()) == 4
    assert written.rows > 0


def test_too_many_bad_rows_stop_the_run(project, changed):
    names = project.settings().panel
    config = changed(some(project, 2000, **{names.target: float("nan")}))

    error = refusal(project, config)

    assert error.code == 3
    assert f"2000 of {project.panel.height} rows of the panel are bad" in str(error)
    assert f"{names.target}|nan 2000" in str(error)


@pytest.mark.parametrize("column", ["target", "time", "segment"])
def test_a_column_that_lacks_is_named(project, changed, column):
    name = getattr(project.settings().panel, column)

    error = refusal(project, changed(project.panel.drop(name)))

    assert (error.code, str(error)) == (3, f"the panel lacks the column {name}")
    with pytest.raises(ProjectError, match="lacks the column"):
        scoring.freshness(project.settings(), USE_CASE, datetime.now(UTC))


@pytest.mark.parametrize(
    "key", ["keys", "time", "target", "untrusted", "segment", "peers"], ids="{}".format
)
def test_a_column_that_only_the_configuration_knows_is_named(shared, key):
    wrong = ["nowhere"] if key in ("keys", "peers") else "nowhere"
    config = shared.settings(panel={key: wrong})

    with pytest.raises(ProjectError) as told:
        contracts.read(config, USE_CASE)

    assert told.value.code == 3
    assert str(told.value) == f"[panel] {key} names 'nowhere', which schemas.py does not have"
    assert shared.settings().panel.target in told.value.next_step
    with pytest.raises(ProjectError, match="nowhere"):
        known(config, USE_CASE, shared.panel, shared.newest)


@pytest.mark.parametrize("key", ["time", "target", "untrusted"])
def test_a_column_that_cannot_be_what_it_is_named_for_is_refused(project, key):
    segment = project.settings().panel.segment

    error = refusal(project, project.settings(panel={key: segment}))

    assert str(error).startswith(f"[panel] {key} names {segment!r}, which is no")


def test_a_panel_without_a_day_to_come_leaves_the_partition_that_there_is(project, changed):
    written = scoring.score(project.settings(), USE_CASE, project.registry)
    before = project.partitions()
    name = project.settings().panel.time
    config = changed(project.panel.filter(pl.col(name) < written.run_date))

    with pytest.raises(ProjectError, match="nothing is there to forecast") as told:
        scoring.score(config, USE_CASE, project.registry)

    assert told.value.code == 3
    assert project.partitions() == before


def test_a_column_of_another_type_is_named(project, changed):
    name = project.settings().panel.target
    panel = project.panel.with_columns(pl.col(name).cast(pl.String))

    error = refusal(project, changed(panel))

    assert error.code == 3
    assert str(error).startswith(f"the panel's column {name} is String, the contract says Float64")


def test_whole_numbers_are_numbers(shared):
    name = shared.settings().panel.target

    found = checked(shared, shared.panel.with_columns(pl.col(name).cast(pl.Int32)))

    assert found.bad.is_empty()


def test_an_empty_panel_is_an_error(project, changed):
    error = refusal(project, changed(project.panel.clear()))

    assert error.code == 4
    assert "holds no row" in str(error)


@pytest.mark.parametrize("how", ["truncated", "empty", "gone", "no table"])
def test_a_file_that_cannot_be_read_is_named(project, how):
    place = project.settings().place
    whole = place.read_bytes()
    if how == "gone":
        place.unlink()
    else:
        wrong = {"truncated": whole[: len(whole) // 2], "empty": b"", "no table": b"a,b\n1,2\n"}
        place.write_bytes(wrong[how])
    project.environ["BATCH_SOURCE"] = str(place)

    error = refusal(project, project.settings())

    assert error.code == 4
    assert f"the panel {place} cannot be read" in str(error)
    assert "BATCH_SOURCE" in error.next_step


def test_a_panel_of_ones_own_is_never_made_up(project, tmp_path):
    project.environ["BATCH_SOURCE"] = str(tmp_path / "mine.parquet")
    config = project.settings()

    error = refusal(project, config)

    assert "mine.parquet cannot be read" in str(error)

    assert config.sample is None
    assert not (tmp_path / "mine.parquet").exists()


def test_a_panel_without_any_target_is_an_error(project, changed):
    name = project.settings().panel.target
    panel = project.panel.with_columns(pl.lit(None, pl.Float64).alias(name))

    assert f"no row of the panel has a value in {name}" in str(refusal(project, changed(panel)))


def test_a_target_of_a_day_to_come_is_an_error(project, changed):
    names = project.settings().panel
    late = pl.lit(date(9999, 12, 31)).alias(names.time)
    one = project.panel.drop_nulls(names.target).head(1).with_columns(late)
    panel = pl.concat([project.panel, one])

    error = refusal(project, changed(panel))

    assert error.code == 3
    assert "for 9999-12-31, which is yet to come" in str(error)


def test_a_run_date_in_the_future_is_refused_with_the_newest_that_is_possible(project):
    error = refusal(project, project.settings(), as_of=project.newest + timedelta(days=1))

    assert error.code == 3
    assert "is in the future" in str(error)
    assert str(project.newest) in error.next_step


def test_a_run_date_before_the_data_is_refused(project):
    first = contracts.first_day(project.settings(), project.panel)

    error = refusal(project, project.settings(), as_of=first)

    assert error.code == 3
    assert f"the panel begins on {first}" in str(error)


def test_today_is_taken_from_the_clock_where_the_configuration_says_so(project):
    error = refusal(project, project.settings(data={"as_of": "today"}))

    assert "is in the future" in str(error)


def test_a_target_that_is_known_later_than_it_should_be_changes_nothing_before(shared):
    names = shared.settings().panel
    day = shared.newest - timedelta(days=5)
    loaded = scoring.champion(shared.settings(), USE_CASE, shared.registry)
    cut = pl.col(names.time) < shared.newest - timedelta(days=3)
    late = shared.panel.with_columns(
        pl.when(cut).then(names.target).otherwise(None).alias(names.target)
    )

    told = loaded.forecast(shared.settings(), USE_CASE, late, day)

    assert told.equals(loaded.forecast(shared.settings(), USE_CASE, shared.panel, day))


@pytest.mark.parametrize("kept", [1, 3, 10], ids="{} days".format)
def test_a_series_shorter_than_the_lags_is_forecast(shared, kept):
    names = shared.settings().panel
    loaded = scoring.champion(shared.settings(), USE_CASE, shared.registry)
    one = shared.panel.select(names.keys).unique().sort(names.keys).head(1)
    rows = shared.panel.join(one, on=names.keys, how="semi")
    gap = shared.settings().forecast.gap
    short = rows.filter(pl.col(names.time) >= shared.newest - timedelta(days=kept + gap))

    told = loaded.forecast(shared.settings(), USE_CASE, short, shared.newest)

    assert told.height == HORIZON
    assert told["forecast"].is_finite().all()


def test_a_series_of_zeros_is_forecast(shared):
    names = shared.settings().panel
    loaded = scoring.champion(shared.settings(), USE_CASE, shared.registry)
    one = shared.panel.select(names.keys).unique().sort(names.keys).head(1)
    rows = shared.panel.join(one, on=names.keys, how="semi")
    zeros = rows.with_columns(
        pl.when(pl.col(names.target).is_not_null()).then(0.0).alias(names.target)
    )

    told = loaded.forecast(shared.settings(), USE_CASE, zeros, shared.newest)

    assert told["forecast"].is_finite().all()


def test_a_series_that_training_never_saw_is_forecast(shared):
    names = shared.settings().panel
    loaded = scoring.champion(shared.settings(), USE_CASE, shared.registry)
    rows = shared.panel.with_columns(pl.lit("S99").alias(names.keys[0]))
    rows = rows.unique([*names.keys, names.time], keep="first", maintain_order=True)

    told = loaded.forecast(shared.settings(), USE_CASE, rows, shared.newest)

    assert told["forecast"].is_finite().all()
    assert told[names.keys[0]].unique().to_list() == ["S99"]


def test_a_reader_that_fails_is_an_error_with_its_reason(shared):
    def broken(place, sample):
        raise OSError("no route to the warehouse")

    with pytest.raises(ProjectError, match="no route to the warehouse"):
        contracts.read(shared.settings(), Like(read=broken))
