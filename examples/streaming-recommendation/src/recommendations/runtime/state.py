"""Where state is kept: an SQLite file on one machine, Redis or Valkey for many.

What a batch changes and how far the stream was read are written in one transaction, and only where
nobody else read further: a crash loses nothing, nothing counts twice, and a worker that lost its
partitions without knowing is refused.
"""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import repeat
from typing import Final, Protocol

from . import ProjectError
from .settings import Settings, Trending

__all__ = [
    "AT_ONCE",
    "DAY",
    "THOUSAND",
    "Change",
    "FencedError",
    "SqliteStore",
    "Store",
    "StoreError",
    "chunks",
    "fence",
    "open_store",
    "slowest",
    "trending",
]

THOUSAND: Final = 1000
DAY = 86_400.0
PATIENCE = 5.0
AT_ONCE = 500
PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = NORMAL",
    "cache_size = -16384",
    "wal_autocheckpoint = 16384",
    "secure_delete = FAST",
)
TABLES = """
CREATE TABLE IF NOT EXISTS states (key TEXT PRIMARY KEY, state BLOB, at REAL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS hits (
    bucket INTEGER, item TEXT, count INTEGER, PRIMARY KEY (bucket, item)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS offsets (partition INTEGER PRIMARY KEY, next INTEGER);
CREATE TABLE IF NOT EXISTS hidden (item TEXT PRIMARY KEY, why TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS beats (worker TEXT PRIMARY KEY, lag REAL, at REAL) WITHOUT ROWID;
"""


class StoreError(ProjectError):
    """The store cannot be reached, is full, or is too slow; nothing was written."""


class FencedError(Exception):
    """Another worker read further in a partition than this one believed; nothing was written."""


@dataclass(frozen=True, slots=True)
class Change:
    """What one batch writes, whole or not at all.

    Attributes:
        before: By partition, the offset from which this batch was read.
        after: By partition, the offset that comes next.
        states: By user's key, the dumped state.
        hits: By bucket (seconds since the Unix epoch) and item, thousandths of weight to add.
    """

    before: Mapping[int, int]
    after: Mapping[int, int]
    states: Mapping[str, bytes] = field(default_factory=dict)
    hits: Mapping[tuple[int, str], int] = field(default_factory=dict)


