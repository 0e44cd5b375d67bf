"""From the broker to the store: nothing lost, nothing counted twice, dead letters explained."""

import json
import random
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import closing
from typing import Any

import msgspec
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic
from conftest import (
    ROOT,
    Configure,
    everything,
    killed_again_and_again,
    sent,
    straight,
    stuck,
    work,
)

from recommendations.runtime import broker as topics
from recommendations.runtime import state
from recommendations.runtime.events import Decoder, Mask, RefusedError, encode, forgetting
from recommendations.runtime.folding import Folder
from recommendations.runtime.monitoring import WorkerMetrics
from recommendations.runtime.settings import Settings
from recommendations.runtime.state import Change, FencedError, StoreError, open_store
from recommendations.runtime.worker import Worker

NOW = 1_767_300_000.0


def test_the_store_holds_what_a_straight_fold_in_a_dict_gives(
    stored: Settings, use_case: Any
) -> None:
    events = list(use_case.events(3, 5000))
    sent(stored, events)
    metrics = work(stored, len(events))
    with closing(open_store(stored)) as store:
        assert everything(store) == straight(stored, events)
        counted = sum(n for items in store.counts().values() for n in items.values())
    assert counted == sum(stored.weights[event.kind] for event in events)
    assert metrics.counts["folded"] == len(events)


def test_duplicates_and_replays_count_once(stored: Settings, use_case: Any) -> None:
    # Nobody has more than a window holds: what falls out of it is not known again.
    several: dict[str, int] = {}
    events = []
    for event in use_case.events(3, 2000):
        several[event.user] = several.get(event.user, 0) + 1
        events += [event] if several[event.user] <= 8 else []
    mixed = events + events[200:700]
    random.Random(1).shuffle(mixed)
    sent(stored, mixed)
    metrics = work(stored, len(mixed))
    with closing(open_store(stored)) as store:
        assert everything(store) == straight(stored, events)
        counted = sum(n for items in store.counts().values() for n in items.values())
    assert metrics.counts["unchanged"] == 500
    assert counted == sum(stored.weights[event.kind] for event in events)


def test_a_user_s_events_of_a_batch_are_folded_in_the_order_of_time(
    configure: Configure, use_case: Any
) -> None:
    seen: dict[str, list[tuple[int, str]]] = {}

    class Watching(type(use_case)):  # type: ignore[misc]
        def fold(self, known: Any, event: Any) -> Any:
            seen.setdefault(event.user, []).append((event.at, event.id))
            return use_case.fold(known, event)

    settings = configure()
    events = list(use_case.events(3, 500))
    random.Random(1).shuffle(events)
    sent(settings, events)
    batch = list(topics.read_all(settings, settings.stream.topic))
    with closing(open_store(settings)) as store:
        assert Folder(settings, Watching(), store).fold(batch, time.time()).folded == len(events)
    assert sum(map(len, seen.values())) == len(events)
    assert all(mine == sorted(mine) for mine in seen.values())


def test_a_worker_that_begins_again_reads_on_where_the_store_says(
    stored: Settings, use_case: Any
) -> None:
    events = list(use_case.events(3, 3000))
    sent(stored, events[:1000])
    work(stored, 1000)
    sent(stored, events[1000:])
    metrics = work(stored, 2000)
    assert (metrics.counts["folded"], metrics.counts["unchanged"]) == (2000, 0)
    assert metrics.fenced._value.get() == 0
    with closing(open_store(stored)) as store:
        assert everything(store) == straight(stored, events)


def test_a_broker_of_its_own_gives_the_same(
    configure: Configure, use_case: Any, real_broker: str
) -> None:
    # It knows the older way alone in which a group finds together.
    older = {"client": {"group.protocol": "classic", "session.timeout.ms": 6000}}
    settings = configure({"SERVICE_BROKERS": real_broker}, stream=older)
    admin = AdminClient(topics.client(settings))
    names = (settings.stream.topic, settings.stream.dead_letters)
    for made in admin.create_topics([NewTopic(name, 4, 1) for name in names]).values():
        made.result(15)
    events = list(use_case.events(3, 4000))
    sent(settings, events[:2000])
    work(settings, 2000, seconds=60)
    sent(settings, events[2000:])
    assert work(settings, 2000, seconds=60).counts["folded"] == 2000
    with closing(open_store(settings)) as store:
        assert everything(store) == straight(settings, events)


