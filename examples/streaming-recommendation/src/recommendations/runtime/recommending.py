"""From a request to recommendations: which versions answer, and with what; or a file for all."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from pydantic_core import to_json

from . import ProjectError, UseCase, model, state
from .events import Mask
from .log import AnswerLog, Record
from .model import Model
from .monitoring import Metrics
from .reading import Offer, States
from .registry import Registry
from .settings import Settings
from .state import StoreError

__all__ = ["CHAMPION", "Live", "Recommender", "Routing", "precompute"]

CHAMPION = "champion"
UNKNOWN_USER, UNKNOWN_ITEM = "unknown user", "unknown item"
NO_STORE, NO_MODEL = "store", "no model"
USUAL_COUNT = 10
AT_ONCE = 500
LOG = logging.getLogger(__name__)


class Routing(Protocol):
    """Decides whose version answers; without one the champion always does."""

    name: str
    aliases: tuple[str, ...]

    def alias(self, entity: str) -> str:
        """Return the alias whose version answers `entity`."""
        ...

    def measure(self, metrics: Metrics) -> None:
        """Show how many users met which arm."""
        ...


class Live:
    """The versions in memory, by alias; follows the registry.

    `models` is replaced as a whole and never changed, so a request that began with one version
    ends with it.
    """

    def __init__(
        self,
        settings: Settings,
        use_case: UseCase[Any, Any],
        registry: Registry,
        metrics: Metrics,
        aliases: Sequence[str] = (CHAMPION,),
    ) -> None:
        self.models: Mapping[str, Model] = {}
        self._seconds = settings.service.poll_seconds
        self._use_case = use_case
        self._registry = registry
        self._metrics = metrics
        self._aliases = aliases
        self._known: dict[str, Model] = {}

    def refresh(self) -> None:
        """Ask the registry once; a version that fails leaves the one before in place."""
        try:
            wanted = self._registry.aliases()
        except ProjectError as error:
            self._failed(error)
            return
        models: dict[str, Model] = {}
        for alias in self._aliases:
            found = self._load(wanted.get(alias)) or (alias in wanted and self.models.get(alias))
            if found:
                models[alias] = found
        if {a: m.version for a, m in models.items()} != {
            a: m.version for a, m in self.models.items()
        }:
            self.models = models
            self._metrics.use(models)
            logging.getLogger(__name__).info(
                "in use: %s", ", ".join(f"{a} {m.version}" for a, m in models.items()) or "nothing"
            )

    async def follow(self) -> None:
        """Refresh for ever, off the event loop."""
        while True:
            await asyncio.sleep(self._seconds)
            await asyncio.to_thread(self.refresh)

    def _load(self, version: str | None) -> Model | None:
        """Return a version, from memory where it was in use before: a rollback is instant."""
        if version is None:
            return None
        if version not in self._known:
            try:
                folder = self._registry.files(version)
                loaded = model.load(version, folder, self._use_case)
            except (ProjectError, OSError, ValueError, KeyError) as error:
                self._failed(error)
                return None
            self._known = {**dict(list(self._known.items())[-3:]), version: loaded}
        return self._known[version]

    def _failed(self, error: Exception) -> None:
        self._metrics.reload_failures.inc()
        logging.getLogger(__name__).error("versions in use stay as they are: %s", error)


class Recommender:
    """Answers requests, whatever is missing; log and metrics know of it afterwards."""

    def __init__(
        self,
        settings: Settings,
        use_case: UseCase[Any, Any],
        *,
        live: Live,
        offer: Offer,
        states: States,
        log: AnswerLog,
        metrics: Metrics,
        routing: Routing | None = None,
    ) -> None:
        self._use_case = use_case
        self._settings = settings
        self._live = live
        self._offer = offer
        self._states = states
        self._log = log
        self._metrics = metrics
        self._routing = routing

    @cached_property
    def _key(self) -> Callable[[str], str]:
        """How users are called: read with the first of them, for a description needs no key."""
        return Mask(self._settings).text

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
        return self._answer(
            shown, chosen, fallback, started=started, experiment=experiment, arm=arm, key=key
        )

    def similar(self, item: str, count: int) -> dict[str, Any]:
        """Return at most `count` items that go with another."""
        started = time.perf_counter()
        chosen, hidden = self._live.models.get(CHAMPION), self._offer.hidden
        found = chosen.neighbours.get(item) if chosen else None
        fallback = "" if found else UNKNOWN_ITEM if chosen else NO_MODEL
        if not found:
            found = [(other, 0.0) for other in self._offer.cold(chosen) if other != item]
        shown = [one for one in found if one[0] not in hidden][:count]
        return self._answer(shown, chosen, fallback, started=started)

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
        shown: Sequence[tuple[str, float]],
        chosen: Model | None,
        fallback: str,
        *,
        started: float,
        experiment: str = "",
        arm: str = CHAMPION,
        key: str = "",
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


def precompute(
    settings: Settings,
    use_case: UseCase[Any, Any],
    registry: Registry,
    store: state.Store,
    out: Path,
    *,
    count: int = USUAL_COUNT,
) -> int:
    """Write everybody's recommendations by the champion, for e-mail and front ends that fetch.

    The file holds one JSON object per line (user, the key of `events.Mask`; items, best first;
    version; created_at, in UTC) and appears whole or not at all.

    Args:
        settings: The project's configuration.
        use_case: Your five functions.
        registry: Where the champion is.
        store: Where the users are.
        out: The file; one that exists is replaced.
        count: Recommendations of each user, at least 1.

    Returns:
        The number of users.

    Raises:
        ProjectError: There is no champion, or the store does not answer.
    """
    version = registry.version_of(CHAMPION)
    if version is None:
        raise ProjectError(
            "there is no champion", next_step="run `uv run poe promote VERSION`", code=3
        )
    chosen = model.load(version, registry.files(version), use_case)
    offer = Offer(settings)
    offer.read(store)
    known = {"version": version, "created_at": datetime.now(UTC).isoformat(timespec="seconds")}
    many = 0
    out.parent.mkdir(parents=True, exist_ok=True)
    drawn = out.with_name(f".{out.name}.{secrets.token_hex(4)}")
    try:
        with drawn.open("wb") as lines:
            for key, recent in _users(use_case, store):
                items = [item for item, _ in use_case.decide(offer.shelf(chosen, recent, count))]
                lines.write(to_json({"user": key, "items": items, **known}) + b"\n")
                many += 1
        drawn.replace(out)
    finally:
        drawn.unlink(missing_ok=True)
    return many


def _users(
    use_case: UseCase[Any, Any], store: state.Store
) -> Iterator[tuple[str, Sequence[Sequence[Any]]]]:
    """Give each user's key, once, and newest events."""
    keys = iter(store.keys())
    given: set[str] = set()  # a store that grows meanwhile may name a key twice
    while some := list(islice(keys, AT_ONCE)):
        for key, kept in store.get_many([key for key in some if key not in given]).items():
            given.add(key)
            yield key, use_case.state_type.load(kept).recent
