"""From messages to states: a batch is decoded, folded user by user, counted; nothing is written.

What the fold cannot take becomes a dead letter; a fold that can take nothing is a fault of the
code, and stops the worker before the stream is gone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from operator import attrgetter
from typing import Any, Final

from confluent_kafka import Message

from . import ProjectError, UseCase
from .events import Decoder, Mask, RefusedError
from .settings import Settings
from .state import Store

__all__ = ["FAILURES_IN_A_ROW", "Folded", "Folder", "dumped", "folded"]

SECOND_MS: Final = 1000
# So many events that the fold failed on, and none that it took: not the events are at fault.
FAILURES_IN_A_ROW = 100


@dataclass(slots=True)
class Folded:
    """What a batch comes to.

    Attributes:
        states: New states by key.
        hits: By bucket and item, thousandths of weight.
        dead: Messages that are no events, and why.
        folded: Events that changed a state.
        unchanged: Events that were seen before, or are too late for their window.
    """

    states: dict[str, Any] = field(default_factory=dict)
    hits: dict[tuple[int, str], int] = field(default_factory=lambda: defaultdict(int))
    dead: list[tuple[Message, RefusedError]] = field(default_factory=list)
    folded: int = 0
    unchanged: int = 0


class Folder:
    """Folds messages: pure but for the store that it reads states from.

    Args:
        settings: The project's configuration.
        use_case: Your five functions.
        store: Where states are that are not at hand.
    """

    def __init__(self, settings: Settings, use_case: UseCase[Any, Any], store: Store) -> None:
        self._use_case = use_case
        self._store = store
        self._decoder = Decoder(settings, use_case)
        self._masked = Mask(settings).text
        self._weights = {name: round(w * SECOND_MS) for name, w in settings.weights.items()}
        self._bucket = settings.trending.bucket_seconds
        self._limit = settings.stream.states_in_memory
        self._keys: dict[str, str] = {}
        self._failures = 0
        self.known: dict[str, Any] = {}

    def fold(self, messages: Sequence[Message], now: float) -> Folded:
        """Fold a batch that was read at a Unix time; nothing is written or remembered yet.

        Raises:
            ProjectError: The fold took none of `FAILURES_IN_A_ROW` events, or a state that is kept
                cannot be read.
            StoreError: The store cannot be read.
        """
        result = Folded()
        events = self._events(messages, now, result)
        states = self._states(events)
        fold, hits, weights = self._use_case.fold, result.hits, self._weights
        bucket_ms = self._bucket * SECOND_MS
        failed: list[tuple[Any, Exception]] = []
        for key, mine in events.items():
            if len(mine) > 1:
                mine.sort(key=_order)
            before = state = states.get(key)
            for event in mine:
                try:
                    after = fold(state, event)
                except Exception as error:  # hers may raise anything, and one event is not a stream
                    failed.append((event, error))
                    continue
                if after is not state:
                    state = after
                    result.folded += 1
                    weight = weights.get(event.kind)
                    if weight:
                        hits[event.at // bucket_ms * self._bucket, event.item] += weight
            if state is not before:
                result.states[key] = state
        taken = sum(map(len, events.values())) - len(failed)
        result.unchanged = taken - result.folded
        self._judge(failed, taken)
        result.dead += self._letters(messages, failed, now)
        return result

    def keep(self, states: dict[str, Any]) -> None:
        """Keep states at hand, once they are written; the oldest give way."""
        known = self.known
        known.update(states)
        if len(known) > self._limit:
            for key in list(islice(known, len(known) - self._limit // 2)):
                del known[key]

    def _events(
        self, messages: Iterable[Message], now: float, result: Folded
    ) -> dict[str, list[Any]]:
        """Return the events by the key of their user, in the order in which they came."""
        limits, decode = self._decoder.limits(now), self._decoder.decode
        events: dict[str, list[Any]] = defaultdict(list)
        for message in messages:
            try:
                event = decode(message.value(), message.key(), limits)
            except RefusedError as refused:
                result.dead.append((message, refused))
                continue
            events[event.user].append(event)
        keys, masked = self._keys, self._masked
        if len(keys) > self._limit:
            keys.clear()
        return {
            keys.get(user) or keys.setdefault(user, masked(user)): mine
            for user, mine in events.items()
        }

    def _states(self, keys: Iterable[str]) -> dict[str, Any]:
        known = self.known
        states, absent = {}, []
        for key in keys:
            state = known.get(key)
            if state is None:
                absent.append(key)
            else:
                states[key] = state
        load = self._use_case.state_type.load
        for key, kept in (self._store.get_many(absent) if absent else {}).items():
            try:
                states[key] = load(kept)
            except Exception as error:  # hers may raise anything
                raise ProjectError(
                    f"a state that is kept cannot be read: {_told(error)}",
                    next_step="teach `State.load` the version that kept it",
                ) from error
        return states

    def _judge(self, failed: Sequence[tuple[Any, Exception]], taken: int) -> None:
        """Raise where the fold is at fault, and not an event."""
        self._failures = 0 if taken else self._failures + len(failed)
        if self._failures >= FAILURES_IN_A_ROW:
            raise ProjectError(
                f"the fold took none of {self._failures} events: {_told(failed[-1][1])}",
                next_step="mend `fold` and deploy it; the stream waits, and nothing is lost",
            )

    def _letters(
        self, messages: Iterable[Message], failed: Sequence[tuple[Any, Exception]], now: float
    ) -> list[tuple[Message, RefusedError]]:
        """Return the messages of events on which the fold failed."""
        letters = []
        limits = self._decoder.limits(now)
        for message in messages if failed else ():
            try:
                event = self._decoder.decode(message.value(), message.key(), limits)
            except RefusedError:
                continue
            error = next((error for other, error in failed if other == event), None)
            if error is not None:
                letters.append((message, RefusedError("fold_failed", _told(error))))
        return letters


_order = attrgetter("at", "id")


def folded(
    use_case: UseCase[Any, Any], state: Any, events: Iterable[Any]
) -> tuple[Any, list[tuple[Any, RefusedError]]]:
    """Return a user's state after events, and the events on which the fold failed."""
    failed = []
    for event in events:
        try:
            state = use_case.fold(state, event)
        except Exception as error:  # hers may raise anything, and one event is not a stream
            failed.append((event, RefusedError("fold_failed", _told(error))))
    return state, failed


def dumped(states: Mapping[str, Any]) -> dict[str, bytes]:
    """Return states as a store keeps them.

    Raises:
        ProjectError: One of them cannot be dumped.
    """
    try:
        return {key: state.dump() for key, state in states.items()}
    except Exception as error:  # hers may raise anything
        raise ProjectError(
            f"a state cannot be dumped: {_told(error)}",
            next_step="mend `State.dump` and deploy it; the stream waits, and nothing is lost",
        ) from error


def _told(error: Exception) -> str:
    """Return which error came from where, without its text, which may quote an event."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(error).__name__
    name = trace.tb_frame.f_code.co_filename.replace("\\", "/").rsplit("/", 1)[-1]
    return f"{type(error).__name__} at {name}:{trace.tb_lineno}"
