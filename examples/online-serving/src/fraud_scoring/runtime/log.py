"""The request log: every answer with its request, version, features, score and latency.

An SQLite file in the data folder. The service hands records to a thread and never waits for
the disk; a graceful stop writes what is left. Identities are masked before they are written.
"""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing, suppress
from itertools import chain
from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic_core import to_json

from .monitoring import Metrics
from .settings import Settings

__all__ = ["Mask", "Record", "RequestLog", "Store"]

TABLES = """
CREATE TABLE IF NOT EXISTS predictions (
    request_id TEXT, alias TEXT, at REAL, version TEXT, entity TEXT, request TEXT, features TEXT,
    score REAL, outside TEXT, response TEXT, latency_ms REAL
);
CREATE INDEX IF NOT EXISTS predictions_id ON predictions (request_id);
CREATE INDEX IF NOT EXISTS predictions_at ON predictions (at);
CREATE INDEX IF NOT EXISTS predictions_entity ON predictions (entity);
CREATE TABLE IF NOT EXISTS labels (request_id TEXT PRIMARY KEY, label REAL, at REAL);
"""
PLACES = "(?,?,?,?,?,?,?,?,?,?,?)"
BATCH = 64
PAUSE = 0.05
HOUR = 3600.0
WAIT_FOR_LOCK = 30.0


class Record(NamedTuple):
    """One answer, as the service hands it over.

    Attributes:
        alias: champion or challenger for what was answered, shadow for what was only scored.
        at: Seconds since the Unix epoch (UTC).
        latency: Seconds.
    """

    request_id: str
    alias: str
    at: float
    version: str
    request: BaseModel
    features: Mapping[str, float]
    score: float
    outside: Iterable[str]
    response: BaseModel | None
    latency: float


class Mask:
    """Replaces identities by a keyed hash: the same person, but not who."""

    def __init__(self, settings: Settings) -> None:
        self._fields = settings.privacy.mask
        self._entity = settings.privacy.entity
        self._key = _key(settings) if self._fields else b""

    def text(self, value: object) -> str:
        """Return 32 hexadecimal digits that only the holder of the key can link to `value`."""
        return hashlib.blake2b(str(value).encode(), key=self._key, digest_size=16).hexdigest()

    def entity(self, value: object) -> str:
        """Return the entity as the log knows it."""
        return self.text(value) if self._entity in self._fields else str(value)

    def request(self, request: BaseModel) -> dict[str, Any]:
        """Return the request with its identities masked."""
        shown = request.model_dump(mode="json")
        for field in self._fields:
            if shown.get(field) is not None:
                shown[field] = self.text(shown[field])
        return shown


