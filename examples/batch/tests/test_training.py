"""Training, the backtest, the gate, and the way back; true of any use case."""

from __future__ import annotations

import json
from datetime import timedelta

import lightgbm as lgb
import polars as pl
import pytest
from conftest import FIRST, HORIZON, SECOND, WORSE, Like, shuffled

from demand_forecasting.runtime import (
    ProjectError,
    backtest,
    forecasting,
    model,
    settings,
    training,
)
from demand_forecasting.runtime.cli import USE_CASE, trace
from demand_forecasting.runtime.log import Progress
from demand_forecasting.runtime.model import REQUIRED, read_passport
from demand_forecasting.runtime.panel import forecast_parts


def scored_of(project, version):
    return pl.read_parquet(project.registry.files(version) / "backtest.parquet")


def gate(project, version, **changes):
    return training.gate(project.settings(**changes), USE_CASE, project.registry, version)


def amend(folder, **changes):
    path = folder / "passport.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_configuration_and_feature_function_name_the_same_features(shared):
    config = shared.settings()
    plain = {feature.name for feature in config.feature if feature.lag is None}

    given = set(USE_CASE.features(shared.panel.head(50)).columns)

    assert plain <= given
    assert set(config.feature_names) == set(read_passport(shared.registry.files(FIRST))["features"])


def test_a_run_date_is_forecast_only_after_a_gap_and_with_its_whole_horizon_known(shared):
    config = shared.settings(forecast={"gap": 3})
    days = backtest.run_dates(config, shared.panel, shared.newest)

    assert len(days) == 2
    assert days[1] - days[0] == timedelta(days=HORIZON)
    assert days[1] + timedelta(days=HORIZON + 3) <= shared.newest
    assert all(day.toordinal() % HORIZON == 0 for day in days)


def test_the_same_run_dates_come_back_tomorrow(shared):
    today = backtest.run_dates(shared.settings(), shared.panel, shared.newest)
    yesterday = backtest.run_dates(shared.settings(), shared.panel, shared.newest - timedelta(1))

    assert set(today) & set(yesterday)


def test_a_backtest_sees_nothing_from_its_run_date_on(shared):
    config, day = shared.settings(), shared.newest - timedelta(days=40)
    names = config.panel
    first_unknown = day - timedelta(days=config.forecast.gap)
    later = pl.col(names.time) >= first_unknown
    other = shared.panel.with_columns(
        pl.when(later)
        .then(pl.col(names.target) * 3 + 7)
        .otherwise(names.target)
        .alias(names.target)
    )

    fitted, table = forecasting.fit(config, USE_CASE, shared.panel, day, seed=1)
    again, other_table = forecasting.fit(config, USE_CASE, other, day, seed=1)

    assert table.equals(other_table)
    told = fitted.forecast(config, USE_CASE, shared.panel, day)
    assert told.equals(again.forecast(config, USE_CASE, other, day))


def test_a_change_of_what_is_known_does_change_the_table(shared):
    config, day = shared.settings(), shared.newest - timedelta(days=40)
    names = config.panel
    other = shared.panel.with_columns(pl.col(names.target) * 3)

    table = forecasting.fit(config, USE_CASE, shared.panel, day, seed=1)[1]

    assert not table.equals(forecasting.fit(config, USE_CASE, other, day, seed=1)[1])


def test_the_interval_of_a_run_date_never_knows_its_own_errors(shared, monkeypatch):
    seen = []
    real = backtest._widths
    monkeypatch.setattr(
        backtest, "_widths", lambda s, rows: seen.append(set(rows["run_date"])) or real(s, rows)
    )

    tested = backtest.backtest(
        shared.settings(), USE_CASE, shared.panel, shared.newest, seed=1, progress=Progress()
    )

    days = set(tested.scored["run_date"])
    assert seen == [days - {min(days)}, days - {max(days)}, days]


def test_an_interval_holds_about_the_share_of_the_truths_that_it_promises(shared):
    held = scored_of(shared, FIRST).select(pl.col("truth").is_between("lower", "upper").mean())

    assert abs(held.item() - shared.settings().forecast.coverage) < 0.1


