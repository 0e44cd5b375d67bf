"""Spark gives the forecasts of one machine, bit for bit: `uv run poe scale-out`, with Java 17."""

import logging
import sys
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from {{ cookiecutter.package_name }}.runtime import (
    ProjectError,
    backtest,
    contracts,
    model,
    scoring,
    spark,
    training,
)
from {{ cookiecutter.package_name }}.runtime.cli import USE_CASE, Yours
from {{ cookiecutter.package_name }}.runtime.log import Progress
from {{ cookiecutter.package_name }}.runtime.panel import forecast_parts
from {{ cookiecutter.package_name }}.runtime.registry import Registry
from {{ cookiecutter.package_name }}.runtime.settings import load

pyspark = pytest.importorskip("pyspark.sql", reason="uv run poe scale-out")
ROOT = Path(__file__).parents[1]


class Broken(Yours):
    """Fails on the workers, and only there."""

    @staticmethod
    def features(panel):
        if panel.select("store", "product").n_unique() > 1:
            raise ProjectError("no weather for Monday", next_step="ask the weather service")
        return Yours.features(panel)


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """Of a small sample that many parts share."""
    data = tmp_path_factory.mktemp("data")
    sample = {"seed": 3, "series": 40, "days": 330}
    return load(ROOT, {"BATCH_DATA_DIR": str(data)}, data={"sample": sample})


@pytest.fixture(scope="module")
def champion(settings):
    registry = Registry(settings)
    version = training.train(settings, USE_CASE, registry)
    registry.point("champion", version)
    return scoring.champion(settings, USE_CASE, registry)


@pytest.fixture(scope="module")
def panel(settings):
    return contracts.opened(settings, USE_CASE, None)


@pytest.fixture(scope="module", autouse=True)
def local_spark(tmp_path_factory):
    cloudpickle = pytest.importorskip("pyspark.cloudpickle")
    logging.getLogger("py4j").setLevel(logging.WARNING)
    builder = pyspark.SparkSession.builder.master("local[2]")
    for name, value in {
        "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.warehouse.dir": str(tmp_path_factory.mktemp("warehouse")),
    }.items():
        builder = builder.config(name, value)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spark, "SERIES_OF_A_PART", 8)
        # Workers cannot import a test.
        cloudpickle.register_pickle_by_value(sys.modules[__name__])
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        started = builder.getOrCreate()
        yield started
        started.stop()
        cloudpickle.unregister_pickle_by_value(sys.modules[__name__])


def test_many_workers_forecast_what_one_machine_does(settings, champion, panel):
    rows, day = panel

    here = champion.forecast(settings, USE_CASE, rows, day)
    there = spark.forecast(champion, settings, USE_CASE, rows, day)

    assert there.schema == here.schema
    assert there.equals(here)
    assert here.height > 500


@pytest.mark.usefixtures("champion")
def test_a_partition_that_one_machine_wrote_is_left_alone(settings):
    registry = Registry(settings)

    first = scoring.score(settings, USE_CASE, registry)
    bytes_before = first.path.read_bytes()
    again = scoring.score(settings, USE_CASE, registry, forecast=spark.forecast)

    assert first.changed
    assert not again.changed
    assert again.path.read_bytes() == bytes_before


def test_a_worker_s_week_begins_on_monday_too(panel, local_spark, tmp_path):
    """Spark's own weekday counts otherwise; ours is computed by the same library on both sides."""
    rows = panel[0]
    rows.write_parquet(tmp_path / "panel.parquet")

    def part(chunks):
        for chunk in chunks:
            made = USE_CASE.features(pl.from_pandas(chunk).cast(rows.schema))
            yield made.select("date", pl.col("weekday").cast(pl.Int32)).to_pandas()

    frame = local_spark.read.parquet(str(tmp_path / "panel.parquet"))
    said = pl.from_pandas(frame.mapInPandas(part, "date date, weekday int").toPandas())

    assert set(said["weekday"]) == set(range(1, 8))
    days = said.with_columns(pl.col("date").cast(pl.Date))
    assert [day.isoweekday() for day in days["date"]] == days["weekday"].to_list()


def test_workers_learn_what_one_machine_learns_segment_by_segment(settings, panel):
    training_ = settings.training.model_copy(update={"by_segment": True})
    own = settings.model_copy(update={"training": training_})
    rows, day = panel
    registry = Registry(own)

    here = backtest.learn(own, USE_CASE, rows, day, seed=5, progress=Progress())
    version = training.train(own, USE_CASE, registry, seed=5, learn=spark.learn)

    there = model.load(version, registry.files(version), own, USE_CASE)
    assert there.fitted.models.keys() == here.fitted.models.keys() == set(rows["category"])
    told = forecast_parts(here.fitted, own, USE_CASE, rows, day)
    assert there.forecast(own, USE_CASE, rows, day).equals(told)
    assert spark.forecast(there, own, USE_CASE, rows, day).equals(told)


def test_what_fails_on_a_worker_is_named_and_leaves_nothing_behind(settings, champion, panel):
    with pytest.raises(ProjectError, match="no weather for Monday") as refused:
        spark.forecast(champion, settings, Broken(), *panel)

    assert "without --spark" in refused.value.next_step
    assert list(settings.environment.data.glob("panel-*")) == []


@pytest.mark.usefixtures("champion")
def test_a_published_table_holds_the_partition(settings, local_spark):
    written = scoring.score(settings, USE_CASE, Registry(settings))

    rows = spark.publish("forecasts", written.path, written.run_date)

    assert rows == written.rows
    assert local_spark.table("forecasts").where(f"run_date = '{written.run_date}'").count() == rows


class Table:
    """Keeps rows as Databricks' tables do: Spark itself cannot overwrite a part of one."""

    def __init__(self, spark):
        self.spark, self.rows = spark, None

    def take(self, frame):
        self.waiting = frame
        return self

    def partitionedBy(self, column):  # noqa: N802
        return self

    def create(self):
        self._keep(self.waiting)

    def append(self):
        self._keep(self.rows.unionByName(self.waiting))

    def overwrite(self, condition):
        self._keep(self.rows.where(~condition).unionByName(self.waiting))

    def _keep(self, frame):
        self.rows = self.spark.createDataFrame(frame.toArrow())

    def by_day(self):
        return dict(self.rows.groupBy("run_date").count().collect())


@pytest.mark.usefixtures("champion")
def test_a_run_date_that_is_published_again_takes_its_own_place(
    settings, panel, local_spark, monkeypatch
):
    table = Table(local_spark)
    frames = type(local_spark.range(1))
    monkeypatch.setattr(frames, "writeTo", lambda frame, _: table.take(frame))
    monkeypatch.setattr(type(local_spark.catalog), "tableExists", lambda *_: table.rows is not None)
    registry, newest = Registry(settings), panel[1]
    days = [newest - timedelta(days=1), newest]
    written = [scoring.score(settings, USE_CASE, registry, day) for day in days]

    for one in (*written, written[1]):
        assert spark.publish("forecasts", one.path, one.run_date) == one.rows

    assert table.by_day() == {one.run_date: one.rows for one in written}