class Store:
    """The log's file: what is written, read, deleted; one object per thread."""

    def __init__(self, settings: Settings) -> None:
        folder = settings.environment.data
        folder.mkdir(parents=True, exist_ok=True)
        self.mask = Mask(settings)
        self._entity = settings.privacy.entity
        self._retention = settings.privacy.retention_days * 86_400.0
        self._open = sqlite3.connect(folder / "predictions.db", timeout=WAIT_FOR_LOCK)
        self._open.execute("PRAGMA journal_mode = WAL")
        self._open.execute("PRAGMA synchronous = NORMAL")
        self._open.execute("PRAGMA secure_delete = ON")
        self._open.executescript(TABLES)

    def write(self, records: Sequence[Record]) -> None:
        """Append records in one transaction.

        One statement takes many rows: SQLite works without Python's lock until it is done.
        """
        with self._open:
            for start in range(0, len(records), BATCH):
                rows = [self._row(record) for record in records[start : start + BATCH]]
                places = ",".join([PLACES] * len(rows))
                values = list(chain.from_iterable(rows))
                self._open.execute("INSERT INTO predictions VALUES " + places, values)

    def label(self, labels: Iterable[tuple[str, float]]) -> int:
        """Store what turned out to be true, by request id; returns how many ids are in the log."""
        now = time.time()
        with self._open:
            return self._open.executemany(
                "INSERT OR REPLACE INTO labels SELECT request_id, ?, ? FROM predictions"
                " WHERE request_id = ? AND alias != 'shadow'",
                [(label, now, request_id) for request_id, label in labels],
            ).rowcount

    def labelled(self) -> list[tuple[str, float, float]]:
        """Return version, score and label of every answer whose outcome is known."""
        return self._open.execute(
            "SELECT version, score, label FROM predictions JOIN labels USING (request_id)"
        ).fetchall()

    def scored(self, *, since: float, version: str) -> list[tuple[dict[str, float], float]]:
        """Return features and score of what a version answered since a Unix time."""
        rows = self._open.execute(
            "SELECT features, score FROM predictions"
            " WHERE at >= ? AND version = ? AND alias != 'shadow'",
            (since, version),
        )
        return [(json.loads(features), score) for features, score in rows]

    def rows(self, *columns: str) -> list[tuple[Any, ...]]:
        """Return columns of every record, oldest first."""
        return self._open.execute(
            f"SELECT {', '.join(columns)} FROM predictions ORDER BY at"
        ).fetchall()

    def count(self) -> int:
        """Return how many records there are."""
        return int(self._open.execute("SELECT count(*) FROM predictions").fetchone()[0])

    def delete_person(self, entity: str) -> int:
        """Delete all that is known of one person; returns the number of records."""
        return self._delete("entity = ?", self.mask.entity(entity))

    def delete_old(self, *, now: float) -> int:
        """Delete what is older than the configured retention; returns the number of records."""
        return self._delete("at < ?", now - self._retention)

    def close(self) -> None:
        """Close the file."""
        self._open.close()

    def _delete(self, which: str, value: str | float) -> int:
        doomed = "SELECT request_id FROM predictions WHERE " + which
        with self._open:
            self._open.execute(f"DELETE FROM labels WHERE request_id IN ({doomed})", (value,))
            gone = self._open.execute("DELETE FROM predictions WHERE " + which, (value,))
        self._open.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return gone.rowcount

    def _row(self, record: Record) -> tuple[object, ...]:
        return (
            record.request_id,
            record.alias,
            record.at,
            record.version,
            self.mask.entity(getattr(record.request, self._entity)),
            to_json(self.mask.request(record.request)).decode(),
            to_json(record.features).decode(),
            record.score,
            ",".join(record.outside),
            record.response and record.response.model_dump_json(),
            record.latency * 1000.0,
        )


class RequestLog:
    """Takes records from the service at once and writes them from a thread."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._settings = settings
        self._metrics = metrics
        self._limit = settings.service.log_queue
        self._waiting: deque[Record] = deque()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="request-log", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def put(self, record: Record) -> None:
        """Take a record; when the queue is full it is counted as dropped."""
        if len(self._waiting) >= self._limit:
            self._metrics.dropped.inc()
        else:
            self._waiting.append(record)

    def stop(self) -> None:
        """Write what is left and end the thread."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        with closing(Store(self._settings)) as store:
            cleaned = 0.0
            while not self._stopping.wait(PAUSE):
                self._write(store)
                if time.time() - cleaned > HOUR:
                    cleaned = time.time()
                    self._clean(store, cleaned)
            for _ in range(100):
                if self._write(store):
                    return
                time.sleep(PAUSE)

    def _clean(self, store: Store, now: float) -> None:
        """Apply the retention; where the disk refuses, an hour later."""
        try:
            store.delete_old(now=now)
        except sqlite3.Error:
            self._metrics.log_failures.inc()
            logging.getLogger(__name__).exception("what is too old cannot be deleted")

    def _write(self, store: Store) -> bool:
        """Write a batch, and keep it for the next time when the disk refuses; True when empty."""
        self._metrics.waiting.set(len(self._waiting))
        batch = list(self._waiting)
        if batch:
            try:
                store.write(batch)
            except sqlite3.Error:
                self._metrics.log_failures.inc()
                logging.getLogger(__name__).exception("the request log cannot be written")
                return False
            for _ in batch:
                self._waiting.popleft()
        return not self._waiting


def _key(settings: Settings) -> bytes:
    """Return the masking key; without a configured one, a key file that lives beside the log."""
    if settings.environment.masking_key:
        return hashlib.sha256(settings.environment.masking_key.encode()).digest()
    path = settings.environment.data / "masking.key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        drawn = path.with_name(f"masking.{secrets.token_hex(8)}")
        drawn.touch(mode=0o600)
        drawn.write_text(secrets.token_hex(32), encoding="utf-8")
        # A link fails where another process was quicker, and never shows a half-written key.
        with suppress(FileExistsError):
            path.hardlink_to(drawn)
        drawn.unlink()
    return bytes.fromhex(path.read_text(encoding="utf-8"))
