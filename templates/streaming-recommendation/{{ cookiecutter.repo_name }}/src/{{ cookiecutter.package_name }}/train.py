"""How neighbours are found: which items the same people look at, shortly after one another."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from .runtime import Neighbours, ProjectError
from .schemas import Event

__all__ = ["fit"]

REACH = 5  # events apart, at most
HALF_LIFE_MS = 14 * 86_400_000
KEPT = 50
SHRINK = 5.0
FACTORS = 64
Histories = Sequence[Sequence[Event]]


def fit(histories: Histories, *, method: str, weights: Mapping[str, float]) -> Neighbours:
    """Return the neighbours of every item, strongest first, with strengths in (0, 1].

    Args:
        histories: One user's events each, oldest first.
        method: A key of `METHODS`.
        weights: How much each kind of event counts.
    """
    if method not in METHODS:
        raise ProjectError(
            f"[training] methods: {method!r} is none of {', '.join(METHODS)}",
            next_step="name one that train.py has",
            code=3,
        )
    return METHODS[method](histories, weights)


def covisitation(histories: Histories, weights: Mapping[str, float]) -> Neighbours:
    """Count pairs: more for what is closer together, newer, and more than a look."""
    now = max((history[-1].at for history in histories if history), default=0)
    pairs: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    seen: dict[str, float] = defaultdict(float)
    for history in histories:
        for place, later in enumerate(history):
            fresh = math.exp2((later.at - now) / HALF_LIFE_MS) * weights.get(later.kind, 0.0)
            seen[later.item] += fresh
            for step, earlier in enumerate(reversed(history[max(0, place - REACH) : place]), 1):
                if earlier.item != later.item:
                    pairs[earlier.item][later.item] += fresh / step
    return {item: _strongest(item, counts, seen) for item, counts in pairs.items()}


def _strongest(
    item: str, counts: Mapping[str, float], seen: Mapping[str, float]
) -> list[tuple[str, float]]:
    """Return the best neighbours of an item; what is popular with everybody counts less."""
    mine = seen[item] + SHRINK
    scores = {other: n / math.sqrt(mine * (seen[other] + SHRINK)) for other, n in counts.items()}
    best = sorted(scores, key=lambda other: (-scores[other], other))[:KEPT]
    return [(other, min(1.0, scores[other])) for other in best]


def als(histories: Histories, weights: Mapping[str, float]) -> Neighbours:
    """Factorise users by items; neighbours are what lies in the same direction."""
    try:
        from implicit.als import AlternatingLeastSquares  # noqa: PLC0415 - an extra
        from scipy.sparse import csr_matrix  # noqa: PLC0415
        from threadpoolctl import threadpool_limits  # noqa: PLC0415
    except ImportError:
        raise ProjectError(
            "[training] methods names als, and implicit is not installed",
            next_step="run `uv sync --group als`, or take als out of config/service.toml",
            code=3,
        ) from None
    items = sorted({seen.item for history in histories for seen in history})
    column = {item: place for place, item in enumerate(items)}
    rows = [
        (user, column[seen.item], weights.get(seen.kind, 0.0))
        for user, history in enumerate(histories)
        for seen in history
    ]
    who, what, much = zip(*rows, strict=True)
    table = csr_matrix((much, (who, what)), shape=(len(histories), len(items)))
    # A pool of threads for every small product costs more than the products.
    with threadpool_limits(1, "blas"):
        model = AlternatingLeastSquares(FACTORS, iterations=15, random_state=7, num_threads=1)
        model.fit(table, show_progress=False)
        found, scores = model.similar_items(range(len(items)), N=KEPT + 1)
    return {
        items[place]: [
            (items[other], float(min(1.0, score)))
            for other, score in zip(found[place], scores[place], strict=True)
            if other != place and score > 0
        ]
        for place in range(len(items))
    }


METHODS: Mapping[str, Callable[[Histories, Mapping[str, float]], Neighbours]] = {
    "covisitation": covisitation,
    "als": als,
}
