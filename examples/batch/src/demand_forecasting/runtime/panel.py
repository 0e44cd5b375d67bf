"""The panel as it was known on a run date: every day of every series, and nothing of later.

Everything here looks at one series at a time, so any part of the series gives the same rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import polars as pl

from . import ProjectError, UseCase
from .contracts import named
from .settings import Feature, Settings

if TYPE_CHECKING:
    from .forecasting import Fitted

__all__ = [
    "DAY",
    "HOME",
    "SERIES",
    "VALUE",
    "BySegment",
    "Known",
    "by_home",
    "forecast_parts",
    "known",
    "naive",
    "parts",
    "position",
    "scales",
    "truths",
]

SERIES, DAY, VALUE, TRUSTED, PRESENT = "series", "day", "value", "trusted", "present"
HOME = "home"
RECENT_SEASONS = 8
AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Known:
    """What one run knows.

    Attributes:
        history: `series`, `day`, `value`, `trusted`, features; a day without a trusted value holds
            the newest one of the same day of the season.
        future: `series`, `day`, features: from the first unknown day to the last of the horizon.
        wanted: `series`, `day`, `step` of every row that a forecast is due for.
        about: `series`, the keys, the segment and the peers' columns, one row per series.
    """

    history: pl.DataFrame
    future: pl.DataFrame
    wanted: pl.DataFrame
    about: pl.DataFrame

    def trusted(self) -> pl.DataFrame:
        """Return the history that was really seen."""
        return self.history.filter(TRUSTED).select(SERIES, DAY, VALUE)


@dataclass(frozen=True, slots=True)
class BySegment:
    """A version that has a model for each segment (`[training] by_segment`).

    Attributes:
        models: By segment.
        widest: The segment with most rows; its model forecasts what no other learnt from.
    """

    models: Mapping[str, Fitted]
    widest: str


def known(
    settings: Settings,
    use_case: UseCase,
    panel: pl.DataFrame,
    as_of: date,
    features: Sequence[Feature] | None = None,
) -> Known:
    """Look at the panel as a run on `as_of` would have.

    Args:
        settings: The project's configuration.
        use_case: Your five functions.
        panel: Good rows.
        as_of: The run date.
        features: Those of the model; the configured ones where not given.

    Raises:
        ProjectError: features.py gives no column of that name, or `[panel]` names none.
    """
    named(settings, use_case)
    keys = list(settings.panel.keys)
    series = panel.select(keys).unique().sort(_series(settings))
    wanted = settings.feature if features is None else features
    if series.height <= AT_ONCE:
        return _part(settings, use_case, panel, as_of, wanted)
    # Part by part, in the order of the series: what lies between is several times the result.
    parts = [
        _part(settings, use_case, panel.join(some, on=keys, how="semi"), as_of, wanted)
        for some in series.iter_slices(AT_ONCE)
    ]
    fields = ("history", "future", "wanted", "about")
    return Known(*(pl.concat([getattr(part, name) for part in parts]) for name in fields))


def _part(
    settings: Settings,
    use_case: UseCase,
    panel: pl.DataFrame,
    as_of: date,
    features: Sequence[Feature],
) -> Known:
    names, plan = settings.panel, settings.forecast
    unknown = as_of - timedelta(days=plan.gap)
    end = as_of + timedelta(days=plan.horizon - 1)
    rows = _complete(settings, panel.filter(pl.col(names.time) <= end), end)
    rows = use_case.features(rows)
    before = pl.col(DAY) < unknown
    described = _described(rows, features)
    about = dict.fromkeys((*names.keys, names.segment, *names.peers))
    return Known(
        history=_imputed(settings, rows.filter(before)).select(
            SERIES, DAY, pl.col(VALUE).cast(pl.Float32), TRUSTED, *described
        ),
        future=rows.filter(~before).select(SERIES, DAY, *described),
        wanted=rows.filter(PRESENT, pl.col(DAY) >= as_of).select(
            SERIES, DAY, step=(pl.col(DAY) - as_of).dt.total_days().cast(pl.Int16)
        ),
        about=rows.group_by(SERIES).agg(pl.col(*about).last()),
    )


def truths(settings: Settings, panel: pl.DataFrame) -> pl.DataFrame:
    """Return `series`, `day`, `truth` of every row whose target can be trusted."""
    rows = panel.filter(_trusted(settings))
    return rows.select(
        _series(settings),
        pl.col(settings.panel.time).alias(DAY),
        pl.col(settings.panel.target).cast(pl.Float64).alias("truth"),
    )


def naive(settings: Settings, seen: Known, as_of: date) -> pl.DataFrame:
    """Return `series`, `day`, `naive`: the newest value of the same day of the season."""
    season = settings.panel.season
    unknown = as_of - timedelta(days=settings.forecast.gap)
    ahead = (pl.col(DAY) - unknown).dt.total_days() // season + 1
    source = pl.col(DAY) - pl.duration(days=ahead * season)
    return (
        seen.wanted.select(SERIES, DAY, source=source)
        .join(seen.history, left_on=[SERIES, "source"], right_on=[SERIES, DAY], how="left")
        .select(SERIES, DAY, naive=pl.col(VALUE).cast(pl.Float64).fill_null(0.0))
    )


def scales(settings: Settings, seen: Known) -> pl.DataFrame:
    """Return `series`, `scale`: how far apart recent values a season apart are, on average."""
    season = settings.panel.season
    step = (pl.col(VALUE) - pl.col(VALUE).shift(season)).abs().tail(RECENT_SEASONS * season)
    found = seen.history.group_by(SERIES).agg(scale=step.mean().cast(pl.Float64))
    return found.drop_nulls()


def position(settings: Settings) -> pl.Expr:
    """Return the day's place in the season, 0 to `season` - 1."""
    return (pl.col(DAY).to_physical() % settings.panel.season).alias("position")


