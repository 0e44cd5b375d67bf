"""Songs go together where the same people hear both, one after the other, and skip neither."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

from .runtime import Neighbours, ProjectError
from .schemas import Event

__all__ = ["fit"]

METHOD = "heard_next"
KEPT = 30
DOUBT = 3.0


def fit(
    histories: Sequence[Sequence[Event]], *, method: str, weights: Mapping[str, float]
) -> Neighbours:
    """Return the neighbours of every song, strongest first, with strengths in (0, 1)."""
    if method != METHOD:
        raise ProjectError(
            f"[training] methods: {method!r} is not {METHOD}",
            next_step=f"name {METHOD}, which is all that train.py has",
            code=3,
        )
    pairs: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for history in histories:
        heard = [event for event in history if weights.get(event.kind, 0.0) > 0.0]
        for one, other in pairwise(heard):
            if one.item != other.item:
                pairs[one.item][other.item] += weights[other.kind]
    return {song: _strongest(counts) for song, counts in pairs.items()}


def _strongest(counts: Mapping[str, float]) -> list[tuple[str, float]]:
    """Return the songs that mostly come next; few observations are no certainty."""
    every = sum(counts.values()) + DOUBT
    best = sorted(counts, key=lambda song: (-counts[song], song))[:KEPT]
    return [(song, counts[song] / every) for song in best]
