"""Partitions by run date: whole or not at all, the same again, and every row with its origin."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import polars as pl
import pytest
from conftest import FIRST, HORIZON, ROOT, SECOND, SMALL, Like
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st

from {{ cookiecutter.package_name }}.runtime import ProjectError, forecasting, model, panel, scoring
from {{ cookiecutter.package_name }}.runtime.cli import USE_CASE
from {{ cookiecutter.package_name }}.runtime.panel import known


def score(project, day=None, **changes):
    return scoring.score(project.settings(**changes), USE_CASE, project.registry, day)


def rows_of(written):
    return pl.read_parquet(written.path, hive_partitioning=False)


def test_every_planned_day_of_the_horizon_gets_one_forecast(project):
    written = score(project)

    names, end = project.settings().panel, project.newest + timedelta(days=HORIZON - 1)
    due = project.panel.filter(pl.col(names.time).is_between(project.newest, end))
    keys = [*names.keys, names.time]
    assert rows_of(written).select(keys).equals(due.select(keys).sort(keys))


def test_a_row_says_which_version_run_and_commit_made_it_and_when(project, monkeypatch):
    monkeypatch.setenv("DATABRICKS_RUN_ID", "run-77")
    monkeypatch.setenv("GIT_COMMIT", "c0ffee")

    rows = rows_of(score(project))

    assert rows.select(scoring.LINEAGE).unique().rows() == [
        (project.newest, FIRST, "c0ffee", "run-77", rows.item(0, "created_at"))
    ]
    assert rows.item(0, "created_at").startswith("20")


def test_the_forecast_lies_in_its_interval(project):
    rows = rows_of(score(project))

    assert rows.filter(~pl.col("forecast").is_between("lower", "upper")).is_empty()
    assert rows.select((pl.col("upper") - pl.col("lower")).max()).item() > 0


def test_the_same_run_leaves_the_partition_as_it_is(project):
    first = score(project)
    before = project.partitions()

    second = score(project)

    assert (first.changed, second.changed) == (True, False)
    assert project.partitions() == before


def test_another_version_replaces_the_partition(project):
    score(project)
    project.point(SECOND)

    written = score(project)

    assert written.changed
    assert rows_of(written)["model_version"].unique().to_list() == [SECOND]
    assert len(project.partitions()) == 1


def test_a_backfill_twice_gives_the_same_bytes(project):
    days = (project.newest - timedelta(days=3), project.newest)
    config = project.settings()
    once = list(scoring.backfill(config, USE_CASE, project.registry, *days))
    before = project.partitions()

    twice = list(scoring.backfill(config, USE_CASE, project.registry, *days))

    assert [one.changed for one in once] == [True] * 4
    assert [one.changed for one in twice] == [False] * 4
    assert len(before) == 4
    assert project.partitions() == before


def test_a_backfill_forecasts_each_day_as_of_that_day(project):
    day = project.newest - timedelta(days=9)
    alone = rows_of(score(project, day))

    names = project.settings().panel
    later = pl.col(names.time) >= day - timedelta(days=project.settings().forecast.gap)
    blind = project.panel.with_columns(
        pl.when(later).then(None).otherwise(names.target).alias(names.target)
    )
    loaded = scoring.champion(project.settings(), USE_CASE, project.registry)
    told = loaded.forecast(project.settings(), USE_CASE, blind, day)

    assert alone["forecast"].to_list() == told["forecast"].to_list()


def test_a_part_of_the_series_is_forecast_the_same_to_the_bit(shared):
    config = shared.settings()
    loaded = scoring.champion(config, USE_CASE, shared.registry)
    whole = loaded.forecast(config, USE_CASE, shared.panel, shared.newest)
    keys = whole.select(config.panel.keys).unique().sort(config.panel.keys)

    @how(max_examples=12)
    @given(st.sets(st.integers(0, keys.height - 1), min_size=1, max_size=6))
    def holds(chosen):
        part = keys[sorted(chosen)]
        rows = shared.panel.join(part, on=config.panel.keys, how="semi").sample(
            fraction=1, shuffle=True
        )
        told = loaded.forecast(config, USE_CASE, rows, shared.newest)
        assert told.equals(whole.join(part, on=config.panel.keys, how="semi"))

    holds()


def test_many_series_are_looked_at_part_by_part_with_the_same_result(shared, monkeypatch):
    config = shared.settings()
    whole = known(config, USE_CASE, shared.panel, shared.newest)
    monkeypatch.setattr(panel, "AT_ONCE", 5)

    parts = known(config, USE_CASE, shared.panel, shared.newest)

    assert parts.history.equals(whole.history)
    assert parts.future.equals(whole.future)
    assert parts.wanted.equals(whole.wanted)
    assert parts.about.sort("series").equals(whole.about.sort("series"))


def test_a_version_travels_to_another_process(shared):
    config = shared.settings()
    loaded = scoring.champion(config, USE_CASE, shared.registry)
    there, its = pickle.loads(pickle.dumps((loaded, config)))

    told = there.forecast(its, USE_CASE, shared.panel, shared.newest)

    assert told.equals(loaded.forecast(config, USE_CASE, shared.panel, shared.newest))


def test_a_day_without_a_trusted_value_is_filled_from_before_and_learnt_from_by_nobody(shared):
    config = shared.settings()
    day = shared.newest - timedelta(days=30)
    doubted = shared.doubted(pl.col(config.panel.time) == day)

    seen = known(config, USE_CASE, doubted, shared.newest).history
    table = forecasting.fit(config, USE_CASE, doubted, shared.newest, seed=1)[1]

    then = seen.filter(pl.col("day") == day)
    before = seen.filter(pl.col("day") == day - timedelta(days=config.panel.season))
    both = then.join(before.filter("trusted"), on="series")
    assert both.height > 5
    assert both["value"].equals(both["value_right"])
    assert not then["trusted"].any()
    assert table.height == seen["trusted"].sum()


def test_a_target_that_cannot_be_trusted_changes_no_forecast(shared):
    config = shared.settings()
    names = config.panel
    if not names.untrusted:
        return
    doubtful = shared.doubted(pl.col(names.time).dt.day() == 5)
    value = pl.when(names.untrusted).then(0.0).otherwise(names.target).alias(names.target)
    loaded = scoring.champion(config, USE_CASE, shared.registry)

    told = loaded.forecast(config, USE_CASE, doubtful.with_columns(value), shared.newest)

    assert told.equals(loaded.forecast(config, USE_CASE, doubtful, shared.newest))


def test_a_series_without_any_history_gets_a_forecast(shared):
    config = shared.settings()
    names = config.panel
    loaded = scoring.champion(config, USE_CASE, shared.registry)
    one = shared.panel.filter(pl.col(names.time) >= shared.newest).select(names.keys).head(1)
    rows = shared.panel.join(one, on=names.keys, how="semi")
    rows = rows.filter(pl.col(names.time) >= shared.newest)

    told = loaded.forecast(config, USE_CASE, rows, shared.newest)

    assert told.height == HORIZON
    assert told["forecast"].is_finite().all()


def test_days_that_lack_are_no_days_without_demand(shared):
    config = shared.settings()
    names = config.panel
    one = shared.panel.select(names.keys).unique().sort(names.keys).head(1)
    rows = shared.panel.join(one, on=names.keys, how="semi").sort(names.time)
    gone = pl.col(names.time).is_between(
        shared.newest - timedelta(days=20), shared.newest - timedelta(days=12)
    )

    seen = known(config, USE_CASE, rows.filter(~gone), shared.newest).history

    lacking = seen.filter(
        pl.col("day").is_between(
            shared.newest - timedelta(days=20), shared.newest - timedelta(days=12)
        )
    )
    assert lacking.height == 9
    assert not lacking["trusted"].any()
    assert seen.height == known(config, USE_CASE, rows, shared.newest).history.height


def test_without_a_champion_the_next_step_is_said(project):
    project.registry.point("champion", None)

    with pytest.raises(ProjectError, match="has no champion") as told:
        score(project)

    assert told.value.code == 3
    assert "uv run poe train" in told.value.next_step
    assert project.partitions() == {}


def test_a_champion_with_other_features_is_refused_and_nothing_written(project):
    spare = next(f.name for f in project.settings().feature if f.lag is None)
    other = Like(features=lambda panel: USE_CASE.features(panel).drop(spare))

    with pytest.raises(ProjectError, match=f"features.py gives no {spare}") as told:
        scoring.score(project.settings(), other, project.registry)

    assert told.value.code == 3
    assert project.partitions() == {}


@pytest.mark.parametrize("key", ["peers", "segment"])
def test_a_champion_with_other_peers_or_another_segment_is_refused(project, key):
    names = project.settings().panel
    other = next(name for name in USE_CASE.contract.columns() if name not in names.peers)
    config = project.settings(panel={key: [other] if key == "peers" else names.time})

    with pytest.raises(ProjectError, match=f"trained with the peers {names.peers[0]}") as told:
        scoring.score(config, USE_CASE, project.registry)

    assert told.value.code == 3
    assert "train and promote a new version" in told.value.next_step
    assert project.partitions() == {}


def test_a_limit_that_the_configuration_lacks_is_named(project):
    config = project.settings().model_copy(update={"decision": {}})

    with pytest.raises(ProjectError, match=r"which \[decision\] of .* lacks") as told:
        scoring.score(config, USE_CASE, project.registry)

    assert told.value.code == 3


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda rows: rows.head(3), "gives no number for"),
        (lambda rows: rows.drop("method"), "gives no method"),
        (lambda rows: rows.with_columns(forecast=pl.lit(float("nan"))), "gives no number for"),
    ],
    ids=["rows lack", "a column lacks", "not a number"],
)
def test_what_decide_leaves_out_is_never_written(project, wrong, says):
    broken = Like(decide=lambda *asked: wrong(USE_CASE.decide(*asked)))
    loaded = model.read(FIRST, project.registry.files(FIRST))

    with pytest.raises(ProjectError, match=says):
        loaded.forecast(project.settings(), broken, project.panel, project.newest)


def test_a_full_disk_leaves_the_old_partition_and_says_so(project, request):
    score(project)
    before = project.partitions()
    project.point(SECOND)
    request.getfixturevalue("full")

    with pytest.raises(ProjectError, match="cannot be written: is the disk full") as told:
        score(project)

    assert told.value.code == 4
    assert project.partitions() == before


def test_what_a_killed_run_left_behind_is_removed_and_never_read(project):
    written = score(project)
    left = written.path.with_name(".forecast.parquet.0123abcd")
    left.write_bytes(b"PAR1 half of a f")

    assert scoring.forecasts(project.settings()).height == written.rows
    score(project)

    assert not left.exists()


SLOW_BACKFILL = """
import sys, time, json
from datetime import date
from pathlib import Path
from {{ cookiecutter.package_name }}.runtime import cli, scoring, settings
from {{ cookiecutter.package_name }}.runtime.registry import Registry
real = scoring.replace_file
def slow(path, rows):
    real(path, rows)
    if path.name == "forecast.parquet":
        print("written", flush=True)
        time.sleep(0.2)