def test_metrics_are_kept_for_everything_for_each_segment_and_for_seasonal_naive(shared):
    config = shared.settings()
    metrics = read_passport(shared.registry.files(FIRST))["metrics"]
    segments = set(scored_of(shared, FIRST)[config.panel.segment].unique())

    assert metrics[f"naive_{config.gate.metric}"] > metrics[config.gate.metric]
    assert segments <= {name.split("/")[0] for name in metrics if "/" in name}


def test_the_gate_lets_a_version_pass_that_beats_seasonal_naive(shared):
    verdict = gate(shared, FIRST)

    assert verdict.passed, verdict.reason
    assert "seasonal-naive" in verdict.reason


def test_the_gate_refuses_a_version_that_does_not_beat_seasonal_naive_by_the_margin(shared):
    verdict = gate(shared, FIRST, gate={"margin": 0.99})

    assert not verdict.passed
    assert "seasonal-naive" in verdict.reason


def test_the_gate_refuses_a_version_that_is_worse_than_the_champion(project):
    project.point(FIRST)

    verdict = gate(project, WORSE)

    assert not verdict.passed


def test_the_gate_refuses_what_only_equals_the_champion(project):
    project.point(FIRST)
    twin = training.train(project.settings(), USE_CASE, project.registry)

    verdict = gate(project, twin)

    assert not verdict.passed
    assert "champion 1 has" in verdict.reason


def test_the_gate_lets_a_version_pass_that_beats_the_champion(project):
    project.point(WORSE)

    verdict = gate(project, FIRST)

    assert verdict.passed, verdict.reason
    assert "on 2 run dates" in verdict.reason


def test_a_champion_that_never_saw_the_run_dates_forecasts_them_now(project):
    old = training.train(
        project.settings(),
        Like(fit=shuffled),
        project.registry,
        as_of=project.newest - timedelta(days=60),
    )
    project.point(old)

    verdict = gate(project, FIRST)

    assert verdict.passed, verdict.reason
    assert "on 2 run dates" in verdict.reason


def test_a_champion_of_other_code_does_not_bar_the_way(project):
    """What it cannot forecast any more is not compared; its own backtest still is."""
    past = project.newest - timedelta(days=60)
    spare = next(f.name for f in project.settings().feature if f.lag is None)
    old = training.train(project.settings(), USE_CASE, project.registry, as_of=past)
    other = Like(features=lambda panel: USE_CASE.features(panel).drop(spare))
    fewer = [f.model_dump(by_alias=True) for f in project.settings().feature if f.name != spare]
    config = project.settings().model_copy(
        update={"feature": tuple(settings.Feature.model_validate(one) for one in fewer)}
    )
    new = training.train(config, other, project.registry)
    project.point(old)

    verdict = training.gate(config, other, project.registry, new)

    assert verdict.passed, verdict.reason
    assert f"champion {old} forecast none of the same days" in verdict.reason


def test_each_segment_may_have_a_model_of_its_own(project):
    """It forecasts what a project of that segment alone would, and passes the same gate."""
    config = project.settings(training={"by_segment": True})
    names, day = config.panel, project.newest
    version = training.train(config, USE_CASE, project.registry)
    loaded = model.load(version, project.registry.files(version), config, USE_CASE)
    told = loaded.forecast(config, USE_CASE, project.panel, day)

    assert sorted(loaded.fitted.models) == sorted(set(project.panel[names.segment]))
    for segment in loaded.fitted.models:
        own = project.panel.filter(pl.col(names.segment) == segment)
        how = {"seed": config.training.seed, "progress": Progress()}
        alone = backtest.learn_one(config, USE_CASE, own, day, **how)
        said = alone.fitted.forecast(config, USE_CASE, own, day)
        assert told.filter(pl.col(names.segment) == segment).equals(said)
    assert "seasonal-naive has" in gate(project, version).reason
    papers = read_passport(project.registry.files(version))
    assert papers["parameters"]["models"] == len(loaded.fitted.models)


def test_a_segment_without_a_model_is_forecast_by_the_widest(shared):
    config = shared.settings(training={"by_segment": True})
    names, day = config.panel, shared.newest
    new = shared.panel.group_by(names.keys).agg(pl.col(names.segment).last()).sort(names.keys)
    few = shared.panel.join(new.head(1), on=names.keys, how="semi")
    young = few.filter(pl.col(names.time) > day - timedelta(days=30))
    rest = shared.panel.join(new.head(1), on=names.keys, how="anti")
    panel = pl.concat([rest, young.with_columns(pl.lit("brand new").alias(names.segment))])

    learnt = backtest.learn(config, USE_CASE, panel, day, seed=1, progress=Progress())
    told = forecast_parts(learnt.fitted, config, USE_CASE, panel, day)

    assert "brand new" not in learnt.fitted.models
    due = panel.filter(pl.col(names.time) >= day)
    assert told.select(names.keys).n_unique() == due.select(names.keys).n_unique()