@pytest.mark.parametrize("members", [2, 3])
def test_several_workers_share_the_partitions_through_rebalances(
    configure: Configure, use_case: Any, members: int
) -> None:
    settings = configure(stream={"batch": 200})
    events = list(use_case.events(3, 12_000))
    sent(settings, events[:6000])
    all_metrics = [WorkerMetrics() for _ in range(members)]
    workers = [Worker(settings, use_case, open_store(settings), m) for m in all_metrics]
    threads = []
    for worker in workers:
        threads.append(threading.Thread(target=worker.run))
        threads[-1].start()
        time.sleep(0.3)
    sent(settings, events[6000:9000])
    workers[0].stop()
    threads[0].join()
    sent(settings, events[9000:])
    with closing(open_store(settings)) as store:
        until = time.monotonic() + 40
        while sum(store.offsets(range(8)).values()) < len(events) and time.monotonic() < until:
            time.sleep(0.05)
        for worker, thread in zip(workers[1:], threads[1:], strict=True):
            worker.stop()
            thread.join()
        assert everything(store) == straight(settings, events)
    # Each had its share, and each was told of it.
    assert all(metrics.rebalances._value.get() >= 1 for metrics in all_metrics)


def test_a_worker_that_lost_its_partition_unknowingly_is_refused(stored: Settings) -> None:
    with closing(open_store(stored)) as one, closing(open_store(stored)) as other:
        one.commit(Change({0: 0}, {0: 10}, {"k": b"one"}))
        other.commit(Change({0: 10}, {0: 20}, {"k": b"other"}))
        with pytest.raises(FencedError):
            one.commit(Change({0: 10}, {0: 15}, {"k": b"zombie"}, {(0, "i"): 1000}))
        assert one.get("k") == b"other"
        assert one.offsets([0, 1]) == {0: 20}
        assert one.counts() == {}


def test_a_killed_worker_loses_nothing_and_counts_nothing_twice(
    configure: Configure, use_case: Any
) -> None:
    settings = configure(stream={"batch": 40})
    events = list(use_case.events(3, 12_000))
    killed_again_and_again(settings, events, kills=5)
    with closing(open_store(settings)) as store:
        assert everything(store) == straight(settings, events)
        counted = sum(n for items in store.counts().values() for n in items.values())
    assert counted == sum(settings.weights[event.kind] for event in events)


MALFORMED, EMPTY = b"{", "of no length"
DEAD = {
    "malformed": MALFORMED,
    "unknown_version": b'{"v":"of nobody"}',
    "invalid_field": {"id": None},
    "wrong_key": {"user": "somebody else"},
    "too_old": {"at": 0},
    "from_the_future": {"at": round(NOW * 1000) + 365 * 86_400_000},
    "too_large": {"id": "x" * 100_000},
}


def message(use_case: Any, value: Any) -> Any:
    """Return bytes as they are, and changes of an event of `u` as the event that they make."""
    if not isinstance(value, dict):
        return value
    one = next(use_case.events(1, 1))
    changed = msgspec.structs.replace(one, **{"user": "u", "at": round(NOW * 1000), **value})
    return encode(changed).replace(EMPTY.encode(), b"")


@pytest.mark.parametrize("reason", DEAD)
def test_a_message_that_is_no_event_is_refused_by_its_reason(
    configure: Configure, use_case: Any, reason: str
) -> None:
    decoder = Decoder(configure(stream={"oldest_days": 30.0}), use_case)
    with pytest.raises(RefusedError) as refused:
        decoder.decode(message(use_case, DEAD[reason]), b"u", decoder.limits(NOW))
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"\xff\xfe",
        b"[]",
        b"{}",
        {"user": EMPTY},
        {"item": EMPTY},
        {"at": -1},
        b"[" * 60_000,
    ],
)
def test_whatever_else_is_sent_is_refused_too(
    configure: Configure, use_case: Any, value: Any
) -> None:
    decoder = Decoder(configure(), use_case)
    with pytest.raises(RefusedError):
        decoder.decode(message(use_case, value), b"u", decoder.limits(NOW))


