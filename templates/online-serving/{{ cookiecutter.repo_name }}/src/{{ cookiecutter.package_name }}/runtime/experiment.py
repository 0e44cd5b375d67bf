"""Champion and challenger: who meets which, and the challenger in the shadow of everybody."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable

from pydantic import Field, ValidationError

from .log import Record
from .model import Model
from .settings import Section, Settings, refused

__all__ = ["Experiment", "arm", "imbalance"]

PARTS = 10_000
PAUSE = 0.05
LIMIT = 20_000


{% include 'templates/_shared/arm.py' %}

class Rules(Section):
    """`[experiment]` of `config/service.toml`.

    Attributes:
        name: Another name draws the entities anew.
        challenger_share: Share of the entities that the challenger answers.
        shadow: Whether it also scores what the champion answers, and only logs it.
    """

    name: str
    challenger_share: float = Field(ge=0, le=0.5)
    shadow: bool


class Experiment:
    """Routes requests, and scores the challenger off the hot path."""

    aliases: tuple[str, ...] = ("champion", "challenger")

    def __init__(self, settings: Settings) -> None:
        try:
            self._rules = Rules.model_validate(settings.experiment)
        except ValidationError as error:
            raise refused(error, "experiment") from error
        self._waiting: deque[tuple[Model, Record]] = deque(maxlen=LIMIT)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def alias(self, entity: str) -> str:
        """Return the alias whose version answers `entity`."""
        rules = self._rules
        return "challenger" if arm(rules.name, entity, rules.challenger_share) else "champion"

    def start(self, put: Callable[[Record], None]) -> None:
        """Begin to score in the shadow; `put` takes what comes out."""
        self._thread = threading.Thread(target=self._run, args=(put,), name="shadow", daemon=True)
        self._thread.start()

    def shadow(self, challenger: Model | None, answered: Record) -> None:
        """Take an answer that the champion gave; the challenger scores the same request later."""
        if challenger is not None and self._rules.shadow and answered.alias == "champion":
            self._waiting.append((challenger, answered))

    def stop(self) -> None:
        """Score what is left and end the thread."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, put: Callable[[Record], None]) -> None:
        while not self._stopping.wait(PAUSE):
            self._score(put)
        self._score(put)

    def _score(self, put: Callable[[Record], None]) -> None:
        while self._waiting:
            model, answered = self._waiting.popleft()
            try:
                put(_shadow_of(model, answered))
            except Exception:
                logging.getLogger(__name__).exception("challenger %s in shadow", model.version)


def _shadow_of(model: Model, answered: Record) -> Record:
    started = time.perf_counter()
    row = model.row(answered.features)
    score = float(model.predict(row)[0])
    return Record(
        request_id=answered.request_id,
        alias="shadow",
        at=answered.at,
        version=model.version,
        request=answered.request,
        features=answered.features,
        score=score,
        outside=model.scored(row, score).outside,
        response=None,
        latency=time.perf_counter() - started,
    )
