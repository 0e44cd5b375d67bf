"""From a request to recommendations: the user's state, what is on offer, the versions in use."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from . import ProjectError, Shelf, UseCase, model, state
from .events import Mask
from .log import AnswerLog, Record
from .model import Model
from .monitoring import Metrics
from .registry import Registry
from .settings import Settings
from .state import StoreError

__all__ = ["CHAMPION", "Live", "Offer", "Recommender", "Routing", "States"]

CHAMPION = "champion"
UNKNOWN_USER, UNKNOWN_ITEM = "unknown user", "unknown item"
NO_STORE, NO_MODEL = "store", "no model"
OFFER_SECONDS = 1.0
LEFT_ALONE_SECONDS = 1.0
LOG = logging.getLogger(__name__)
T = TypeVar("T")
Asked = tuple[str, "asyncio.Future[bytes | None]"]


class Routing(Protocol):
    """Decides whose version answers; without one the champion always does."""

    name: str
    aliases: tuple[str, ...]

    def alias(self, entity: str) -> str:
        """Return the alias whose version answers `entity`."""
        ...


class OwnThread:
    """A store and the one thread that may use it; it is opened there when first asked for."""

    def __init__(self, settings: Settings, timeout: float) -> None:
        self._open = lambda: state.open_store(settings, timeout=timeout)
        self._store: state.Store | None = None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="store")

    def ask(self, question: Callable[[state.Store], T]) -> Future[T]:
        """Return what will be the answer; its error is a `StoreError`."""
        return self._pool.submit(self._ask, question)

    def close(self) -> None:
        """Finish what was asked for, and let go of the store."""
        self._pool.submit(self._close)
        self._pool.shutdown(wait=False)

    def _ask(self, question: Callable[[state.Store], T]) -> T:
        if self._store is None:
            self._store = self._open()
        return question(self._store)

    def _close(self) -> None:
        if self._store is not None:
            self._store.close()


class States:
    """Reads users' states beside the event loop: what comes while it reads is read together next.

    After an answer that failed, or came too late, the store is left alone for a second; nobody
    waits for it meanwhile.
    """

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._limit = settings.service.store_timeout_ms / 1000.0
        self._thread = OwnThread(settings, self._limit)
        self._observe = metrics.store_seconds.observe
        self._waiting: list[Asked] = []
        self._reading = self._stuck = False
        self._again = 0.0

    async def read(self, key: str) -> bytes | None:
        """Return one state, or None for somebody unknown.

        Raises:
            StoreError: The store failed, was too slow, or is left alone.
        """
        loop = asyncio.get_running_loop()
        if self._stuck or loop.time() < self._again:
            raise _left_alone()
        future: asyncio.Future[bytes | None] = loop.create_future()
        self._waiting.append((key, future))
        if not self._reading:
            self._begin(loop)
        return await future

    def close(self) -> None:
        """Let go of the store."""
        self._thread.close()

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        asked, self._waiting, self._reading = self._waiting, [], True
        started = time.perf_counter()
        late = loop.call_later(self._limit, self._late, loop, asked)
        keys = [key for key, _ in asked]

        def done(answer: Future[dict[str, bytes]]) -> None:
            # The loop is closed where a store was still at it when the service ended.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(told, answer)

        def told(answer: Future[dict[str, bytes]]) -> None:
            late.cancel()
            self._reading = self._stuck = False
            self._observe(time.perf_counter() - started)
            error = answer.exception()
            if error is not None:
                LOG.warning("states cannot be read: %s", error)
                self._fail(loop, asked)
                return
            found = answer.result()
            for key, future in asked:
                if not future.done():
                    future.set_result(found.get(key))
            if self._waiting:
                self._begin(loop)

        self._thread.ask(lambda store: store.get_many(keys)).add_done_callback(done)

    def _late(self, loop: asyncio.AbstractEventLoop, asked: Sequence[Asked]) -> None:
        # The thread may be at it for long; it is asked nothing before it is back.
        self._stuck = True
        LOG.warning("the store took more than %.0f ms", self._limit * 1000.0)
        self._fail(loop, asked)

    def _fail(self, loop: asyncio.AbstractEventLoop, asked: Sequence[Asked]) -> None:
        self._again = loop.time() + LEFT_ALONE_SECONDS
        waiting, self._waiting = self._waiting, []
        for _, future in (*asked, *waiting):
            if not future.done():
                future.set_exception(_left_alone())


def _left_alone() -> StoreError:
    return StoreError("the store does not answer in time", next_step="check the store")


class Offer:
    """What holds for everybody: trending and hidden items, and how far the worker lags.

    Attributes:
        trending: Most looked at first.
        hidden: Never shown.
        lag: Seconds; None where no worker says so, or the store is gone.
    """

    def __init__(self, settings: Settings) -> None:
        self.trending: Sequence[str] = ()
        self.hidden: frozenset[str] = frozenset()
        self.lag: float | None = None
        self._rule = settings.trending
        self._rules = settings.decision
        self._thread = OwnThread(settings, state.PATIENCE)
        self._cold: dict[str, Sequence[str]] = {}

    def refresh(self) -> None:
        """Ask the store; where it fails, what it said before still holds."""
        try:
            counts, hidden, self.lag = self._thread.ask(_everything).result()
        except StoreError as error:
            self.lag = None
            LOG.warning("trending and hidden items stay as they are: %s", error)
            return
        self.use(counts, hidden)

    def use(self, counts: Mapping[int, Mapping[str, float]], hidden: Mapping[str, str]) -> None:
        """Let this hold from now on."""
        self.trending = state.trending(counts, self._rule, round(time.time() * 1000.0))
        self.hidden = frozenset(hidden)
        self._cold = {}

    def cold(self, chosen: Model | None) -> Sequence[str]:
        """Return what to show where nothing is known: trending, then popular in training."""
        if chosen is None:
            return self.trending
        if chosen.version not in self._cold:
            both = dict.fromkeys((*self.trending, *chosen.popular))
            self._cold[chosen.version] = tuple(both)
        return self._cold[chosen.version]

    def shelf(self, chosen: Model | None, recent: Sequence[Sequence[Any]], count: int) -> Shelf:
        """Return all that a decision may see, as of now."""
        return Shelf(
            recent=recent,
            neighbours=chosen.neighbours if chosen else {},
            trending=self.cold(chosen),
            hidden=self.hidden,
            count=count,
            now=round(time.time() * 1000.0),
            rules=self._rules,
        )

    async def follow(self) -> None:
        """Refresh for ever, off the event loop."""
        while True:
            await asyncio.sleep(OFFER_SECONDS)
            await asyncio.to_thread(self.refresh)

    def close(self) -> None:
        """Let go of the store."""
        self._thread.close()


def _everything(
    store: state.Store,
) -> tuple[dict[int, dict[str, float]], dict[str, str], float | None]:
    return store.counts(), store.hidden(), store.lag(time.time())


{% set other = 'Any' -%}
{% include 'templates/_shared/live.py' %}

class Recommender:
    """Answers requests, whatever is missing; log and metrics know of it afterwards."""

    def __init__(
        self,
        use_case: UseCase[Any, Any],
        mask: Mask,
        *,
        live: Live,
        offer: Offer,
        states: States,
        log: AnswerLog,
        metrics: Metrics,
        routing: Routing | None = None,
    ) -> None:
        self._use_case = use_case
        self._key = mask.text
        self._live = live
        self._offer = offer
        self._states = states
        self._log = log
        self._metrics = metrics
        self._routing = routing

    async def recommend(self, user: str, count: int) -> dict[str, Any]:
        """Return at most `count` items for a user."""
        started = time.perf_counter()
        key = self._key(user)
        models = self._live.models
        experiment, arm = self._arm(key, models)
        chosen = models.get(arm)
        recent, fallback = await self._recent(key)
        if chosen is None and fallback != NO_STORE:
            fallback = NO_MODEL
        shown = self._use_case.decide(self._offer.shelf(chosen, recent, count))
        return self._answer(started, experiment, arm, chosen, key, shown, fallback)

    def similar(self, item: str, count: int) -> dict[str, Any]:
        """Return at most `count` items that go with another."""
        started = time.perf_counter()
        chosen, hidden = self._live.models.get(CHAMPION), self._offer.hidden
        found = chosen.neighbours.get(item) if chosen else None
        fallback = "" if found else UNKNOWN_ITEM if chosen else NO_MODEL
        if not found:
            found = [(other, 0.0) for other in self._offer.cold(chosen) if other != item]
        shown = [one for one in found if one[0] not in hidden][:count]
        return self._answer(started, "", CHAMPION, chosen, "", shown, fallback)

    def _arm(self, key: str, models: Mapping[str, Model]) -> tuple[str, str]:
        """Return the experiment that is on, if any, and the alias that answers."""
        if self._routing and all(alias in models for alias in self._routing.aliases):
            return self._routing.name, self._routing.alias(key)
        return "", CHAMPION

    async def _recent(self, key: str) -> tuple[Sequence[Sequence[Any]], str]:
        try:
            kept = await self._states.read(key)
        except StoreError:
            return (), NO_STORE
        try:
            recent = self._use_case.state_type.load(kept).recent if kept else ()
        except Exception:
            # A newer worker may keep what this release cannot read yet.
            LOG.exception("a state cannot be read")
            return (), NO_STORE
        return recent, "" if recent else UNKNOWN_USER

    def _answer(
        self,
        started: float,
        experiment: str,
        arm: str,
        chosen: Model | None,
        key: str,
        shown: Sequence[tuple[str, float]],
        fallback: str,
    ) -> dict[str, Any]:
        now = time.time()
        request_id = f"{int(now * 1e6):014x}{os.urandom(9).hex()}"
        version = chosen.version if chosen else ""
        items = tuple([item for item, _ in shown])
        latency = time.perf_counter() - started
        self._log.put(
            Record(request_id, now, experiment, arm, version, key, items, fallback, latency)
        )
        if key:
            self._metrics.shown.append(items)
        if fallback:
            self._metrics.fallbacks.labels(fallback.replace(" ", "_")).inc()
        return {
            "request_id": request_id,
            "model_version": version,
            "items": [{"item": item, "score": score} for item, score in shown],
            "fallback": fallback,
        }