def test_an_old_event_that_cannot_be_told_anew_is_refused(
    configure: Configure, use_case: Any
) -> None:
    class Strange(msgspec.Struct):
        def newest(self) -> None:
            raise OverflowError("too far")

    class Other(type(use_case)):  # type: ignore[misc]
        reads = Strange

    decoder = Decoder(configure(), Other())
    with pytest.raises(RefusedError, match="too far") as refused:
        decoder.decode(b"{}", b"u", decoder.limits(NOW))
    assert refused.value.reason == "invalid_field"


def test_an_event_without_its_key_is_refused(configure: Configure, use_case: Any) -> None:
    decoder = Decoder(configure(), use_case)
    sample = encode(next(use_case.events(1, 1)))
    with pytest.raises(RefusedError) as refused:
        decoder.decode(sample, None, decoder.limits(NOW))
    assert refused.value.reason == "wrong_key"


def test_dead_letters_are_explained_and_sent_again_once_mended(
    configure: Configure, use_case: Any
) -> None:
    settings = configure()
    good = next(use_case.events(1, 1))
    late = message(use_case, {"id": "late", "at": good.at})
    producer = Producer(topics.client(settings))
    messages = [("u", MALFORMED), (good.user, encode(good)), ("u", late)]
    topics.send(producer, settings.stream.topic, messages)
    # `late` is too old for this worker, and not for the one after its limit was raised.
    strict = configure(stream={"oldest_days": 0.001})
    metrics = work(strict, 3)
    assert metrics.counts["dead"] == 3
    told = list(topics.summary(settings))
    assert any("2 too_old" in line for line in told), told
    assert any("1 malformed" in line for line in told), told
    assert "late" not in "".join(told)
    assert topics.replay(settings, use_case) == (2, 1)
    assert topics.replay(settings, use_case, reason="too_old") == (0, 1)
    assert work(settings, 2).counts["folded"] == 2
    assert any("1 malformed" in line for line in topics.summary(settings))


def test_an_event_on_which_the_fold_fails_is_a_dead_letter_and_the_stream_goes_on(
    stored: Settings, use_case: Any
) -> None:
    events = list(use_case.events(3, 500))
    poison = {event.id for event in events[::50]}

    class Fussy(type(use_case)):  # type: ignore[misc]
        def fold(self, known: Any, event: Any) -> Any:
            return {}[event.user] if event.id in poison else use_case.fold(known, event)

    sent(stored, [*events, *events[:10]])
    assert work(stored, 510, use_case=Fussy()).counts["dead"] == len(poison) + 1
    with closing(open_store(stored)) as store:
        assert everything(store) == straight(stored, [e for e in events if e.id not in poison])
        told = "".join(topics.summary(stored))
        assert "11 fold_failed: KeyError at test_stream.py:" in told
        assert events[0].user not in told
        assert topics.replay(stored, use_case, reason="fold_failed") == (11, 0)
        work(stored, len(poison))
        assert everything(store) == straight(stored, events)


@pytest.mark.parametrize(("batch", "buried"), [(1000, 0), (30, 90)])
def test_a_fold_that_takes_no_event_stops_before_the_stream_is_gone(
    configure: Configure, use_case: Any, batch: int, buried: int
) -> None:
    class Broken(type(use_case)):  # type: ignore[misc]
        def fold(self, _: Any, event: Any) -> Any:
            raise ValueError(event.user)

    settings = configure(stream={"batch": batch})
    events = list(use_case.events(3, 300))
    sent(settings, events)
    dead = stuck(settings, Broken()).counts["dead"]
    assert dead <= buried
    work(settings, len(events) - dead)
    assert topics.replay(settings, use_case) == (dead, 0)
    work(settings, dead)
    with closing(open_store(settings)) as store:
        assert everything(store) == straight(settings, events)


