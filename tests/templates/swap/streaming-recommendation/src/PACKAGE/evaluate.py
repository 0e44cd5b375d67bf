"""How good a playlist is: is the song that somebody heard next among its first twenty?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["evaluate"]

TOP = 20


def evaluate(
    lists: Sequence[Sequence[str]], wanted: Sequence[str], items: int
) -> Mapping[str, float]:
    """Return the hit rate, the mean reciprocal rank, and how many of all songs are never shown.

    Args:
        lists: Recommendations of each listener, best first.
        wanted: The song that each heard next.
        items: How many songs there are, at least 1.
    """
    shown = [list(songs[:TOP]) for songs in lists]
    found = [songs.index(one) for songs, one in zip(shown, wanted, strict=True) if one in songs]
    listeners = max(1, len(wanted))
    several = {song for songs in shown for song in songs}
    return {
        "hit_rate_at_20": len(found) / listeners,
        "mrr_at_20": sum(1 / (place + 1) for place in found) / listeners,
        "never_shown": 1.0 - len(several) / max(1, items),
    }
