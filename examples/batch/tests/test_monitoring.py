"""Drift, freshness, feedback: what is found, written, and shown to Prometheus."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from xml.etree import ElementTree

import numpy as np
import polars as pl
import pytest
from conftest import FIRST, HORIZON, ROOT, WORSE
from hypothesis import given
from hypothesis import strategies as st

from demand_forecasting.runtime import ProjectError, backtest, log, model, monitoring, scoring
from demand_forecasting.runtime import settings as configuration
from demand_forecasting.runtime.cli import USE_CASE
from demand_forecasting.runtime.demo import picture
from demand_forecasting.runtime.monitoring import Reference, compare


def drift(project, config=None):
    folder = project.registry.files(FIRST)
    loaded = model.read(FIRST, folder)
    return monitoring.drift(config or project.settings(), USE_CASE, loaded, folder, None)


def gauges(project, verb):
    text = (project.data / "metrics" / f"{verb}.prom").read_text()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}


def test_the_training_data_itself_has_not_drifted():
    values = np.random.default_rng(1).normal(size=5000)

    found = compare({"x": Reference.of(values)}, {"x": values}, limit=0.2)[0]

    assert (found.drifted, found.psi < 0.01, found.ks < 0.02) == (False, True, True)


@given(shift=st.floats(2.0, 50.0), rows=st.integers(300, 3000))
def test_a_column_that_moved_has_drifted(shift, rows):
    draw = np.random.default_rng(rows)

    found = compare(
        {"x": Reference.of(draw.normal(size=3000))},
        {"x": draw.normal(size=rows) + shift},
        limit=0.2,
    )[0]

    assert found.drifted
    assert found.ks > 0.5


def test_a_column_that_lost_its_values_has_drifted():
    values = np.random.default_rng(1).normal(size=5000)

    empty = np.where(np.arange(5000) % 2, np.nan, values)
    found = compare({"x": Reference.of(values)}, {"x": empty}, limit=0.2)[0]

    assert found.drifted
    assert found.without_value == 0.5


def test_the_report_names_what_drifted(project, changed):
    names = project.settings().panel
    recent = pl.col(names.time) >= project.newest - timedelta(days=60)
    config = changed(
        project.panel.with_columns(
            pl.when(recent)
            .then(pl.col(names.target) * 20 + 500)
            .otherwise(names.target)
            .alias(names.target)
        )
    )

    report, drifted = drift(project, config)

    assert drifted
    assert "| lag7 |" in report
    assert next(line for line in report.splitlines() if "lag7" in line).endswith("| drifted |")
    assert (project.data / "drift.md").read_text() == report
    assert gauges(project, "drift")['batch_drift_psi{column="lag7"}'] > 0.2
    table = pl.read_parquet(project.data / f"drift/run_date={project.newest}/drift.parquet")
    assert table.filter(pl.col("column") == "lag7")["drifted"].to_list() == [True]


def test_keys_that_training_never_saw_are_named(project, changed):
    names = project.settings().panel
    key, last = names.keys[0], project.panel[names.keys[0]].max()
    changed(
        project.panel.with_columns(
            pl.when(pl.col(key) == last).then(pl.lit("S98")).otherwise(key).alias(key)
        )
    )

    limits = {"unseen_limit": 0.01}
    report, drifted = drift(project, project.settings(drift=limits))

    assert drifted
    assert f"have a {key} that training never saw" in report
    assert gauges(project, "drift")['batch_unseen_share{column="' + key + '"}'] > 0.01


def test_what_is_not_watched_is_not_compared(project):
    report, _ = drift(project)

    for feature in project.settings().feature:
        assert (f"| {feature.name} |" in report) == feature.watched


def test_a_forecast_of_today_is_fresh(project):
    scoring.score(project.settings(), USE_CASE, project.registry)
    now = datetime.combine(project.newest, datetime.min.time(), UTC)

    # The clock of the partition is the real one, so it was made after `now`.
    assert scoring.freshness(project.settings(), USE_CASE, now) == []
    assert gauges(project, "freshness")["batch_stale"] == 0


def test_a_forecast_that_was_made_too_long_ago_is_late(project):
    scoring.score(project.settings(), USE_CASE, project.registry)
    config = project.settings(freshness={"output_hours": 30, "input_days": 10_000})

    late = scoring.freshness(config, USE_CASE, datetime.now(UTC) + timedelta(hours=31))

    assert len(late) == 1
    assert late[0].startswith(f"the newest forecast is of {project.newest}")
    assert gauges(project, "freshness")["batch_stale"] == 1


def test_a_panel_that_stopped_growing_is_late(project):
    scoring.score(project.settings(), USE_CASE, project.registry)
    now = datetime.combine(project.newest + timedelta(days=9), datetime.min.time(), UTC)

    late = scoring.freshness(project.settings(), USE_CASE, now)

    assert [line.split(",")[0] for line in late] == [
        f"the newest day with a target is {project.newest - timedelta(days=2)}"
    ]


def test_without_any_forecast_the_next_step_is_said(project):
    now = datetime.combine(project.newest, datetime.min.time(), UTC)

    late = scoring.freshness(project.settings(), USE_CASE, now)

    assert late == ["there is no forecast: run `uv run poe score`"]


def test_feedback_measures_each_run_date_against_what_turned_out_to_be_true(project):
    metric = project.settings().gate.metric
    days = [project.newest - timedelta(days=age) for age in (30, 20)]
    for day in days:
        scoring.score(project.settings(), USE_CASE, project.registry, day)

    found = backtest.feedback(project.settings(), USE_CASE)

    rows = scoring.forecasts(project.settings())
    names = project.settings().panel
    both = rows.join(project.panel, on=[*names.keys, names.time])
    known = pl.col(names.target).is_not_null()
    both = both.filter(known & ~pl.col(names.untrusted) if names.untrusted else known)
    both = both.rename({names.target: "truth"})
    error = USE_CASE.evaluate(both, project.settings().forecast.levels)[metric]
    assert found["all"][metric] == pytest.approx(error)
    assert set(both[names.segment].unique()) < set(found)
    table = pl.read_parquet(project.data / "feedback.parquet")
    assert table["run_date"].to_list() == days
    assert table["model_version"].unique().to_list() == [FIRST]
    shown = gauges(project, "feedback")
    assert shown['batch_kpi{metric="' + metric + '",segment="all"}'] == pytest.approx(error)


def test_a_worse_version_has_worse_feedback(project):
    metric = project.settings().gate.metric

    def measured(version):
        project.point(version)
        scoring.score(
            project.settings(), USE_CASE, project.registry, project.newest - timedelta(days=20)
        )
        return backtest.feedback(project.settings(), USE_CASE)["all"][metric]

    assert measured(WORSE) > measured(FIRST)


def test_feedback_waits_until_something_is_known(project):
    scoring.score(project.settings(), USE_CASE, project.registry)

    with pytest.raises(ProjectError, match="no forecast has its truth yet"):
        backtest.feedback(project.settings(), USE_CASE)


def test_gauges_are_pushed_where_there_is_a_gateway(tmp_path):
    pushed = []

    class Gateway(BaseHTTPRequestHandler):
        def do_PUT(self):
            size = int(self.headers["Content-Length"])
            pushed.append((self.path, self.rfile.read(size).decode()))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Gateway)
    threading.Thread(target=server.handle_request, daemon=True).start()
    there = f"http://127.0.0.1:{server.server_port}"
    config = configuration.load(ROOT, {"BATCH_DATA_DIR": str(tmp_path), "BATCH_PUSHGATEWAY": there})

    kept = log.Gauges(config, "score")
    kept.set("batch_rows", "Rows.", 12, verb="score")
    kept.write()
    server.server_close()

    path, text = pushed[0]
    assert path == f"/metrics/job/{log.JOB}/verb/score"
    assert 'batch_rows{verb="score"} 12.0' in text
    assert 'batch_success_timestamp_seconds{verb="score"}' in text


def test_a_gateway_that_is_not_there_is_an_error_and_the_file_is_kept(tmp_path):
    environ = {"BATCH_DATA_DIR": str(tmp_path), "BATCH_PUSHGATEWAY": "http://127.0.0.1:9"}

    with pytest.raises(ProjectError, match="the gauges of score cannot be kept"):
        log.Gauges(configuration.load(ROOT, environ), "score").write()

    assert (tmp_path / "metrics/score.prom").is_file()


def test_the_picture_shows_forecast_and_truth_of_every_segment(shared, tmp_path):
    scored = pl.read_parquet(shared.registry.files(FIRST) / "backtest.parquet")

    picture(shared.settings(), scored, tmp_path / "forecast.svg")

    root = ElementTree.parse(tmp_path / "forecast.svg").getroot()
    texts = " ".join(element.text or "" for element in root.iter())
    lines = [element for element in root.iter() if element.tag.endswith("polyline")]
    segments = scored[shared.settings().panel.segment].unique()
    assert all(segment in texts for segment in segments)
    assert len(lines) == 3 * len(segments)
    assert len(lines[0].get("points").split()) == HORIZON
