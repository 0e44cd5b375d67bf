"""What a version is trained on: every user's events, and what the evaluation holds back of them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec

from . import FORGET, Event, ProjectError, UseCase, folding
from .broker import read_all
from .events import Decoder, Mask, RefusedError
from .settings import Settings

__all__ = ["Held", "History", "Split", "folded", "histories", "split"]

SHORTEST = 3
KEPT_EVENTS = 10
History = Sequence[Event]


class Held(msgspec.Struct, array_like=True, frozen=True):
    """Some users, and the item that each went to next, which training never sees.

    Attributes:
        asked: Their newest events, oldest first; times count back from the last.
        wanted: The item that each went to next, as many as `asked`.
    """

    asked: list[list[tuple[Any, ...]]]
    wanted: list[str]


@dataclass(frozen=True, slots=True)
class Split:
    """What training sees, and what the evaluation asks.

    Attributes:
        histories: One user's events each, oldest first, without the hidden one.
        popular: Items by their weight in `histories`, most first.
    """

    histories: Sequence[History]
    popular: Sequence[str]
    held: Held


def histories(
    settings: Settings, use_case: UseCase[Any, Any], seed: int, count: int
) -> list[list[Any]]:
    """Return every user's events, oldest first, by the fold's own rules of what counts twice.

    They come from the topic, where a broker is configured, else from `data.py`.

    Args:
        settings: The project's configuration.
        use_case: Your five functions.
        seed: Of the made-up events.
        count: How many made-up events.
    """
    forgotten: dict[str, int] = {}
    by_user: dict[str, dict[str, Any]] = {}
    for event in _events(settings, use_case, seed, count):
        mine = by_user.setdefault(event.user, {})
        if event.kind == FORGET:
            forgotten[event.user] = max(event.at, forgotten.get(event.user, event.at))
            by_user[event.user] = {i: e for i, e in mine.items() if e.at > event.at}
        elif event.at > forgotten.get(event.user, -1):
            mine.setdefault(event.id, event)
    ordered = (sorted(mine.values(), key=lambda e: (e.at, e.id)) for mine in by_user.values())
    found = [mine for mine in _taken(use_case, ordered) if mine]
    return sorted(found, key=lambda history: (history[0].at, history[0].id))


def _taken(use_case: UseCase[Any, Any], ordered: Iterable[list[Any]]) -> Iterator[list[Any]]:
    """Leave out the events on which the fold fails, which became dead letters.

    Raises:
        ProjectError: It fails on all of them.
    """
    last, some = None, False
    for mine in ordered:
        _, failed = folding.folded(use_case, None, mine)
        left_out = {event.id for event, _ in failed}
        last = failed[-1][1] if failed else last
        some = some or len(failed) < len(mine)
        yield [event for event in mine if event.id not in left_out] if failed else mine
    if last is not None and not some:
        raise ProjectError(f"the fold took no event: {last}", next_step="mend `fold` and test it")


def _events(
    settings: Settings, use_case: UseCase[Any, Any], seed: int, count: int
) -> Iterator[Any]:
    if not settings.environment.brokers:
        yield from use_case.events(seed, count)
        return
    decoder, mask = Decoder(settings, use_case), Mask(settings)
    limits = decoder.limits(time.time())
    for message in read_all(settings, settings.stream.topic, group="training"):
        # What is no event was said by the worker already.
        with suppress(RefusedError):
            event = decoder.decode(message.value(), message.key(), limits)
            yield msgspec.structs.replace(event, user=mask.text(event.user))


def split(settings: Settings, use_case: UseCase[Any, Any], data: Sequence[History]) -> Split:
    """Hide the last item of some users, evenly over all of them.

    Raises:
        ProjectError: Nobody has three events.
    """
    weights = settings.weights
    # What counts nothing, such as a song that was skipped, is not what anybody wanted.
    long = [
        place
        for place, history in enumerate(data)
        if len(history) >= SHORTEST and weights.get(history[-1].kind, 0.0) > 0
    ]
    if not long:
        raise ProjectError(
            f"of {len(data)} users nobody has {SHORTEST} events, the last of which counts",
            next_step="wait for more events, or ask data.py for more",
        )
    step = max(1, len(long) // settings.training.compared_users)
    chosen = long[::step][: settings.training.compared_users]
    asked = set(chosen)
    seen = [history[:-1] if n in asked else history for n, history in enumerate(data)]
    scores: dict[str, float] = {}
    for history in seen:
        for event in history:
            scores[event.item] = scores.get(event.item, 0.0) + weights.get(event.kind, 0.0)
    popular = sorted(scores, key=lambda item: (-scores[item], item))
    asked_of = [_nameless(use_case, seen[n]) for n in chosen]
    return Split(seen, popular, Held(asked_of, [data[n][-1].item for n in chosen]))


def _nameless(use_case: UseCase[Any, Any], history: History) -> list[tuple[Any, ...]]:
    """Return what the fold knows after a history, without what could tell whose it is."""
    recent = folded(use_case, history).recent[-KEPT_EVENTS:]
    last = recent[-1][0]
    return [(at - last, "", *more) for at, _, *more in recent]


def folded(use_case: UseCase[Any, Any], history: History) -> Any:
    """Return the state after a history, by the very fold that the worker calls."""
    return folding.folded(use_case, None, history)[0]