class Store(Protocol):
    """What every store can do; each raises `StoreError` when it cannot. One object per thread."""

    def get(self, key: str) -> bytes | None:
        """Return one state, or None for somebody unknown."""
        ...

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        """Return the states that there are."""
        ...

    def offsets(self, partitions: Iterable[int]) -> dict[int, int]:
        """Return where to read on, for the partitions of which something was read."""
        ...

    def commit(self, change: Change) -> None:
        """Write a batch.

        Raises:
            FencedError: A partition's offset is not the one in `change.before`.
        """
        ...

    def counts(self) -> dict[int, dict[str, float]]:
        """Return the weight of each item in each bucket."""
        ...

    def hidden(self) -> dict[str, str]:
        """Return the items that must not be shown, and why."""
        ...

    def hide(self, item: str, why: str) -> None:
        """Let an item not be shown from now on."""
        ...

    def show(self, item: str) -> bool:
        """Let an item be shown again; False where it was not hidden."""
        ...

    def beat(self, worker: str, lag: float) -> None:
        """Write that a worker lives, and by how many seconds it lags."""
        ...

    def lag(self, now: float) -> float | None:
        """Return the seconds by which the slowest living worker lags; None where there is none."""
        ...

    def forget(self, key: str) -> bool:
        """Delete one state; False where there is none."""
        ...

    def keys(self) -> Iterator[str]:
        """Give the key of every user, in no order."""
        ...

    def retain(self, now: float) -> int:
        """Delete what is older than the retention; returns the number of states."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


def open_store(settings: Settings, *, timeout: float = PATIENCE) -> Store:
    """Return the configured store; it waits at most `timeout` seconds for each answer."""
    if settings.environment.store:
        # Redis takes a while to import, and a laptop does without.
        from .valkey import RedisStore  # noqa: PLC0415

        return RedisStore(settings, timeout)
    return SqliteStore(settings, timeout)


def trending(counts: Mapping[int, Mapping[str, float]], rule: Trending, now_ms: int) -> list[str]:
    """Return the items that many look at now, most first; a look fades by half in a half life."""
    scores: dict[str, float] = {}
    for bucket in sorted(counts):
        age = max(0.0, now_ms / 1000.0 - bucket) / 3600.0
        share = math.exp2(-age / rule.half_life_hours)
        for item, count in counts[bucket].items():
            scores[item] = scores.get(item, 0.0) + count * share
    return sorted(scores, key=lambda item: (-scores[item], item))[: rule.size]


class SqliteStore:
    """One file in the data folder, which several processes of one machine may share."""

    def __init__(self, settings: Settings, timeout: float) -> None:
        self._retention = settings.privacy.retention_days * DAY
        self._buckets = settings.trending.bucket_seconds * settings.trending.keep_buckets
        path = settings.environment.data / "state.db"
        with self._asked():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._open = sqlite3.connect(
                path, timeout=timeout, isolation_level=None, check_same_thread=False
            )
            for pragma in PRAGMAS:
                self._open.execute(f"PRAGMA {pragma}")
            self._open.executescript(TABLES)

    def get(self, key: str) -> bytes | None:
        with self._asked():
            found = self._open.execute("SELECT state FROM states WHERE key = ?", (key,)).fetchone()
        return found[0] if found else None

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        with self._asked():
            for some in chunks(keys):
                places = ",".join("?" * len(some))
                query = f"SELECT key, state FROM states WHERE key IN ({places})"
                found.update(self._open.execute(query, some))
        return found

    def offsets(self, partitions: Iterable[int]) -> dict[int, int]:
        wanted = set(partitions)
        with self._asked():
            known = dict(self._open.execute("SELECT partition, next FROM offsets"))
        return {partition: known[partition] for partition in wanted & known.keys()}

    def commit(self, change: Change) -> None:
        now = time.time()
        with self._asked(), self._transaction():
            known = dict(self._open.execute("SELECT partition, next FROM offsets"))
            fence(change.before, known)
            # In the order of the tree that they go into.
            keys = sorted(change.states)
            self._open.executemany(
                "INSERT OR REPLACE INTO states VALUES (?, ?, ?)",
                zip(keys, map(change.states.__getitem__, keys), repeat(now)),
            )
            self._open.executemany(
                "INSERT INTO hits VALUES (?, ?, ?)"
                " ON CONFLICT DO UPDATE SET count = count + excluded.count",
                [(bucket, item, count) for (bucket, item), count in change.hits.items()],
            )
            self._open.executemany(
                "INSERT OR REPLACE INTO offsets VALUES (?, ?)", list(change.after.items())
            )

    def counts(self) -> dict[int, dict[str, float]]:
        found: dict[int, dict[str, float]] = {}
        with self._asked():
            for bucket, item, count in self._open.execute("SELECT * FROM hits"):
                found.setdefault(bucket, {})[item] = count / THOUSAND
        return found

    def hidden(self) -> dict[str, str]:
        with self._asked():
            return dict(self._open.execute("SELECT item, why FROM hidden"))

    def hide(self, item: str, why: str) -> None:
        with self._asked():
            self._open.execute("INSERT OR REPLACE INTO hidden VALUES (?, ?)", (item, why))

    def show(self, item: str) -> bool:
        with self._asked():
            return self._open.execute("DELETE FROM hidden WHERE item = ?", (item,)).rowcount > 0

    def beat(self, worker: str, lag: float) -> None:
        with self._asked():
            row = (worker, lag, time.time())
            self._open.execute("INSERT OR REPLACE INTO beats VALUES (?, ?, ?)", row)

    def lag(self, now: float) -> float | None:
        with self._asked():
            since = (now - DAY,)
            rows = self._open.execute("SELECT lag, at FROM beats WHERE at > ?", since).fetchall()
        return slowest(rows, now)

    def forget(self, key: str) -> bool:
        with self._asked():
            gone = self._open.execute("DELETE FROM states WHERE key = ?", (key,)).rowcount > 0
            self._open.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return gone

    def keys(self) -> Iterator[str]:
        last = ""
        while True:
            with self._asked():
                query = "SELECT key FROM states WHERE key > ? ORDER BY key LIMIT ?"
                some = [row[0] for row in self._open.execute(query, (last, AT_ONCE))]
            if not some:
                return
            yield from some
            last = some[-1]

    def retain(self, now: float) -> int:
        with self._asked():
            old = (now - self._retention,)
            gone = self._open.execute("DELETE FROM states WHERE at < ?", old).rowcount
            self._open.execute("DELETE FROM hits WHERE bucket < ?", (now - self._buckets,))
            self._open.execute("DELETE FROM beats WHERE at < ?", (now - DAY,))
            self._open.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return gone

    def close(self) -> None:
        self._open.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._open.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._open.execute("COMMIT")
        except BaseException:
            # A full disk has ended the transaction already.
            if self._open.in_transaction:
                self._open.execute("ROLLBACK")
            raise

    @contextmanager
    def _asked(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StoreError(
                f"the state in state.db cannot be reached: {error}",
                next_step="give the data folder room and rights; the worker goes on by itself",
            ) from error


def chunks(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    """Give the keys in parts that one question may hold."""
    for start in range(0, len(keys), AT_ONCE):
        yield keys[start : start + AT_ONCE]


def fence(before: Mapping[int, int], known: Mapping[int, int]) -> None:
    """Raise `FencedError` where somebody read further than `before` says."""
    for partition, offset in before.items():
        if known.get(partition, offset) != offset:
            raise FencedError(
                f"partition {partition} was read up to {known[partition]}, not {offset}"
            )


def slowest(rows: Sequence[tuple[float, float]], now: float) -> float | None:
    """Return the greatest lag; a worker that fell silent lags by its silence too."""
    return max((lag + max(0.0, now - at - PATIENCE) for lag, at in rows), default=None)
