"""A playlist: what goes with the songs that were liked, or heard for long; nothing skipped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .runtime import Shelf

__all__ = ["decide"]


def decide(shelf: Shelf) -> Sequence[tuple[str, float]]:
    """Return at most `shelf.count` songs with their scores, best first.

    A song that was skipped is never shown; one that was heard may come again. What is trending
    fills the rest, with a score of 0.
    """
    banned = shelf.hidden.union(entry[2] for entry in shelf.recent if entry[3] == "skip")
    scores: dict[str, float] = dict.fromkeys(shelf.trending, 0.0)
    for newer, entry in enumerate(reversed(shelf.recent)):
        much = _liking(entry, shelf.rules) * shelf.rules["fades"] ** newer
        for song, strength in shelf.neighbours.get(entry[2], ()) if much else ():
            scores[song] = scores.get(song, 0.0) + much * strength
    # The sort keeps what is trending in its order.
    best = sorted(scores.items(), key=lambda pair: -pair[1])
    return [pair for pair in best if pair[0] not in banned][: shelf.count]


def _liking(entry: Sequence[Any], rules: Mapping[str, Any]) -> float:
    """Return how much a song was liked: a play counts by the seconds that were heard."""
    _, _, _, kind, seconds = entry
    if kind == "skip":
        return 0.0
    heard = min(1.0, seconds / rules["full_seconds"])
    return float(rules["like"] if kind == "like" else 0.2 + 0.8 * heard)
