"""The running service: contract, keys, health, fallbacks, hot swap, log, precomputed file."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress

import msgspec
import pytest
from conftest import FIRST, KEY, ROOT, SECOND
from starlette.testclient import TestClient

from recommendations.runtime import ProjectError, model, reading, server
from recommendations.runtime.cli import USE_CASE
from recommendations.runtime.events import Mask
from recommendations.runtime.log import AnswerLog, Record, Store, feedback
from recommendations.runtime.monitoring import Metrics
from recommendations.runtime.reading import Offer, States
from recommendations.runtime.recommending import precompute
from recommendations.runtime.settings import load
from recommendations.runtime.state import Change, open_store, trending
from recommendations.runtime.training import rollback

FOR_USERS, FOR_ITEMS = "/v1/recommendations", "/v1/similar"
DAY = 86_400.0


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr(server, "OFFER_SECONDS", 0.02)


@pytest.fixture
def client(project):
    with project.client() as client:
        yield client


@pytest.fixture(scope="module")
def clicks():
    """Events as users made them until now; the first of them knows many items."""
    made = list(USE_CASE.events(11, 3000))
    later = round(time.time() * 1000.0) - made[-1].at - 60_000
    return [msgspec.structs.replace(event, at=event.at + later) for event in made]


@pytest.fixture(scope="module")
def user(clicks):
    """Somebody who looked at many items."""
    users = [event.user for event in clicks]
    return max(set(users), key=users.count)


def until(condition, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert condition()


def know(own, events, partition=7):
    """Put events into the store, as the worker does."""
    text, states, hits = Mask(own).text, {}, {}
    with closing(open_store(own)) as store:
        for event in events:
            key, second = text(event.user), event.at // 1000
            if key not in states and (kept := store.get(key)):
                states[key] = USE_CASE.state_type.load(kept)
            states[key] = USE_CASE.fold(states.get(key), event)
            place = (second - second % own.trending.bucket_seconds, event.item)
            hits[place] = hits.get(place, 0) + 1000
        read = store.offsets([partition]).get(partition, 0)
        kept = {key: state.dump() for key, state in states.items()}
        store.commit(Change({partition: read}, {partition: read + len(events)}, kept, hits))


class Recording:
    """The same use case; it keeps what the newest decision saw."""

    def __getattr__(self, name):
        return getattr(USE_CASE, name)

    def decide(self, shelf):
        self.saw = shelf
        return USE_CASE.decide(shelf)


def looks(clicks, user, *items, ago=60.0):
    """Return events of a user, seconds ago."""
    now = round((time.time() - ago) * 1000.0)
    weights = load(ROOT).weights
    wanted = next(event for event in clicks if weights[event.kind] > 0)
    return [
        msgspec.structs.replace(wanted, id=f"{user}-{n}-{now}", user=user, at=now + n, item=item)
        for n, item in enumerate(items)
    ]


def ask(client, user, path=FOR_USERS, **more):
    answer = client.post(path, json={"user": user, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def shown(answer):
    return [one["item"] for one in answer["items"]]


def test_the_committed_description_is_the_service_s_own(shared):
    committed = (ROOT / "docs/openapi.json").read_text(encoding="utf-8")

    assert committed == server.openapi(shared.settings(), USE_CASE), "run: uv run poe openapi"


def test_an_answer_is_what_your_code_decides_of_state_and_champion(project, clicks, user):
    own = project.settings()
    know(own, clicks)
    loaded = model.load(FIRST, project.registry.files(FIRST), USE_CASE)
    with closing(open_store(own)) as store:
        store.hide(clicks[5].item, "out of stock")
        recent = USE_CASE.state_type.load(store.get(Mask(own).text(user))).recent
        trends = trending(store.counts(), own.trending, round(time.time() * 1000.0))
    with project.client(use_case=(deciding := Recording())) as client:
        answer = ask(client, user, count=7)

    saw = deciding.saw
    cold = list(dict.fromkeys([*trends, *loaded.popular]))
    assert (saw.recent, saw.neighbours, list(saw.trending)) == (recent, loaded.neighbours, cold)
    assert (saw.hidden, saw.count, saw.rules) == ({clicks[5].item}, 7, own.decision)
    assert abs(saw.now / 1000.0 - time.time()) < 60
    assert [(one["item"], one["score"]) for one in answer["items"]] == list(USE_CASE.decide(saw))
    assert (answer["model_version"], answer["fallback"]) == (FIRST, "")


def test_what_a_user_just_did_is_known_with_the_next_request(project, clicks):
    with project.client(use_case=(deciding := Recording())) as client:
        assert ask(client, "mrs-miller")["fallback"] == "unknown user"
        assert len(deciding.saw.recent) == 0

        know(project.settings(), looks(clicks, "mrs-miller", clicks[0].item, clicks[1].item))

        assert ask(client, "mrs-miller")["fallback"] == ""
        assert [entry[2] for entry in deciding.saw.recent] == [clicks[0].item, clicks[1].item]


def test_an_unknown_user_gets_what_trends_and_then_what_was_popular_in_training(project, clicks):
    popular = model.Model(FIRST, project.registry.files(FIRST)).popular
    know(project.settings(), looks(clicks, "somebody", "new-and-hot", "new-and-hot", popular[3]))
    with project.client(use_case=(deciding := Recording())) as client:
        answer = ask(client, "a stranger")

    assert list(deciding.saw.trending[:5]) == ["new-and-hot", popular[3], *popular[:3]]
    assert (len(deciding.saw.recent), answer["fallback"]) == (0, "unknown user")


def test_an_answer_keeps_the_documented_form(service):
    described = service.get("/openapi.json").json()["components"]["schemas"]
    answer = ask(service, "a stranger")

    assert set(answer) == set(described["Answer"]["required"])
    assert set(answer["items"][0]) == set(described["Shown"]["required"])


def test_an_item_that_no_model_knows_costs_nobody_an_answer(project, client, clicks):
    know(project.settings(), looks(clicks, "one", "of-no-model", clicks[0].item))
    know(project.settings(), looks(clicks, "other", "of-no-model"))

    assert [ask(client, user)["fallback"] for user in ("one", "other")] == ["", ""]
    assert shown(ask(client, "other"))


def test_similar_items_are_the_champion_s_neighbours(project, service):
    loaded = model.Model(FIRST, project.registry.files(FIRST))
    item, neighbours = next((i, n) for i, n in loaded.neighbours.items() if len(n) > 4)

    answer = service.post(FOR_ITEMS, json={"item": item, "count": 4}).json()

    assert [(o["item"], o["score"]) for o in answer["items"]] == [tuple(n) for n in neighbours[:4]]
    assert answer["fallback"] == ""


def test_for_an_item_of_no_model_popular_ones_are_similar(project, service):
    popular = model.Model(FIRST, project.registry.files(FIRST)).popular
    answer = service.post(FOR_ITEMS, json={"item": "neu-für-💥"}).json()

    assert shown(answer) == list(popular[:10])
    assert answer["fallback"] == "unknown item"


def test_what_is_hidden_is_shown_nowhere_until_it_is_shown_again(project, client):
    first, most = shown(ask(client, "a stranger"))[0], project.settings().service.largest_count
    loaded = model.Model(FIRST, project.registry.files(FIRST))
    item = next(i for i, n in loaded.neighbours.items() if any(o == first for o, _ in n))
    with closing(open_store(project.settings())) as store:
        store.hide(first, "out of stock")
        until(lambda: first not in shown(ask(client, "a stranger", count=most)))
        answer = client.post(FOR_ITEMS, json={"item": item, "count": most}).json()
        assert first not in shown(answer)

        store.show(first)
        until(lambda: shown(ask(client, "a stranger"))[0] == first)


@pytest.mark.parametrize(
    "name", ["Ünïcödé", "用户-1", "💥" * 32, "a b\tc", "../..", "'; --", "\u202e"]
)
def test_any_text_is_a_name(project, client, clicks, name):
    know(project.settings(), looks(clicks, name, name + "-item", clicks[0].item))

    assert ask(client, name)["fallback"] == ""
    assert client.post(FOR_ITEMS, json={"item": name}).status_code == 200


@pytest.mark.parametrize(
    ("path", "sent", "field"),
    [
        (FOR_USERS, {}, "user"),
        (FOR_USERS, {"user": None}, "user"),
        (FOR_USERS, {"user": ""}, "user"),
        (FOR_USERS, {"user": 7}, "user"),
        (FOR_USERS, {"user": "x" * 129}, "user"),
        (FOR_USERS, {"user": {"a secret": 1}}, "user"),
        (FOR_USERS, {"user": "x", "count": 0}, "count"),
        (FOR_USERS, {"user": "x", "count": 1001}, "count"),
        (FOR_USERS, {"user": "x", "count": "3"}, "count"),
        (FOR_USERS, {"user": "x", "count": True}, "count"),
        (FOR_USERS, {"user": "x", "surplus": 1}, "surplus"),
        (FOR_ITEMS, {"user": "x"}, "item"),
        (FOR_ITEMS, {"item": "x", "count": -1}, "count"),
    ],
)
def test_a_wrong_field_is_named_and_not_repeated(service, path, sent, field):
    refused = service.post(path, json=sent)

    assert refused.status_code == 422
    assert ["body", field] in [fault["loc"] for fault in refused.json()["detail"]]
    assert "a secret" not in refused.text


@pytest.mark.parametrize("sent", ["", "{", "[]", "null", "NaN", '{"user": "\\ud800"}', b"\xff\xfe"])
def test_what_is_no_request_is_refused(service, sent):
    assert service.post(FOR_USERS, content=sent).status_code == 422


def test_a_request_that_is_too_large_is_refused(service):
    assert service.post(FOR_USERS, content=b" " * 20_000).status_code == 413


@pytest.mark.parametrize("key", ["", "wrong", KEY + "x", KEY[:-1], "clé"])
@pytest.mark.parametrize("path", [FOR_USERS, FOR_ITEMS])
def test_without_a_valid_key_nothing_is_recommended(service, path, key):
    refused = service.post(path, json={"user": "x"}, headers={"X-API-Key": key.encode()})

    assert refused.status_code == 401


def test_health_needs_no_key(service):
    for path in ("/healthz", "/readyz", "/startup", "/metrics"):
        assert service.get(path, headers={"X-API-Key": ""}).status_code == 200


def test_no_key_is_asked_for_where_none_is_configured(project):
    own = project.settings()
    open_ = own.model_copy(
        update={"environment": own.environment.model_copy(update={"api_keys": ()})}
    )

    assert server.address(open_, "") == "127.0.0.1"
    assert server.address(own, "") == "0.0.0.0"
    with pytest.raises(ProjectError, match=r"so 10\.0\.0\.1 is refused"):
        server.address(open_, "10.0.0.1")


def test_without_a_champion_the_service_answers_but_is_not_ready(project, clicks):
    know(project.settings(), looks(clicks, "somebody", "hot", "hot", "warm"))
    project.registry.point("champion", None)
    with project.client(use_case=(deciding := Recording())) as client:
        assert client.get("/healthz").status_code == client.get("/startup").status_code == 200
        assert client.get("/readyz").status_code == 503
        assert ask(client, "a stranger")["fallback"] == "no model"
        assert (list(deciding.saw.trending), deciding.saw.neighbours) == (["hot", "warm"], {})

        project.promote(SECOND)
        until(lambda: client.get("/readyz").status_code == 200)

        assert ask(client, "a stranger")["model_version"] == SECOND


def test_a_worker_that_lags_makes_the_service_not_ready(project, client):
    with closing(open_store(project.settings())) as store:
        store.beat("worker-1", 61.0)
        until(lambda: client.get("/readyz").status_code == 503)
        assert "lags by 61 s" in client.get("/readyz").json()["status"]
        assert ask(client, "a stranger")["items"]

        store.beat("worker-1", 0.0)
        until(lambda: client.get("/readyz").status_code == 200)


def with_store(project, url, **changes):
    """Return a client of the service with another store."""
    own = project.settings(**changes)
    place = own.environment.model_copy(update={"store": url})
    own = own.model_copy(update={"environment": place})
    app = server.application(own, USE_CASE, project.registry)
    return TestClient(app, headers={"X-API-Key": KEY}), own


def test_a_store_that_is_broken_gets_the_fallback_answered(project):
    for path in project.data.glob("state.db*"):
        path.unlink()
    (project.data / "state.db").mkdir()
    popular = model.Model(FIRST, project.registry.files(FIRST)).popular

    with project.client(use_case=(deciding := Recording())) as client:
        answer = ask(client, "somebody")

        assert (answer["model_version"], answer["fallback"]) == (FIRST, "store")
        assert list(deciding.saw.trending) == list(popular)
        assert client.get("/readyz").status_code == 200
        assert metric(client, "service_fallbacks_total", reason="store") == 1


@contextmanager
def slow_store(*, drips):
    """Take connections and never answer, or one byte at a time; gives the address."""

    def drip():
        with suppress(OSError):
            while True:
                peer, _ = listening.accept()
                threading.Thread(target=to, args=(peer,), daemon=True).start()

    def to(peer):
        with suppress(OSError), peer:
            peer.sendall(b"$99999\r\n")
            for _ in range(200):
                if not ended.wait(0.01):
                    peer.sendall(b"x")

    ended = threading.Event()
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        if drips:
            threading.Thread(target=drip, daemon=True).start()
        yield f"redis://127.0.0.1:{listening.getsockname()[1]}/0"
        ended.set()


def hurried(monkeypatch):
    """Let nothing but requests reach for the store."""
    monkeypatch.setattr(server, "OFFER_SECONDS", 60.0)
    monkeypatch.setattr(Offer, "refresh", lambda _: None)
    monkeypatch.setattr(States, "open", lambda _: None)


def test_a_store_that_gave_no_answer_is_left_alone_for_a_second(project, monkeypatch):
    hurried(monkeypatch)
    with slow_store(drips=False) as url:
        client, _ = with_store(project, url)
        with client:
            assert ask(client, "somebody")["fallback"] == "store"
            until(lambda: metric(client, "service_store_seconds_count") == 1)
            since = time.perf_counter()
            while time.perf_counter() - since < 0.5:
                assert ask(client, "somebody")["fallback"] == "store"

            assert metric(client, "service_store_seconds_count") == 1
            until(lambda: ask(client, "x") and metric(client, "service_store_seconds_count") == 2)


def test_nobody_waits_for_a_store_that_never_comes_to_an_end(project, monkeypatch):
    hurried(monkeypatch)
    monkeypatch.setattr(reading, "LEFT_ALONE_SECONDS", 0.0)
    with slow_store(drips=True) as url:
        client, _ = with_store(project, url)
        took = []
        with client:
            for _ in range(9):
                since = time.perf_counter()
                assert ask(client, "somebody")["fallback"] == "store"
                took.append(time.perf_counter() - since)

    assert 0.02 < took[0] < 1.0
    assert sorted(took)[4] < 0.02


@contextmanager
def redis(folder):
    """Run a Redis of its own."""
    binary = shutil.which("redis-server")
    if binary is None:
        if os.environ.get("REQUIRE_REDIS"):
            pytest.fail("REQUIRE_REDIS is set, and redis-server is not installed")
        pytest.skip("redis-server is not installed")
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    command = [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            until(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0)
            yield f"redis://127.0.0.1:{port}/0", process
        finally:
            process.send_signal(signal.SIGCONT)
            process.terminate()


def test_a_redis_that_stops_and_goes_on_costs_nobody_an_answer(project, clicks, user, tmp_path):
    with redis(tmp_path) as (url, process):
        client, own = with_store(project, url)
        know(own, clicks)
        with client:
            until(lambda: ask(client, user)["fallback"] == "")

            process.send_signal(signal.SIGSTOP)
            assert {ask(client, user)["fallback"] for _ in range(20)} == {"store"}

            process.send_signal(signal.SIGCONT)
            until(lambda: ask(client, user)["fallback"] == "")


def test_a_state_that_cannot_be_read_gets_the_fallback_answered(project, client, clicks):
    own = project.settings()
    know(own, looks(clicks, "somebody", "a"))
    with closing(open_store(own)) as store:
        read = store.offsets([7])[7]
        broken = {Mask(own).text("somebody"): b"\xc1"}
        store.commit(Change({7: read}, {7: read + 1}, broken))

    assert ask(client, "somebody")["fallback"] == "store"


def test_a_version_that_fails_its_golden_rows_never_answers(project, client):
    path = project.registry.files(SECOND) / "golden.json"
    golden = json.loads(path.read_text())
    golden[-1]["items"][0][1] += 1e-6
    path.write_text(json.dumps(golden))

    project.registry.point("champion", SECOND)
    until(lambda: metric(client, "service_model_reload_failures_total") >= 1)

    assert client.get("/readyz").json()["champion"] == FIRST
    assert ask(client, "a stranger")["model_version"] == FIRST


def test_a_version_whose_file_is_cut_in_half_never_answers(project, client):
    path = project.registry.files(SECOND) / "neighbours.msgpack"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    project.registry.point("champion", SECOND)
    until(lambda: metric(client, "service_model_reload_failures_total") >= 1)

    assert ask(client, "a stranger")["model_version"] == FIRST


def test_a_registry_that_is_gone_leaves_the_champion_in_place(project, client, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    project.registry.connect("http://127.0.0.1:9")
    until(lambda: metric(client, "service_model_reload_failures_total") >= 1)

    assert ask(client, "a stranger")["model_version"] == FIRST


def metric(client, name, **labels):
    said = "".join(f'{key}="{value}",' for key, value in sorted(labels.items())).rstrip(",")
    wanted = re.escape(name + ("{" + said + "}" if said else "")) + r" (\S+)"
    found = re.search("^" + wanted + "$", client.get("/metrics").text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def test_metrics_count_what_happened(project, client, clicks):
    know(project.settings(), looks(clicks, "somebody", clicks[0].item))
    for name in ("somebody", "a stranger", "another"):
        ask(client, name)
    client.post(FOR_USERS, content="{")

    assert metric(client, "service_requests_total", route=FOR_USERS, status="200") == 3
    assert metric(client, "service_requests_total", route=FOR_USERS, status="422") == 1
    assert metric(client, "service_request_seconds_count", route=FOR_USERS) == 4
    assert metric(client, "service_fallbacks_total", reason="unknown_user") == 2
    assert metric(client, "service_store_seconds_count") == 3
    assert metric(client, "service_model_info", alias="champion", version=FIRST) == 1
    assert 0 < metric(client, "service_model_age_seconds", alias="champion") < 3600
    assert 0 < metric(client, "service_distinct_items") < 1
    assert metric(client, "service_ready") == 1
    assert metric(client, "service_log_dropped_total") == 0


def test_the_drift_gauge_shows_how_the_events_changed(project, clicks, monkeypatch):
    monkeypatch.setattr(server, "MEASURE_SECONDS", 0.05)
    own = project.settings()
    unseen = ["never-seen-in-training"] * (own.drift.minimum_rows + 100)
    know(own, looks(clicks, "somebody", *unseen))

    with project.client() as client:
        until(lambda: metric(client, "service_drift_psi", feature="popularity") > 1.0)


def test_versions_are_swapped_and_rolled_back_under_load_without_a_failed_request(project):
    answers: list[tuple[int, str]] = []
    stop = threading.Event()

    def keep_asking(client):
        while not stop.is_set():
            answer = client.post(FOR_USERS, json={"user": f"user-{len(answers) % 50}"})
            answers.append((answer.status_code, answer.json()["model_version"]))

    def met(version, since):
        return any(v == version for _, v in answers[since:])

    with project.client() as client, ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(keep_asking, client) for _ in range(4)]
        try:
            until(lambda: met(FIRST, 0))
            project.promote(SECOND)
            until(lambda: met(SECOND, 0))
            # The version before is kept in memory: going back to it reads no file.
            shutil.rmtree(project.registry.files(FIRST))
            swapped = len(answers)
            rollback(project.registry)
            until(lambda: met(FIRST, swapped + 50))
        finally:
            stop.set()
        for one in asking:
            one.result()

    assert {status for status, _ in answers} == {200}
    with closing(Store(project.settings())) as store:
        assert store.count() == len(answers)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM")
def test_sigterm_under_load_loses_no_answer(project):
    environ = {**os.environ, "SERVICE_DATA_DIR": str(project.data), "SERVICE_API_KEYS": KEY}
    command = [sys.executable, "main.py", "serve", "--host", "127.0.0.1", "--port", "0"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True
    ) as process:
        url = next(m[0] for line in process.stdout if (m := re.search(r"http://[^\s\"]+", line)))
        answered: list[str] = []

        def keep_asking():
            call = urllib.request.Request(f"{url}{FOR_USERS}", b'{"user": "x"}', {"X-API-Key": KEY})
            try:
                while True:
                    with urllib.request.urlopen(call, timeout=10) as answer:
                        answered.append(json.load(answer)["request_id"])
            except OSError:
                return

        with ThreadPoolExecutor(4) as pool:
            until(lambda: ready(url), 30.0)
            for _ in range(4):
                pool.submit(keep_asking)
            until(lambda: len(answered) > 100, 30.0)
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)

    with closing(Store(project.settings())) as store:
        kept = {row[0] for row in store.rows("request_id")}
    assert set(answered) <= kept


def ready(url):
    try:
        return urllib.request.urlopen(f"{url}/readyz", timeout=5).status == 200
    except OSError:
        return False


def everything_on_disk(project):
    return b"".join(path.read_bytes() for path in project.data.rglob("*") if path.is_file())


def test_every_answer_is_logged_and_nobody_by_name(project):
    masking = {"privacy": {"mask": True}}
    with project.client(**masking) as client:
        answers = [ask(client, f"mrs-miller-{n % 2}") for n in range(20)]
    columns = ("request_id", "arm", "version", "user", "items", "fallback", "latency_ms", "at")
    with closing(Store(project.settings(**masking))) as store:
        rows = {row[0]: row[1:] for row in store.rows(*columns)}

    assert len(rows) == 20
    for answer in answers:
        arm, version, user, items, fallback, latency, at = rows[answer["request_id"]]
        assert (arm, version, fallback) == ("champion", FIRST, "unknown user")
        assert json.loads(items) == shown(answer)
        assert len(user) == 32
        assert 0 < latency < 1000
        assert abs(at - time.time()) < 60
    assert b"mrs-miller" not in everything_on_disk(project)


def test_the_answers_to_one_person_are_deleted_and_found_nowhere(project):
    with project.client() as client:
        answers = [ask(client, f"person-{n % 3}") for n in range(30)]
    with closing(Store(project.settings())) as store:
        assert store.delete_person("person-1") == 10
        assert store.count() == 20
    gone = [answer["request_id"].encode() for answer in answers[1::3]]

    assert not any(request_id in everything_on_disk(project) for request_id in gone)


def record(at, **changes):
    made = Record(f"id-{at}", at, "", "champion", FIRST, "somebody", ("a", "b"), "", 0.001)
    return made._replace(**changes)


def test_answers_older_than_the_retention_are_deleted_by_the_service_itself(project):
    own, now = project.settings(), time.time()
    days = own.privacy.retention_days
    with closing(Store(own)) as store:
        store.write([record(now - age * DAY) for age in (0, days - 1, days + 1, 999)])
        with project.client():
            until(lambda: store.count() == 2)


def test_what_waits_is_written_before_the_end_and_what_has_no_room_is_counted(project):
    own = project.settings(service={"log_queue": 1000})
    metrics = Metrics(own)
    log = AnswerLog(own, metrics)
    for number in range(1005):
        log.put(record(time.time(), request_id=str(number)))
    log.start()
    log.stop()

    with closing(Store(own)) as store:
        assert store.count() == 1000
    assert b"service_log_dropped_total 5.0" in metrics.page({})


def test_a_full_disk_delays_the_log_and_loses_nothing(project, monkeypatch):
    own = project.settings()
    metrics = Metrics(own)
    failures = iter([sqlite3.OperationalError("disk is full")] * 2)
    write = Store.write

    def refuse_twice(store, records):
        if (error := next(failures, None)) is not None:
            raise error
        write(store, records)

    def refuse(_, **__):
        raise sqlite3.OperationalError("disk is full")

    monkeypatch.setattr(Store, "write", refuse_twice)
    monkeypatch.setattr(Store, "delete_old", refuse)
    log = AnswerLog(own, metrics)
    log.start()
    log.put(record(time.time()))
    until(lambda: b"service_log_write_failures_total 3.0" in metrics.page({}))
    log.put(record(time.time()))
    log.stop()

    with closing(Store(own)) as store:
        assert store.count() == 2


def test_a_click_on_what_was_shown_soon_after_is_a_hit(project, clicks):
    own, now = project.settings(), time.time()
    window = own.service.click_minutes * 60.0
    key = Mask(own).text
    clicked = now - 1.5 * window
    know(own, looks(clicks, "u", "a", ago=now - clicked + time.time() - now))
    shown_at = {
        "hit": (clicked - 60.0, ("x", "a")),
        "other item": (clicked - 60.0, ("x", "y")),
        "too early": (clicked - window - 60.0, ("a",)),
        "after the click": (clicked + 60.0, ("a",)),
        "may still come": (now - 60.0, ("a",)),
    }
    with closing(Store(own)) as log, closing(open_store(own)) as store:
        log.write(
            [record(at, request_id=n, user=key("u"), items=i) for n, (at, i) in shown_at.items()]
        )
        log.write([record(clicked, request_id="stranger", user=key("stranger"))])

        assert feedback(own, USE_CASE, store, log, now=now) == (1, 4, 1)
        assert feedback(own, USE_CASE, store, log, now=now) == (0, 0, 1)

        assert dict(log.rows("request_id", "hit")) == {
            **dict.fromkeys(shown_at, ""),
            "hit": "a",
            "may still come": None,
            "stranger": "",
        }
        arm = log.arms()["champion"]
        assert (arm.users, arm.converted, arm.answers, arm.hits) == (2, 1, 6, 1)


def test_an_event_that_counts_nothing_is_no_hit(project, clicks):
    own, now = project.settings(), time.time()
    nothing = tuple(feature.model_copy(update={"weight": 0.0}) for feature in own.feature)
    know(own, looks(clicks, "u", "a"))
    with closing(Store(own)) as log, closing(open_store(own)) as store:
        log.write([record(now - 120.0, user=Mask(own).text("u"))])
        disliked = own.model_copy(update={"feature": nothing})

        assert feedback(disliked, USE_CASE, store, log, now=now) == (0, 0, 1)
        assert feedback(own, USE_CASE, store, log, now=now) == (1, 0, 0)


def test_the_service_settles_an_answer_by_itself_when_its_time_is_up(project, clicks, monkeypatch):
    monkeypatch.setattr(server, "MEASURE_SECONDS", 0.05)
    own, now = project.settings(), time.time()
    late = now - own.service.click_minutes * 60.0 - 1.0
    know(own, looks(clicks, "u", "a", ago=now - late - 5.0))
    with closing(Store(own)) as log:
        user = Mask(own).text("u")
        log.write([record(late, request_id="old", user=user), record(now, user=user)])
        with project.client():
            until(lambda: dict(log.rows("request_id", "hit")) == {"old": "a", f"id-{now}": None})


def test_everybody_s_recommendations_stand_in_one_file(project, client, clicks, tmp_path):
    own = project.settings()
    know(own, clicks)
    users = sorted({event.user for event in clicks})
    until(lambda: ask(client, users[0])["fallback"] == "")
    with closing(open_store(own)) as store:
        many = precompute(own, USE_CASE, project.registry, store, tmp_path / "new/mail.jsonl")

    lines = (tmp_path / "new/mail.jsonl").read_text(encoding="utf-8").splitlines()
    by_key = {line["user"]: line for line in map(json.loads, lines)}
    assert many == len(lines) == len(by_key) == len(users)
    for name in users[:20]:
        line = by_key[Mask(own).text(name)]
        assert (line["items"], line["version"]) == (shown(ask(client, name)), FIRST)
        assert line["created_at"].endswith("+00:00")


def test_a_file_of_recommendations_appears_whole_or_not_at_all(project, clicks, tmp_path):
    own = project.settings()
    know(own, clicks)
    out = tmp_path / "mail.jsonl"
    out.write_text("of yesterday")
    calls = iter(range(100))

    class Failing:
        def __getattr__(self, name):
            return getattr(USE_CASE, name)

        def decide(self, shelf):
            if next(calls) > 30:
                raise OSError("no space left on device")
            return USE_CASE.decide(shelf)

    with closing(open_store(own)) as store:
        with pytest.raises(OSError, match="no space"):
            precompute(own, Failing(), project.registry, store, out)
        project.registry.point("champion", None)
        with pytest.raises(ProjectError, match="there is no champion"):
            precompute(own, USE_CASE, project.registry, store, out)

    assert out.read_text() == "of yesterday"
    assert list(tmp_path.glob(".mail*")) == []
