"""State in Redis or Valkey: one primary, which every worker and service shares."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from .settings import Settings
from .state import AT_ONCE, DAY, THOUSAND, Change, FencedError, StoreError, chunks, fence, slowest

__all__ = ["RedisStore"]

# One command for many keys: the client packs and reads each command for itself, which costs five
# times what the store needs. Within MULTI they are as atomic as any other.
KEEP = "for i, key in ipairs(KEYS) do redis.call('SET', key, ARGV[i + 1], 'EX', ARGV[1]) end"
COUNT = "for i = 1, #ARGV, 2 do redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1]) end"


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
                # Once more where a connection was lost; who waits for an answer, waits no longer.
                retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
            )

    def get(self, key: str) -> bytes | None:
        with self._asked():
            return cast("bytes | None", self._redis.get(self._state(key)))

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        with self._asked():
            for some in chunks(keys):
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
                pipe.watch(*watched.values())  # type: ignore[no-untyped-call]
                read = cast("list[Any]", pipe.mget(list(watched.values())))
                known = {p: int(v) for p, v in zip(watched, read, strict=True) if v is not None}
                fence(change.before, known)
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
        return slowest([(float(lag), float(at)) for lag, at in rows], now)

    def forget(self, key: str) -> bool:
        with self._asked():
            return bool(self._redis.delete(self._state(key)))

    def keys(self) -> Iterator[str]:
        prefix = self._state("")
        with self._asked():
            for name in self._redis.scan_iter(f"{prefix}*", count=AT_ONCE):
                yield name.decode().removeprefix(prefix)

    def retain(self, now: float) -> int:  # noqa: ARG002 - the stores are alike
        """Return 0: every key was given its end when it was written."""
        return 0

    def close(self) -> None:
        self._redis.close()

    def _write(self, pipe: redis.client.Pipeline, change: Change) -> None:
        names = [self._state(key) for key in change.states]
        for start in range(0, len(names), AT_ONCE):
            some = slice(start, start + AT_ONCE)
            kept = list(change.states.values())[some]
            pipe.eval(KEEP, len(names[some]), *names[some], self._retention, *kept)
        by_bucket: dict[int, list[str | int]] = {}
        for (bucket, item), count in change.hits.items():
            by_bucket.setdefault(bucket, []).extend((item, count))
        for bucket, counts in by_bucket.items():
            name = f"{self._name}:hits:{bucket}"
            for start in range(0, len(counts), AT_ONCE):
                pipe.eval(COUNT, 1, name, *counts[start : start + AT_ONCE])
            pipe.expire(name, self._buckets)
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