def test_a_fit_that_fails_says_why(shared):
    def failing(*table, **options):
        raise lgb.basic.LightGBMError("sum of labels is zero")

    with pytest.raises(ProjectError, match="sum of labels is zero") as told:
        forecasting.fit(shared.settings(), Like(fit=failing), shared.panel, shared.newest, seed=1)

    assert told.value.code == 3
    assert shared.settings().panel.target in told.value.next_step


def test_the_gate_refuses_a_bias_above_the_limit(shared):
    metric = shared.settings().gate.metric
    tilted = Like(
        evaluate=lambda scored, levels: {
            metric: float((scored["forecast"] - scored["truth"]).abs().sum()),
            "bias": 0.3,
        }
    )

    verdict = training.gate(shared.settings(), tilted, shared.registry, FIRST)

    assert not verdict.passed
    assert verdict.reason.startswith("bias is ")


def test_a_metric_that_is_not_a_number_is_refused(shared):
    metric = shared.settings().gate.metric
    useless = Like(evaluate=lambda scored, levels: {metric: float("nan")})

    verdict = training.gate(shared.settings(), useless, shared.registry, FIRST)

    assert (verdict.passed, verdict.reason) == (False, f"evaluate.py gives no {metric}")


@pytest.mark.parametrize("field", REQUIRED)
def test_the_gate_refuses_a_passport_that_lacks_any_field(project, field):
    amend(project.registry.files(SECOND), **{field: None})

    verdict = gate(project, SECOND)

    assert (verdict.passed, verdict.reason) == (False, f"its passport lacks {field}")


def test_the_gate_refuses_a_version_with_other_features(project):
    amend(project.registry.files(SECOND), features=["something_else"])

    assert "other features" in gate(project, SECOND).reason


@pytest.mark.parametrize("name", ["staging", "prod"])
def test_staging_and_prod_refuse_what_was_never_committed(project, name):
    amend(project.registry.files(FIRST), dirty=True)
    config = settings.load(project.settings().root, {**project.environ, "BATCH_ENVIRONMENT": name})

    verdict = training.gate(config, USE_CASE, project.registry, FIRST)

    assert not verdict.passed
    assert "a clean working tree" in verdict.reason


def test_a_refusal_is_written_on_the_version_and_changes_no_alias(project):
    project.point(FIRST)

    with pytest.raises(ProjectError) as refused:
        training.promote(project.settings(), USE_CASE, project.registry, WORSE)

    tags = project.registry.tags_of(WORSE)
    assert refused.value.code == 3
    assert (tags["gate"], tags["gate_reason"] in str(refused.value)) == ("refused", True)
    assert project.registry.aliases() == {"champion": FIRST}


def test_a_promotion_is_written_on_the_version_and_keeps_the_one_before(project):
    project.point(WORSE)

    verdict = training.promote(project.settings(), USE_CASE, project.registry, FIRST)

    tags = project.registry.tags_of(FIRST)
    assert (tags["gate"], tags["gate_reason"]) == ("passed", verdict.reason)
    assert project.registry.aliases() == {"champion": FIRST, "previous": WORSE}


def test_one_command_goes_back_and_a_second_forward_again(project):
    project.point(WORSE)
    training.promote(project.settings(), USE_CASE, project.registry, FIRST)

    assert training.rollback(project.registry) == {"champion": WORSE, "previous": FIRST}
    assert training.rollback(project.registry) == {"champion": FIRST, "previous": WORSE}


def test_there_is_no_way_back_from_the_first_champion(shared):
    with pytest.raises(ProjectError, match="no version was champion before"):
        training.rollback(shared.registry)


def test_a_version_that_does_not_exist_is_named(shared):
    with pytest.raises(ProjectError, match="has no version '99'"):
        training.promote(shared.settings(), USE_CASE, shared.registry, "99")


