"""Made-up listening: albums that are heard from front to back, by people with a taste."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .schemas import Event, Kind

__all__ = ["events"]

START = 1_782_864_000_000  # 2026-07-01, in milliseconds
ALBUMS, SONGS = 120, 8
LENGTH_SECONDS = 200.0
GOES_ON, SKIPS, LIKES = 0.75, 0.4, 0.15


def events(seed: int, count: int) -> Iterator[Event]:
    """Give `count` events in the order of time, the same for the same arguments.

    After a song mostly the album's next one is played, else any; what is not to the listener's
    taste (albums of the same remainder) is often skipped, what is, sometimes liked.
    """
    draw = np.random.default_rng(seed)
    users = max(40, count // 15)
    last: dict[int, int] = {}
    now = float(START)
    for number in range(count):
        user = int(draw.integers(users))
        now += float(draw.exponential(86_400_000 / count))
        song = _next(last.get(user), draw)
        last[user] = song
        tasted = song // SONGS % 3 == user % 3
        kind, seconds = _done(tasted, float(draw.random()))
        yield Event(f"l{seed}-{number}", f"u{user}", round(now), f"song-{song}", kind, seconds)


def _next(last: int | None, draw: np.random.Generator) -> int:
    """Return the next song of the same album, or any: the first albums are played most."""
    if last is not None and draw.random() < GOES_ON:
        return last // SONGS * SONGS + (last + 1) % SONGS
    return int(ALBUMS * draw.random() ** 2) * SONGS + int(draw.integers(SONGS))


def _done(tasted: bool, roll: float) -> tuple[Kind, float]:
    """Return what is done with a song, and for how many seconds it is heard."""
    if not tasted and roll < SKIPS:
        return "skip", 10.0 * roll
    if tasted and roll < LIKES:
        return "like", LENGTH_SECONDS
    return "play", round(LENGTH_SECONDS * roll, 1)