scoring.replace_file = slow
small = json.loads(sys.argv[1])
cli.configured = lambda: settings.load(Path(sys.argv[2]), **small)
sys.exit(cli.main(["backfill", "--from", sys.argv[3], "--to", sys.argv[4]]))
"""


@pytest.mark.parametrize("how_it_ends", [signal.SIGKILL, signal.SIGTERM], ids=["KILL", "TERM"])
def test_a_backfill_that_is_killed_in_the_middle_ends_as_if_it_never_had_been(project, how_it_ends):
    first, last = project.newest - timedelta(days=3), project.newest
    command = [sys.executable, "-c", SLOW_BACKFILL, json.dumps(SMALL), str(ROOT)]
    running = subprocess.Popen(
        [*command, first.isoformat(), last.isoformat()],
        env={**os.environ, **project.environ, "GIT_COMMIT": "c0ffee"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout.readline() == "written\n"
    running.send_signal(how_it_ends)
    said = running.communicate(timeout=300)[1]

    half = project.partitions()
    assert 1 <= len(half) < 4
    for name in half:
        assert pl.read_parquet(project.data / "forecasts" / name).height
    if how_it_ends == signal.SIGTERM:
        assert running.returncode == 4
        assert "error: stopped by SIGTERM; next: run the same command again" in said
    monkey = pytest.MonkeyPatch()
    monkey.setenv("GIT_COMMIT", "c0ffee")
    done = list(scoring.backfill(project.settings(), USE_CASE, project.registry, first, last))
    monkey.undo()
    whole = project.partitions()
    assert len(whole) == len(done) == 4
    assert half.items() <= whole.items()


def test_two_runs_at_once_leave_one_whole_partition(project):
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _: score(project), range(2)))

    assert len(project.partitions()) == 1
    assert rows_of(done[0]).height == done[0].rows
