"""What is deleted: everything of one person who asks, and what is older than the retention."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from confluent_kafka import Producer

from . import ProjectError, UseCase
from .broker import client, send
from .events import Mask, forgetting
from .log import Store as Log
from .settings import Settings
from .state import Store, open_store

__all__ = ["delete_person", "retain"]

PATIENCE = 20.0
PAUSE = 0.05


def delete_person(settings: Settings, use_case: UseCase[Any, Any], user: str) -> Iterator[str]:
    """Delete all that is known of one user, and tell what that was.

    Where a broker is configured a worker does it, because it may hold the state in memory: the
    wish goes through the stream, so that a replay and the next training know of it too.

    Raises:
        ProjectError: No worker did it in time; the wish stays in the stream, and will be done.
    """
    key = Mask(settings).text(user)
    with closing(open_store(settings)) as store:
        known = store.get(key) is not None
        if settings.environment.brokers:
            producer = Producer(client(settings))
            send(producer, settings.stream.topic, [(user, forgetting(use_case, user))])
            _wait(use_case, store, key)
        else:
            store.forget(key)
    yield f"state: {'deleted' if known else 'there was none'}"
    with closing(Log(settings)) as log:
        yield f"answers: {log.delete_person(user)} deleted"
    yield "topics: they end with their retention; what was precomputed, with the next run"


def _wait(use_case: UseCase[Any, Any], store: Store, key: str) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        kept = store.get(key)
        if kept is not None and not use_case.state_type.load(kept).recent:
            return
        time.sleep(PAUSE)
    raise ProjectError(
        f"no worker deleted the state within {PATIENCE:.0f} s",
        next_step="see that a worker runs; the wish is in the stream and will be done",
    )


def retain(settings: Settings) -> Iterator[str]:
    """Delete what is older than the retention, and tell how much that was."""
    now, days = time.time(), settings.privacy.retention_days
    with closing(open_store(settings)) as store:
        yield f"states: {store.retain(now)} older than {days} days deleted"
    with closing(Log(settings)) as log:
        yield f"answers: {log.delete_old(now=now)} older than {days} days deleted"
