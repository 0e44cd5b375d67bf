"""From a request to an answer, and which versions answer right now."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from pydantic import BaseModel

from . import ProjectError, UseCase, model
from .log import Record, RequestLog
from .model import Model
from .monitoring import Metrics
from .registry import Registry
from .settings import Settings

__all__ = ["Live", "NoChampionError", "Routing", "Scorer"]

CHAMPION = "champion"


class NoChampionError(Exception):
    """Nobody can be answered yet."""


class Routing(Protocol):
    """Decides whose version answers; without one the champion always does."""

    aliases: tuple[str, ...]

    def alias(self, entity: str) -> str:
        """Return the alias whose version answers `entity`."""
        ...

    def start(self, put: Callable[[Record], None]) -> None:
        """Begin to work beside the service."""
        ...

    def shadow(self, challenger: Model | None, answered: Record) -> None:
        """Take note of an answer."""
        ...

    def stop(self) -> None:
        """Finish what is left."""
        ...


{% set other = 'BaseModel' -%}
{% include 'templates/_shared/live.py' %}

class Scorer:
    """Answers requests: features, score, decision, log, metrics."""

    def __init__(
        self,
        settings: Settings,
        use_case: UseCase[Any, BaseModel],
        *,
        live: Live,
        log: RequestLog,
        metrics: Metrics,
        routing: Routing | None = None,
    ) -> None:
        self._use_case = use_case
        self._limits = settings.decision
        self._entity = settings.privacy.entity
        self._live = live
        self._log = log
        self._metrics = metrics
        self._routing = routing
        self._scores = {
            alias: metrics.score.labels(alias).observe
            for alias in (routing.aliases if routing else (CHAMPION,))
        }

    def answer(self, request: BaseModel) -> dict[str, Any]:
        """Answer one request; the log and the metrics know of it afterwards.

        Raises:
            NoChampionError: No version is loaded.
        """
        started = time.perf_counter()
        models = self._live.models
        alias, chosen = self._choose(request, models)
        features = self._use_case.features(request)
        row = chosen.row(features)
        score = float(chosen.predict(row)[0])
        scored = chosen.scored(row, score)
        response = self._use_case.decide(scored, self._limits)
        now = time.time()
        request_id = f"{int(now * 1e6):014x}{os.urandom(9).hex()}"
        record = Record(
            request_id,
            alias,
            now,
            chosen.version,
            request,
            features,
            score,
            scored.outside,
            response,
            time.perf_counter() - started,
        )
        self._keep(record, row, models)
        return {
            "request_id": request_id,
            "model_version": chosen.version,
            "score": score,
            "outside_training_range": scored.outside,
            "result": response,
        }

    def _choose(self, request: BaseModel, models: Mapping[str, Model]) -> tuple[str, Model]:
        if self._routing:
            alias = self._routing.alias(getattr(request, self._entity))
            if alias in models:
                return alias, models[alias]
        if CHAMPION not in models:
            raise NoChampionError
        return CHAMPION, models[CHAMPION]

    def _keep(self, record: Record, row: np.ndarray[Any, Any], models: Mapping[str, Model]) -> None:
        self._log.put(record)
        self._scores[record.alias](record.score)
        self._metrics.window.append((row, record.score))
        for name in record.outside:
            self._metrics.outside.labels(name).inc()
        if self._routing:
            self._routing.shadow(models.get("challenger"), record)
