"""The panel's contract: bad rows are put aside and counted, and too many of them stop the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import polars as pl
from polars.exceptions import PolarsError

from . import ProjectError, UseCase
from .settings import Settings

__all__ = [
    "Checked",
    "checked",
    "first_day",
    "named",
    "newest_run_date",
    "opened",
    "read",
    "run_date",
]


@dataclass(frozen=True, slots=True)
class Checked:
    """A panel after its contract.

    Attributes:
        panel: The good rows.
        bad: The others, as they came.
        counts: How many rows broke a rule, by rule.
    """

    panel: pl.DataFrame
    bad: pl.DataFrame
    counts: dict[str, int]


def opened(settings: Settings, use_case: UseCase, as_of: date | None) -> tuple[pl.DataFrame, date]:
    """Return the good rows of the panel, and the run date that was asked for or is configured."""
    good = checked(settings, use_case, read(settings, use_case)).panel
    return good, run_date(settings, good, as_of)


def read(settings: Settings, use_case: UseCase) -> pl.DataFrame:
    """Read the panel.

    Raises:
        ProjectError: It is not there, damaged or empty, or a column lacks or has another type.
    """
    named(settings, use_case)
    try:
        panel = use_case.read(settings.place, settings.sample)
    except (OSError, PolarsError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise ProjectError(
            f"the panel {settings.place} cannot be read: {first}",
            next_step="write it again where it comes from; BATCH_SOURCE or `[data] source` of"
            " config/batch.toml says where it is",
        ) from error
    if panel.is_empty():
        raise ProjectError(
            f"the panel {settings.place} holds no row",
            next_step="see why whatever writes it wrote nothing",
        )
    _fitting({name: kind.dtype for name, kind in use_case.contract.columns().items()}, panel)
    return panel


def named(settings: Settings, use_case: UseCase) -> None:
    """Refuse names under `[panel]` of config/batch.toml that cannot be what they are for."""
    names = settings.panel
    known = {name: column.dtype for name, column in use_case.contract.columns().items()}
    given = {
        "keys": names.keys,
        "time": (names.time,),
        "target": (names.target,),
        "untrusted": (names.untrusted,) if names.untrusted else (),
        "segment": (names.segment,),
        "peers": names.peers,
    }
    for key, name in ((key, name) for key, each in given.items() for name in each):
        if name not in known:
            raise _misnamed(f"{key} names {name!r}, which schemas.py does not have", known)
    if known[names.time] != pl.Date:
        raise _misnamed(f"time names {names.time!r}, which is no day in schemas.py", known)
    if not known[names.target].is_numeric():
        raise _misnamed(f"target names {names.target!r}, which is no number in schemas.py", known)
    if names.untrusted and known[names.untrusted] != pl.Boolean:
        raise _misnamed(f"untrusted names {names.untrusted!r}, which is not true or false", known)


def checked(settings: Settings, use_case: UseCase, panel: pl.DataFrame) -> Checked:
    """Take the rows apart that break the contract.

    Raises:
        ProjectError: More rows are bad than is accepted.
    """
    result, failure = use_case.contract.filter(panel, cast=True)
    bad = failure.invalid()
    counts = {rule: int(count) for rule, count in sorted(failure.counts().items())}
    share = bad.height / panel.height
    if share > settings.contract.bad_share:
        worst = ", ".join(f"{rule} {count}" for rule, count in counts.items())
        raise ProjectError(
            f"{bad.height} of {panel.height} rows of the panel are bad ({share:.1%}): {worst}",
            next_step="mend them where they come from; `[contract] bad_share` of"
            " config/batch.toml is the limit",
            code=3,
        )
    return Checked(pl.DataFrame(result), bad, counts)


def first_day(settings: Settings, panel: pl.DataFrame) -> date:
    """Return the panel's first day."""
    days: list[date] = panel.get_column(settings.panel.time).sort().head(1).to_list()
    return days[0]


def newest_run_date(settings: Settings, panel: pl.DataFrame) -> date:
    """Return the last day that a run could forecast from.

    Raises:
        ProjectError: No day has a target, or one that is yet to come.
    """
    names = settings.panel
    told = panel.filter(pl.col(names.target).is_not_null()).get_column(names.time).max()
    if not isinstance(told, date):
        raise ProjectError(
            f"no row of the panel has a value in {names.target}",
            next_step="see why whatever writes it left the column empty",
            code=3,
        )
    if told > datetime.now(UTC).date() + timedelta(days=1):
        raise ProjectError(
            f"the panel has a value in {names.target} for {told}, which is yet to come",
            next_step="leave the column empty for the days to come",
            code=3,
        )
    return told + timedelta(days=1 + settings.forecast.gap)


def run_date(settings: Settings, panel: pl.DataFrame, as_of: date | None) -> date:
    """Return the run date, which the panel must be able to answer.

    Raises:
        ProjectError: It is after the newest that is possible, or before there is any history.
    """
    newest = newest_run_date(settings, panel)
    first = first_day(settings, panel)
    day = as_of or (newest if settings.data.as_of == "newest" else datetime.now(UTC).date())
    if day > newest:
        raise ProjectError(
            f"--as-of {day} is in the future: {settings.panel.target} is known until"
            f" {newest - timedelta(days=1 + settings.forecast.gap)}",
            next_step=f"take {newest} or a day before it, or wait for the panel to grow",
            code=3,
        )
    earliest = first + timedelta(days=settings.forecast.gap + settings.panel.season)
    if day < earliest:
        raise ProjectError(
            f"--as-of {day} is before the data: the panel begins on {first}",
            next_step=f"take {earliest} or a day after it",
            code=3,
        )
    return day


def _misnamed(how: str, known: Mapping[str, pl.DataType]) -> ProjectError:
    return ProjectError(
        f"[panel] {how}",
        next_step=f"correct it in config/batch.toml; the columns are {', '.join(known)}",
        code=3,
    )


def _fitting(wanted: Mapping[str, pl.DataType], panel: pl.DataFrame) -> None:
    """Refuse a panel whose columns cannot be what the contract says, whatever is in them."""
    lacking = [name for name in wanted if name not in panel.columns]
    if lacking:
        raise ProjectError(
            f"the panel lacks the column {', '.join(lacking)}",
            next_step="add it in data.py, or take it out of schemas.py",
            code=3,
        )
    for name, kind in wanted.items():
        given = panel.schema[name]
        alike = given in (kind, pl.Null()) or (given.is_numeric() and kind.is_numeric())
        if not alike:
            raise ProjectError(
                f"the panel's column {name} is {given}, the contract says {kind}",
                next_step="convert it in data.py, or mend it where it comes from",
                code=3,
            )
