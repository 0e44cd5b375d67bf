"""From what is known to what is shown: the ranking, and the rules that stand above it."""

from __future__ import annotations

from collections.abc import Sequence, Set
from itertools import islice

from .runtime import Shelf

__all__ = ["decide"]

HOUR_MS = 3_600_000


def decide(shelf: Shelf) -> Sequence[tuple[str, float]]:
    """Return at most `shelf.count` items with their scores, best first.

    Neighbours of what the user looked at last count most; what is trending fills the rest, with a
    score of 0. Nothing hidden is shown, nor what was seen already where the rules say so.
    """
    banned = set(shelf.hidden)
    if shelf.rules["hide_seen"]:
        banned.update(entry[2] for entry in shelf.recent)
    scores = _scores(shelf, banned)
    best = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))[: shelf.count]
    known = banned.union(item for item, _ in best)
    rest = (item for item in shelf.trending if item not in known)
    return best + [(item, 0.0) for item in islice(rest, shelf.count - len(best))]


def _scores(shelf: Shelf, banned: Set[str]) -> dict[str, float]:
    """Return how strongly each item neighbours what the user looked at last."""
    rules = shelf.rules
    oldest = shelf.now - rules["lost_interest_hours"] * HOUR_MS
    scores: dict[str, float] = {}
    share = 1.0
    for at, _, item, _ in reversed(shelf.recent[-rules["looks_back"] :]):
        if at < oldest:
            break
        for other, strength in shelf.neighbours.get(item, ()):
            if other not in banned:
                scores[other] = scores.get(other, 0.0) + share * strength
        share *= rules["fades"]
    return scores