def test_single_events_on_which_the_fold_fails_never_add_up(
    configure: Configure, use_case: Any
) -> None:
    class Fussy(type(use_case)):  # type: ignore[misc]
        def fold(self, known: Any, event: Any) -> Any:
            return {}[event.user] if event.id.endswith("0") else use_case.fold(known, event)

    settings = configure(stream={"batch": 100})
    sent(settings, list(use_case.events(3, 2000)))
    assert work(settings, 2000, use_case=Fussy()).counts["dead"] == 200


@pytest.mark.parametrize("fault", ["load", "dump"])
def test_a_state_that_cannot_be_read_or_kept_stops_the_stream_and_loses_nothing(
    configure: Configure, use_case: Any, fault: str
) -> None:
    def refuse(*_: Any) -> Any:
        raise ValueError("of the wrong kind")

    class Strange(type(use_case)):  # type: ignore[misc]
        state_type = type("Strange", (use_case.state_type,), {fault: refuse})

        def fold(self, known: Any, event: Any) -> Any:
            state = use_case.fold(known, event)
            return self.state_type(*(getattr(state, name) for name in state.__struct_fields__))

    settings = configure()
    first, last = list(use_case.events(3, 200)), list(use_case.events(3, 400))[200:]
    sent(settings, first)
    work(settings, len(first))
    sent(settings, last)
    assert stuck(settings, Strange()).counts.total() == 0
    work(settings, len(last))
    with closing(open_store(settings)) as store:
        assert everything(store) == straight(settings, first + last)


def test_a_batch_is_not_written_before_its_dead_letters_are_safe(
    configure: Configure, use_case: Any
) -> None:
    settings = configure()
    topics.send(Producer(topics.client(settings)), settings.stream.topic, [("u", MALFORMED)])
    metrics = WorkerMetrics()
    worker = Worker(settings, use_case, open_store(settings), metrics)
    nowhere = {"bootstrap.servers": "127.0.0.1:1", "message.timeout.ms": 100, "log_level": 0}
    worker._dead = Producer(nowhere)
    until = time.monotonic() + 20

    def ended() -> bool:
        dealt_with = metrics.counts.total() + metrics.store_failures._value.get()
        return dealt_with > 0 or time.monotonic() > until

    worker.run(ended)
    assert metrics.store_failures._value.get() >= 1
    with closing(open_store(settings)) as store:
        assert store.offsets(range(8)) == {}
    assert work(settings, 1).counts["dead"] == 1


def test_a_person_who_asks_is_found_nowhere_afterwards(configure: Configure, use_case: Any) -> None:
    settings = configure()
    events = list(use_case.events(3, 2000))
    user = events[0].user
    sent(settings, events)
    work(settings, len(events))
    key = Mask(settings).text(user)
    mine = {event.id for event in events if event.user == user}
    with closing(open_store(settings)) as store:
        assert store.get(key)
    topics.send(
        Producer(topics.client(settings)),
        settings.stream.topic,
        [(user, forgetting(use_case, user)), *((e.user, encode(e)) for e in events)],
    )
    work(settings, len(events) + 1)
    with closing(open_store(settings)) as store:
        kept = store.get(key)
        assert kept is not None
        assert use_case.state_type.load(kept).recent == ()
        assert not any(id_.encode() in kept for id_ in mine)
        store.forget(key)
        assert store.get(key) is None
        assert key not in set(store.keys())


def test_identities_are_kept_under_a_keyed_hash(configure: Configure, use_case: Any) -> None:
    settings = configure()
    one, now = next(use_case.events(1, 1)), round(time.time() * 1000)
    event = msgspec.structs.replace(one, user="ada@example.com", at=now)
    sent(settings, [event])
    work(settings, 1)
    with closing(open_store(settings)) as store:
        assert list(store.keys()) == [Mask(settings).text("ada@example.com")]
    kept = b"".join(path.read_bytes() for path in settings.environment.data.iterdir())
    assert (b"ada@example.com" in kept) is not settings.privacy.mask