def test_a_passport_says_where_a_version_came_from(shared):
    told = json.loads(trace(shared.registry, FIRST))

    assert set(REQUIRED) <= set(told)
    assert told["as_of"] == shared.newest.isoformat()
    assert told["aliases"] == ["champion"]
    assert len(told["data_sha256"]) == 64
    assert {"job", "run", "cluster", "image", "host"} <= set(told["infrastructure"])


def test_a_passport_says_what_each_feature_brought(shared):
    papers = read_passport(shared.registry.files(FIRST))

    assert set(papers["importance"]) == set(papers["features"])
    assert sum(papers["importance"].values()) == pytest.approx(1, abs=0.01)
    assert max(papers["importance"].values()) > 0.1


def test_every_version_carries_the_cost_tags_and_its_origin(shared):
    tags = shared.registry.tags_of(FIRST)

    assert shared.registry.tags.items() <= tags.items()
    assert {"as_of", "commit", "dirty", "lock_sha256", "data_sha256", "project_version"} <= set(
        tags
    )


def test_the_same_data_has_the_same_fingerprint_and_other_data_another(project):
    def fingerprint(panel):
        return training._data_facts(project.settings(), panel, project.newest)["data_sha256"]

    target = project.settings().panel.target
    one_more = pl.when(pl.int_range(pl.len()) == 3).then(pl.col(target) + 1).otherwise(target)

    assert fingerprint(project.panel) == fingerprint(project.panel.sample(fraction=1, shuffle=True))
    assert fingerprint(project.panel) != fingerprint(project.panel.with_columns(one_more))


def test_the_same_seed_trains_the_same_model(project):
    again = training.train(project.settings(), USE_CASE, project.registry)

    assert (project.registry.files(again) / "model.lgb").read_bytes() == (
        project.registry.files(FIRST) / "model.lgb"
    ).read_bytes()


def test_a_version_is_read_as_it_was_saved(shared):
    folder = shared.registry.files(FIRST)
    loaded = model.load(FIRST, folder, shared.settings(), USE_CASE)

    fitted, _ = forecasting.fit(shared.settings(), USE_CASE, shared.panel, shared.newest, seed=7)

    told = loaded.forecast(shared.settings(), USE_CASE, shared.panel, shared.newest)
    fresh = fitted.forecast(shared.settings(), USE_CASE, shared.panel, shared.newest)
    assert told["forecast"].to_list() == fresh["forecast"].to_list()
    assert loaded.as_of == shared.newest


def test_a_version_of_other_code_is_not_loaded(shared):
    plain = [feature.name for feature in shared.settings().feature if feature.lag is None]
    other = Like(
        features=lambda panel: USE_CASE.features(panel).with_columns(
            pl.lit(3.0).alias(name) for name in plain
        )
    )

    with pytest.raises(ProjectError, match="no longer gives the forecasts of its training") as told:
        model.load(FIRST, shared.registry.files(FIRST), shared.settings(), other)

    assert told.value.code == 3


def test_a_damaged_version_is_an_error_that_names_it(project):
    folder = project.registry.files(FIRST)
    (folder / "model.lgb").write_text("")

    with pytest.raises(ProjectError, match=r"version 1 in .* cannot be read"):
        model.load(FIRST, folder, project.settings(), USE_CASE)


def test_a_history_that_is_too_short_trains_nothing(shared):
    names = shared.settings().panel
    first = shared.newest - timedelta(days=51 + 2 * HORIZON)
    short = shared.panel.filter(pl.col(names.time) >= first)

    with pytest.raises(ProjectError, match="too late for two backtests") as told:
        backtest.run_dates(shared.settings(), short, shared.newest)

    assert told.value.code == 3


def test_training_as_of_a_day_of_the_past_sees_only_what_was_known_then(project):
    day = project.newest - timedelta(days=20)
    version = training.train(project.settings(), USE_CASE, project.registry, as_of=day)

    papers = read_passport(project.registry.files(version))
    newest = scored_of(project, version).select(pl.col("day").max()).item()
    assert papers["as_of"] == day.isoformat()
    assert newest < day


def test_a_run_that_is_stopped_while_it_trains_registers_nothing(project):
    def stopped(table, target, *, names, seed):
        raise ProjectError("stopped by SIGTERM", next_step="again")

    before = project.registry.latest()

    with pytest.raises(ProjectError, match="SIGTERM"):
        training.train(project.settings(), Like(fit=stopped), project.registry)

    assert project.registry.latest() == before
