"""What the service reads from the store, beside its event loop: users' states, what is on offer."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

from . import Shelf, state
from .model import Model
from .monitoring import Metrics
from .settings import Settings
from .state import StoreError

__all__ = ["Offer", "States"]

LEFT_ALONE_SECONDS = 1.0
PATIENCE = 2.0  # times the limit, which the client keeps: a busy processor is no slow store
REST = 20.0  # how many times as long as it took to count, until it is counted again
LOG = logging.getLogger(__name__)
T = TypeVar("T")
Asked = tuple[str, "asyncio.Future[bytes | None]"]
Answer = Future[dict[str, bytes]]


class OwnThread:
    """A store and the one thread that may use it; it is opened there when first asked for."""

    def __init__(self, settings: Settings, timeout: float) -> None:
        self._settings = settings
        self._timeout = timeout
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
            self._store = state.open_store(self._settings, timeout=self._timeout)
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

    def open(self) -> None:
        """Reach for the store, so that the first user does not wait for it."""
        with suppress(StoreError):
            self._thread.ask(lambda store: store.get("")).result()

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
        keys = [key for key, _ in asked]
        answer = self._thread.ask(lambda store: store.get_many(keys))
        late = loop.call_later(PATIENCE * self._limit, self._late, loop, asked, answer)

        def done(_: Answer) -> None:
            # The loop is closed where a store was still at it when the service ended.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(told)

        def told() -> None:
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

        answer.add_done_callback(done)

    def _late(
        self, loop: asyncio.AbstractEventLoop, asked: Sequence[Asked], answer: Answer
    ) -> None:
        """Give up on a store whose client does not give up by itself."""
        if not answer.done():
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
        self._settings = settings
        self._thread = OwnThread(settings, state.PATIENCE)
        self._cold: dict[str, Sequence[str]] = {}
        self._again = 0.0

    def refresh(self) -> None:
        """Ask the store; where it fails, what it said before still holds."""
        try:
            self._thread.ask(self.read).result()
        except StoreError as error:
            self.lag = None
            LOG.warning("trending and hidden items stay as they are: %s", error)

    def read(self, store: state.Store) -> None:
        """Take what a store says; many items take long to count, and are counted less often."""
        self.hidden = frozenset(store.hidden())
        self.lag = store.lag(time.time())
        started = time.monotonic()
        if started < self._again:
            return
        rule = self._settings.trending
        self.trending = state.trending(store.counts(), rule, round(time.time() * 1000.0))
        self._cold = {}
        ended = time.monotonic()
        self._again = ended + REST * (ended - started)

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
            rules=self._settings.decision,
        )

    def close(self) -> None:
        """Let go of the store."""
        self._thread.close()