def test_a_store_that_is_gone_stops_the_worker_and_loses_nothing(
    configure: Configure, use_case: Any
) -> None:
    settings = configure()
    events = list(use_case.events(3, 2000))
    sent(settings, events)
    metrics = WorkerMetrics()
    store = open_store(settings)
    failing = {"times": 3}
    commit = store.commit

    def sometimes(change: Change) -> None:
        failing["times"] -= 1
        if failing["times"] >= 0:
            raise StoreError("the disk is full", next_step="make room")
        commit(change)

    store.commit = sometimes  # type: ignore[method-assign]
    worker = Worker(settings, use_case, store, metrics)
    worker.run(lambda: metrics.counts.total() >= len(events))
    assert metrics.store_failures._value.get() == 3
    with closing(open_store(settings)) as again:
        assert everything(again) == straight(settings, events)


def test_a_full_disk_is_said_and_nothing_is_half_written(configure: Configure) -> None:
    with closing(open_store(configure())) as store:
        store.commit(Change({0: 0}, {0: 1}, {"a": b"1"}))
        connection: sqlite3.Connection = store._open  # type: ignore[attr-defined]
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
        many = {str(number): b"x" * 3000 for number in range(50)}
        with pytest.raises(StoreError, match="full"):
            store.commit(Change({0: 1}, {0: 2}, many))
        assert store.offsets([0]) == {0: 1}
        assert list(store.keys()) == ["a"]


def test_a_redis_that_is_gone_is_said_with_what_to_do(configure: Configure) -> None:
    settings = configure({"SERVICE_STORE_URL": "redis://:secret@127.0.0.1:1/0"})
    with closing(open_store(settings, timeout=0.2)) as store, pytest.raises(StoreError) as error:
        store.get("k")
    assert "SERVICE_STORE_URL" in error.value.next_step
    assert "secret" not in str(error.value)


def test_old_states_and_counts_end_with_the_retention(stored: Settings) -> None:
    with closing(open_store(stored)) as store:
        store.commit(Change({0: 0}, {0: 1}, {"a": b"1"}, {(0, "old"): 1000}))
        if stored.environment.store:
            ends = store._redis.ttl  # type: ignore[attr-defined]
            assert ends(store._state("a")) > 0  # type: ignore[attr-defined]
            assert ends(f"{stored.stream.topic}:hits:0") > 0
        else:
            later = time.time() + (stored.privacy.retention_days + 1) * 86_400
            assert store.retain(later) == 1
            assert store.get("a") is None
            assert store.counts() == {}


def test_items_are_hidden_and_shown_again(stored: Settings) -> None:
    with closing(open_store(stored)) as store:
        store.hide("i", "out of stock")
        assert store.hidden() == {"i": "out of stock"}
        assert store.show("i")
        assert not store.show("i")
        assert store.hidden() == {}


def test_the_slowest_worker_s_lag_is_known_and_silence_counts(stored: Settings) -> None:
    with closing(open_store(stored)) as store:
        assert store.lag(time.time()) is None
        store.beat("one", 3.0)
        store.beat("other", 0.0)
        assert store.lag(time.time()) == pytest.approx(3.0)
        assert store.lag(time.time() + 65.0) == pytest.approx(63.0, abs=1.0)


def test_what_trends_fades_by_half_in_a_half_life(configure: Configure) -> None:
    rule = configure().trending
    later = rule.half_life_hours * 3600
    counts = {0: {"old": 10.0, "steady": 4.0}, int(later): {"new": 6.0, "steady": 4.0}}
    assert state.trending(counts, rule, round(later * 1000)) == ["new", "steady", "old"]


def test_the_worker_tells_health_and_metrics(configure: Configure, use_case: Any) -> None:
    settings = configure()
    sent(settings, list(use_case.events(3, 100)))
    metrics = work(settings, 100)
    door = metrics.serve("127.0.0.1", 0)
    try:
        url = f"http://127.0.0.1:{door.server_port}"
        page = urllib.request.urlopen(f"{url}/metrics").read().decode()
        assert 'worker_events_total{outcome="folded"} 100.0' in page
        assert urllib.request.urlopen(f"{url}/healthz").read() == b"ok"
        metrics.turned -= 61.0
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(f"{url}/healthz")
        assert error.value.code == 503
    finally:
        door.shutdown()


def test_without_a_broker_the_worker_says_what_to_set() -> None:
    ran = subprocess.run(
        [sys.executable, "main.py", "work"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin"},
    )
    assert ran.returncode == 3
    assert "SERVICE_BROKERS" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert json.dumps(ran.stdout)
