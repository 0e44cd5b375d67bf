"""A fitted model: from a panel to a table of features, and from the model to a forecast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import lightgbm as lgb
import numpy as np
import polars as pl

from . import FloatArray, ProjectError, UseCase
from .panel import DAY, RECENT_SEASONS, SERIES, VALUE, Known, known, position, scales
from .settings import Feature, Settings

__all__ = ["Fitted", "fit", "no_widths", "table"]

DELIVERED = ("forecast", "lower", "upper", "method")
BESIDE = ("position", "middle", "alike")  # beside the peers' own columns


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fitted model; it never changes.

    Attributes:
        booster: As `fit` of train.py gave it.
        names: The features, in the order of its columns.
        features: How they are computed.
        peers: What a typical series sells by `position`: of the same peers, and of everybody.
        widths: Half-widths of the interval in scales, by segment and season of the horizon.
    """

    booster: lgb.Booster
    names: tuple[str, ...]
    features: tuple[Feature, ...]
    peers: pl.DataFrame
    widths: pl.DataFrame

    def forecast(
        self, settings: Settings, use_case: UseCase, panel: pl.DataFrame, as_of: date
    ) -> pl.DataFrame:
        """Forecast `as_of` and the days after it from what was known then.

        One series at a time: a part of the panel's series gives the same rows, bit for bit.

        Returns:
            The keys, the day, `step`, the segment, and what decide.py delivers.
        """
        return self.deliver(settings, use_case, self.sees(settings, use_case, panel, as_of))

    def sees(
        self, settings: Settings, use_case: UseCase, panel: pl.DataFrame, as_of: date
    ) -> Known:
        """Look at the panel as it was known on `as_of`, with this model's features.

        Raises:
            ProjectError: Peers or segment are others than in its training.
        """
        names = settings.panel
        before = (sorted(set(self.peers.columns) - {*BESIDE}), *self.widths.columns[:1])
        if before != (sorted(names.peers), names.segment):
            raise ProjectError(
                f"the version was trained with the peers {', '.join(before[0])} and the segment"
                f" {before[1]}, which [panel] of config/batch.toml names otherwise",
                next_step="put them back, or train and promote a new version",
                code=3,
            )
        return known(settings, use_case, panel, as_of, self.features)

    def deliver(self, settings: Settings, use_case: UseCase, seen: Known) -> pl.DataFrame:
        """Do the same as `forecast` from what was seen, with `series` and `day` in front."""
        due = seen.wanted.join(seen.about, on=SERIES)
        due = due.join(self._modelled(settings, seen), on=[SERIES, DAY], how="left")
        due = self._beside(settings, seen, due)
        asked = due.select(SERIES, DAY, "step", "model", "peers", "below", "above")
        history = seen.trusted().join(due.select(SERIES).unique(), on=SERIES, how="semi")
        decided = _decided(use_case, asked, history, settings.decision)
        names = settings.panel
        due = due.with_columns(pl.col(DAY).alias(names.time))
        shown = dict.fromkeys((SERIES, DAY, *names.keys, names.time, "step", names.segment))
        return _joined(due.select(*shown), decided).sort(*names.keys, names.time)

    def _modelled(self, settings: Settings, seen: Known) -> pl.DataFrame:
        """Return `series`, `day`, `model` of every series that has a history."""
        history = seen.history.join(seen.wanted.select(SERIES).unique(), on=SERIES, how="semi")
        if history.is_empty():
            return pl.DataFrame(schema={SERIES: pl.String, DAY: pl.Date, "model": pl.Float64})
        forecaster = _forecaster(self.features)
        _table(forecaster, history)
        _same(forecaster, self.names)
        forecaster.models_ = {"model": _Predictor(self.booster)}
        ahead = settings.forecast.gap + settings.forecast.horizon
        future = seen.future.join(history.select(SERIES).unique(), on=SERIES, how="semi")
        said: pl.DataFrame = forecaster.predict(ahead, X_df=future)
        return said.select(SERIES, DAY, pl.col("model").cast(pl.Float64))

    def _beside(self, settings: Settings, seen: Known, due: pl.DataFrame) -> pl.DataFrame:
        """Add what the peers sell, and the half-widths of the interval."""
        names = settings.panel
        alike, anyone = (self.peers.filter(pl.col("alike") == flag) for flag in (True, False))
        own, every = (self.widths.filter(pl.col("own") == flag) for flag in (True, False))
        due = due.with_columns(position(settings), season=pl.col("step") // names.season)
        due = due.join(alike, on=[*names.peers, "position"], how="left").join(
            anyone.select("position", anyone="middle"), on="position", how="left"
        )
        due = due.join(own, on=[names.segment, "season"], how="left").join(
            every.select("season", every_below="below", every_above="above", every_scale="typical"),
            on="season",
            how="left",
        )
        due = due.join(scales(settings, seen), on=SERIES, how="left")
        scale = pl.coalesce("scale", "typical", "every_scale", 0.0)
        return due.with_columns(
            peers=pl.coalesce("middle", "anyone", 0.0),
            below=pl.coalesce("below", "every_below", 0.0) * scale,
            above=pl.coalesce("above", "every_above", 0.0) * scale,
        )


class _Predictor:
    """What mlforecast asks of a model."""

    def __init__(self, booster: lgb.Booster) -> None:
        self._booster = booster

    def predict(self, rows: FloatArray) -> FloatArray:
        return np.asarray(self._booster.predict(rows, num_threads=1), dtype=np.float64)


def fit(
    settings: Settings, use_case: UseCase, panel: pl.DataFrame, as_of: date, *, seed: int
) -> tuple[Fitted, pl.DataFrame]:
    """Fit a model on what was known on `as_of`.

    Returns:
        The model, whose interval has no width yet, and the table it learnt from: a column for each
        feature.
    """
    seen = known(settings, use_case, panel, as_of)
    peers = _peers(settings, seen)
    trusted = seen.history.get_column("trusted").to_numpy()
    target = seen.history.get_column(VALUE).to_numpy()[trusted].astype(np.float64)
    forecaster = _forecaster(settings.feature)
    # What is not needed any more goes first: the table of 7 million rows is a third of a gigabyte.
    history = seen.history
    del seen
    rows = _table(forecaster, history)
    del history
    names = _same(forecaster, settings.feature_names)
    del forecaster
    rows = rows[trusted]
    try:
        booster = use_case.fit(rows, target, names=list(names), seed=seed)
    except lgb.basic.LightGBMError as error:
        raise ProjectError(
            f"train.py cannot fit what was known on {as_of}: {error}",
            next_step=f"look at the panel's {settings.panel.target}, or at the parameters there",
            code=3,
        ) from error
    fitted = Fitted(booster, names, settings.feature, peers, no_widths(settings))
    return fitted, pl.from_numpy(rows, schema=list(names))


def table(
    fitted: Fitted,
    settings: Settings,
    use_case: UseCase,
    panel: pl.DataFrame,
    as_of: date,
    since: date,
) -> tuple[pl.DataFrame, FloatArray]:
    """Return the features of the days from `since` on, and what the model says of them."""
    seen = fitted.sees(settings, use_case, panel, as_of)
    forecaster = _forecaster(fitted.features)
    rows = _table(forecaster, seen.history)
    _same(forecaster, fitted.names)
    newest = rows[seen.history.select(pl.col(DAY) >= since).to_series().to_numpy()]
    said = np.asarray(fitted.booster.predict(newest, num_threads=1), dtype=np.float64)
    return pl.from_numpy(newest, schema=list(fitted.names)), said


def no_widths(settings: Settings) -> pl.DataFrame:
    """Return the table of an interval that nothing is known of."""
    schema = {settings.panel.segment: pl.String, "season": pl.Int16, "own": pl.Boolean}
    numbers = dict.fromkeys(("below", "above", "typical"), pl.Float64)
    return pl.DataFrame(schema={**schema, **numbers})


def _decided(
    use_case: UseCase, asked: pl.DataFrame, history: pl.DataFrame, limits: Mapping[str, float]
) -> pl.DataFrame:
    try:
        return use_case.decide(asked, history, limits)
    except KeyError as error:
        if str(error.args[0]) in limits:
            raise
        raise ProjectError(
            f"decide.py asks for {error.args[0]!r}, which [decision] of config/batch.toml lacks",
            next_step="name it there",
            code=3,
        ) from error


def _joined(due: pl.DataFrame, decided: pl.DataFrame) -> pl.DataFrame:
    lacking = {SERIES, DAY, *DELIVERED} - set(decided.columns)
    if lacking:
        raise _undecided(f"gives no {', '.join(sorted(lacking))}")
    whole = due.join(decided.select(SERIES, DAY, *DELIVERED), on=[SERIES, DAY], how="left")
    numbers = whole.select(pl.col("forecast", "lower", "upper").is_finite().fill_null(value=False))
    wrong = whole.height - int(numbers.select(pl.all_horizontal(pl.all()).sum()).item())
    if wrong or whole.height != due.height:
        raise _undecided(f"gives no number for {wrong} of {due.height} rows")
    return whole


def _undecided(how: str) -> ProjectError:
    return ProjectError(
        f"decide.py {how}",
        next_step="return every row that it was asked for, with numbers",
        code=3,
    )


def _forecaster(features: Sequence[Feature]) -> Any:
    # mlforecast brings scikit-learn: two seconds that `trace` or `freshness` need not wait for.
    from mlforecast import MLForecast, lag_transforms  # noqa: PLC0415

    called: dict[str, str] = {}
    transforms: dict[int, list[Any]] = {}
    for feature in features:
        if feature.transform and feature.lag:
            made = _transform(lag_transforms, feature)
            called[f"{feature.lag} {made!r}"] = feature.name
            transforms.setdefault(feature.lag, []).append(made)
    return MLForecast(
        models={},
        freq="1d",
        lags=[feature.lag for feature in features if feature.lag and not feature.transform],
        lag_transforms=transforms,
        lag_transforms_namer=lambda made, lag, *_: called[f"{lag} {made!r}"],
    )


def _transform(module: Any, feature: Feature) -> Any:
    try:
        return getattr(module, feature.transform)(**feature.options)
    except (AttributeError, TypeError) as error:
        raise ProjectError(
            f"config/features.toml, {feature.name}: {error}",
            next_step="name a class of mlforecast.lag_transforms, and its arguments under `with`",
            code=3,
        ) from error


def _table(forecaster: Any, history: pl.DataFrame) -> FloatArray:
    """Return a row for each row of the history, with NaN where the past is too short."""
    table, _ = forecaster.preprocess(
        history.drop("trusted"),
        id_col=SERIES,
        time_col=DAY,
        target_col=VALUE,
        static_features=[],
        dropna=False,
        return_X_y=True,
        as_numpy=True,
    )
    return np.asarray(table)


def _same(forecaster: Any, asked: Sequence[str]) -> tuple[str, ...]:
    """Return the columns' names in the model's order, which must be the ones that are asked for."""
    found: tuple[str, ...] = tuple(forecaster.ts.features_order_)
    if set(found) != set(asked):
        differing = ", ".join(sorted(set(found) ^ set(asked)))
        raise ProjectError(
            f"the table and config/features.toml differ in {differing}",
            next_step="give each feature a name of its own in config/features.toml",
            code=3,
        )
    return found


def _peers(settings: Settings, seen: Known) -> pl.DataFrame:
    """Return what the middle one of the peers, and of everybody, sells by place in the season."""
    names = settings.panel
    trusted = seen.trusted().join(seen.about, on=SERIES).with_columns(position(settings))
    newest = pl.col(DAY).max() - pl.duration(days=RECENT_SEASONS * names.season)
    recent = trusted.filter(pl.col(DAY) > newest)
    each = recent.group_by(SERIES, *names.peers, "position").agg(pl.col(VALUE).mean())
    middle = pl.col(VALUE).median().cast(pl.Float64).alias("middle")
    alike = each.group_by(*names.peers, "position").agg(middle, alike=pl.lit(value=True))
    anyone = each.group_by("position").agg(middle, alike=pl.lit(value=False))
    return pl.concat([alike, anyone], how="diagonal").sort("alike", *names.peers, "position")
