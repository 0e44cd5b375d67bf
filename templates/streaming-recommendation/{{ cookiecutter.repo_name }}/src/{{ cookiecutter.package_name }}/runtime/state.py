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
from itertools import batched
from typing import Any, Final, Protocol, cast

import redis

from . import ProjectError
from .settings import Settings, Trending

__all__ = ["Change", "FencedError", "Store", "StoreError", "open_store", "trending"]

THOUSAND: Final = 1000
DAY = 86_400.0
PATIENCE = 5.0
AT_ONCE = 500
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
            self._open = sqlite3.connect(path, timeout=timeout, isolation_level=None)
            for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "cache_size = -65536"):
                self._open.execute(f"PRAGMA {pragma}")
            self._open.execute("PRAGMA secure_delete = ON")
            self._open.executescript(TABLES)

    def get(self, key: str) -> bytes | None:
        with self._asked():
            found = self._open.execute("SELECT state FROM states WHERE key = ?", (key,)).fetchone()
        return found[0] if found else None

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        with self._asked():
            for some in batched(keys, AT_ONCE):
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
            _fence(change.before, known)
            self._open.executemany(
                "INSERT OR REPLACE INTO states VALUES (?, ?, ?)",
                [(key, state, now) for key, state in sorted(change.states.items())],
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
        return _slowest(rows, now)

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


class RedisStore:
    """Redis or Valkey: one primary, which every worker and service shares."""

    def __init__(self, settings: Settings, timeout: float) -> None:
        self._retention = round(settings.privacy.retention_days * DAY)
        rule = settings.trending
        self._buckets = rule.bucket_seconds * rule.keep_buckets
        self._name = settings.stream.topic
        with self._asked():
            self._redis = redis.Redis.from_url(
                settings.environment.store,
                socket_timeout=timeout,
                socket_connect_timeout=timeout,
                protocol=3,
            )

    def get(self, key: str) -> bytes | None:
        with self._asked():
            return cast("bytes | None", self._redis.get(self._state(key)))

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        with self._asked():
            for some in batched(keys, AT_ONCE):
                states = cast("list[Any]", self._redis.mget([self._state(key) for key in some]))
                found.update((k, s) for k, s in zip(some, states, strict=True) if s is not None)
        return found

    def offsets(self, partitions: Iterable[int]) -> dict[int, int]:
        wanted = sorted(set(partitions))
        if not wanted:
            return {}
        with self._asked():
            found = cast("list[Any]", self._redis.mget([self._offset(p) for p in wanted]))
        return {p: int(next_) for p, next_ in zip(wanted, found, strict=True) if next_ is not None}

    def commit(self, change: Change) -> None:
        watched = {partition: self._offset(partition) for partition in sorted(change.before)}
        try:
            with self._asked(), self._redis.pipeline() as pipe:
                pipe.watch(*watched.values())
                read = cast("list[Any]", pipe.mget(list(watched.values())))
                known = {p: int(v) for p, v in zip(watched, read, strict=True) if v is not None}
                _fence(change.before, known)
                pipe.multi()
                self._write(pipe, change)
                pipe.execute()
        except redis.WatchError:
            raise FencedError("an offset moved while the batch was written") from None

    def counts(self) -> dict[int, dict[str, float]]:
        found: dict[int, dict[str, float]] = {}
        prefix = f"{self._name}:hits:"
        with self._asked():
            for name in self._redis.scan_iter(f"{prefix}*", count=AT_ONCE):
                hits = cast("dict[bytes, bytes]", self._redis.hgetall(name))
                bucket = int(name.decode().removeprefix(prefix))
                found[bucket] = {item.decode(): int(n) / THOUSAND for item, n in hits.items()}
        return found

    def hidden(self) -> dict[str, str]:
        with self._asked():
            found = cast("dict[bytes, bytes]", self._redis.hgetall(f"{self._name}:hidden"))
        return {item.decode(): why.decode() for item, why in found.items()}

    def hide(self, item: str, why: str) -> None:
        with self._asked():
            self._redis.hset(f"{self._name}:hidden", item, why)

    def show(self, item: str) -> bool:
        with self._asked():
            return bool(self._redis.hdel(f"{self._name}:hidden", item))

    def beat(self, worker: str, lag: float) -> None:
        with self._asked():
            self._redis.set(f"{self._name}:beat:{worker}", f"{lag} {time.time()}", ex=round(DAY))

    def lag(self, now: float) -> float | None:
        with self._asked():
            names = list(self._redis.scan_iter(f"{self._name}:beat:*", count=AT_ONCE))
            found = cast("list[Any]", self._redis.mget(names)) if names else []
        rows = [value.decode().split() for value in found if value]
        return _slowest([(float(lag), float(at)) for lag, at in rows], now)

    def forget(self, key: str) -> bool:
        with self._asked():
            return bool(self._redis.delete(self._state(key)))

    def keys(self) -> Iterator[str]:
        prefix = self._state("")
        with self._asked():
            for name in self._redis.scan_iter(f"{prefix}*", count=AT_ONCE):
                yield name.decode().removeprefix(prefix)

    def retain(self, now: float) -> int:
        """Return 0: every key was given its end when it was written."""
        return 0

    def close(self) -> None:
        self._redis.close()

    def _write(self, pipe: redis.client.Pipeline, change: Change) -> None:
        for key, state in change.states.items():
            pipe.set(self._state(key), state, ex=self._retention)
        buckets = set()
        for (bucket, item), count in change.hits.items():
            pipe.hincrby(f"{self._name}:hits:{bucket}", item, count)
            buckets.add(bucket)
        for bucket in buckets:
            pipe.expireat(f"{self._name}:hits:{bucket}", bucket + self._buckets)
        pipe.mset({self._offset(p): next_ for p, next_ in change.after.items()})

    def _state(self, key: str) -> str:
        return f"{self._name}:state:{key}"

    def _offset(self, partition: int) -> str:
        return f"{self._name}:offset:{partition}"

    @contextmanager
    def _asked(self) -> Iterator[None]:
        try:
            yield
        except redis.WatchError:
            raise
        except (redis.RedisError, OSError, ValueError) as error:
            raise StoreError(
                f"the store does not answer: {error}",
                next_step="check SERVICE_STORE_URL and the network; the worker goes on by itself",
            ) from error


def _fence(before: Mapping[int, int], known: Mapping[int, int]) -> None:
    for partition, offset in before.items():
        if known.get(partition, offset) != offset:
            raise FencedError(
                f"partition {partition} was read up to {known[partition]}, not {offset}"
            )


def _slowest(rows: Sequence[tuple[float, float]], now: float) -> float | None:
    """Return the greatest lag; a worker that fell silent lags by its silence too."""
    return max((lag + max(0.0, now - at - PATIENCE) for lag, at in rows), default=None)
