"""Where events come from when no broker is configured: made-up clicks in a made-up shop.

Replace `events` by a reader of your history (a warehouse, a lake), for training without the topic;
the machinery reads the topic itself where `SERVICE_BROKERS` is set.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .schemas import Event, Kind

__all__ = ["GROUPS", "ITEMS", "START", "events"]

START = 1_767_225_600_000  # 2026-01-01, in milliseconds
ITEMS, GROUPS = 1000, 50
PER_GROUP = ITEMS // GROUPS
CHUNK = 10_000
NEXT_ITEM, FAVOURITE, LEAVES = 0.6, 0.85, 0.12
BASKET, PURCHASE = 0.90, 0.97


def events(seed: int, count: int) -> Iterator[Event]:
    """Give `count` clicks in the order of time, the same for the same arguments.

    Users like two groups of items each. From an item they often go on to one of its two
    companions, sometimes to another of the group, and now and then to what is popular everywhere;
    in the second half of the time one group is in fashion.
    """
    draw = np.random.default_rng(seed)
    users = max(50, count // 12)
    favourites = draw.integers(0, GROUPS, (users, 2))
    fashion = int(draw.integers(0, GROUPS))
    last: dict[int, int] = {}
    now, number = float(START), 0
    pause = 2 * 86_400_000 / max(count, 1)
    while number < count:
        who = (users * draw.random(CHUNK) ** 1.5).astype(int).tolist()
        dice = draw.random((CHUNK, 4)).tolist()
        waits = draw.exponential(pause, CHUNK).tolist()
        for user, roll, wait in zip(who, dice, waits, strict=True):
            group = fashion if number > count / 2 and roll[3] < 0.15 else -1
            item = _next(last.get(user), favourites[user], roll, group)
            last[user] = item
            now += wait
            yield Event(f"e{seed}-{number}", f"u{user}", round(now), f"item-{item}", _kind(roll[2]))
            number += 1
            if number == count:
                return


def _next(last: int | None, favourites: np.ndarray, roll: list[float], group: int) -> int:
    """Return where a user goes from an item."""
    if group >= 0:
        return group * PER_GROUP + int(roll[1] * PER_GROUP)
    if last is not None and roll[0] < NEXT_ITEM:
        step = 1 if roll[1] < 0.7 else 2
        return last // PER_GROUP * PER_GROUP + (last + step) % PER_GROUP
    if roll[0] < FAVOURITE:
        return int(favourites[int(roll[1] * 2)]) * PER_GROUP + int(roll[2] * PER_GROUP)
    return int(ITEMS * roll[1] ** 3)


def _kind(roll: float) -> Kind:
    """Return what a user does there."""
    return "purchase" if roll > PURCHASE else "basket" if roll > BASKET else "view"
