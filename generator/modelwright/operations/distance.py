"""How far a version is from the newest release: in releases and in days."""

from __future__ import annotations

from dataclasses import dataclass

from modelwright.catalog.history import History
from modelwright.operations.update_source import is_older, order


@dataclass(frozen=True, kw_only=True)
class Distance:
    """From one version to the newest.

    Attributes:
        latest: The newest release; the version itself where none is newer.
        behind: How many releases lie between, the newest counted.
        days: How many days lie between the two releases; 0 where either day is not known.
    """

    latest: str
    behind: int
    days: int


def distance(history: History, current: str) -> Distance:
    """Return how far a version is from the newest release of its history."""
    releases = history.releases
    newest = releases[-1].version if releases else current
    latest = current if is_older(newest, current) else newest
    between = [
        release
        for release in releases
        if order(current) is not None
        and is_older(current, release.version)
        and not is_older(latest, release.version)
    ]
    days = {release.version: release.day for release in releases}
    known = current in days and latest in days
    return Distance(
        latest=latest,
        behind=len(between),
        days=max(0, (days[latest] - days[current]).days) if known else 0,
    )