def parts(
    model: Fitted | BySegment, settings: Settings, panel: pl.DataFrame
) -> Iterator[tuple[Fitted, pl.DataFrame]]:
    """Yield each model with the rows that are its own."""
    if not isinstance(model, BySegment):
        yield model, panel
        return
    own: dict[str, list[pl.DataFrame]] = {}
    for name, rows in by_home(settings, panel):
        own.setdefault(name if name in model.models else model.widest, []).append(rows)
    for name, found in own.items():
        yield model.models[name], pl.concat(found)


def forecast_parts(
    model: Fitted | BySegment,
    settings: Settings,
    use_case: UseCase,
    panel: pl.DataFrame,
    as_of: date,
) -> pl.DataFrame:
    """Forecast `as_of` and the days after it; see `Fitted.forecast`."""
    rows = [
        fitted.forecast(settings, use_case, own, as_of)
        for fitted, own in parts(model, settings, panel)
    ]
    return pl.concat(rows).sort(*settings.panel.keys, settings.panel.time)


def by_home(settings: Settings, panel: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield each segment's whole series: a series is where its newest row is."""
    names = settings.panel
    newest = pl.col(names.segment).cast(pl.String).sort_by(names.time).last().fill_null("")
    homes = panel.group_by(names.keys).agg(newest.alias(HOME))
    for (name,), keys in sorted(homes.partition_by(HOME, as_dict=True).items()):
        yield str(name), panel.join(keys.select(names.keys), on=list(names.keys), how="semi")


def _series(settings: Settings) -> pl.Expr:
    keys = [pl.col(key).cast(pl.String) for key in settings.panel.keys]
    return pl.concat_str(keys, separator="\x1f").alias(SERIES)


def _trusted(settings: Settings) -> pl.Expr:
    """Say which rows hold a target that is what it would have been."""
    known_target = pl.col(settings.panel.target).is_not_null()
    if not settings.panel.untrusted:
        return known_target
    return known_target & ~pl.col(settings.panel.untrusted).fill_null(value=False)


def _described(rows: pl.DataFrame, features: Sequence[Feature]) -> list[pl.Expr]:
    columns = [feature.name for feature in features if feature.lag is None]
    lacking = [name for name in columns if name not in rows.columns]
    if lacking:
        raise ProjectError(
            f"features.py gives no {', '.join(lacking)}, which the model was trained with",
            next_step="name the same features in features.py and config/features.toml and train a"
            " new version, or run the code of the passport's commit",
            code=3,
        )
    return [pl.col(name).cast(pl.Float32) for name in columns]


def _complete(settings: Settings, panel: pl.DataFrame, end: date) -> pl.DataFrame:
    """Return every day of every series from its first to `end`; days that lacked are marked."""
    names = settings.panel
    rows = panel.with_columns(
        _series(settings),
        pl.col(names.time).alias(DAY),
        pl.lit(value=True).alias(PRESENT),
        _trusted(settings).alias(TRUSTED),
    )
    spans = rows.group_by(SERIES).agg(first=pl.col(DAY).min())
    days = (pl.lit(end) - pl.col("first")).dt.total_days() + 1
    if spans.select(days.sum()).item() == rows.height:
        return rows.sort(SERIES, DAY)
    whole = spans.select(SERIES, pl.date_ranges("first", end).alias(DAY)).explode(DAY)
    rows = whole.join(rows, on=[SERIES, DAY], how="left").sort(SERIES, DAY)
    own = (SERIES, DAY, PRESENT, TRUSTED, names.time, names.target, names.untrusted)
    described = pl.exclude(*[name for name in own if name])
    return rows.with_columns(
        pl.col(PRESENT, TRUSTED).fill_null(value=False),
        pl.col(DAY).alias(names.time),
        described.forward_fill().over(SERIES),
    )


def _imputed(settings: Settings, history: pl.DataFrame) -> pl.DataFrame:
    """Fill untrusted days from what was seen before them, never from what came after."""
    seen = pl.when(TRUSTED).then(pl.col(settings.panel.target).cast(pl.Float64))
    if history.get_column(TRUSTED).all():
        return history.with_columns(seen.alias(VALUE))
    return (
        history.with_columns(seen.alias(VALUE), position(settings))
        .with_columns(
            pl.coalesce(
                VALUE,
                pl.col(VALUE).forward_fill().over(SERIES, "position"),
                pl.col(VALUE).forward_fill().over(SERIES),
                0.0,
            ).alias(VALUE)
        )
        .drop("position")
    )
