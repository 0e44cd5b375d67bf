"""How good recommendations are: is the item that a user went to next among them?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

__all__ = ["evaluate"]

TOP = 10


def evaluate(
    lists: Sequence[Sequence[str]], wanted: Sequence[str], items: int
) -> Mapping[str, float]:
    """Return recall and NDCG among the first ten, and which share of all items is ever shown.

    Args:
        lists: Recommendations of each user, best first.
        wanted: The item that each user went to next.
        items: How many items there are, at least 1.
    """
    ranks = [
        shown[:TOP].index(item) if item in shown[:TOP] else None
        for shown, item in zip(lists, wanted, strict=True)
    ]
    hits = [rank for rank in ranks if rank is not None]
    several = {item for shown in lists for item in shown[:TOP]}
    users = max(1, len(wanted))
    return {
        "recall_at_10": len(hits) / users,
        "ndcg_at_10": sum(1 / math.log2(rank + 2) for rank in hits) / users,
        "coverage": len(several) / max(1, items),
    }
