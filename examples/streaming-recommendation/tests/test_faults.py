"""What breaks, stops or is swapped beside the service: nobody goes without an answer."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress

import pytest
from conftest import FIRST, FOR_USERS, KEY, ROOT, SECOND, Recording, ask, know, looks, metric, until
from starlette.testclient import TestClient

from recommendations.runtime import model, reading, server
from recommendations.runtime.cli import USE_CASE
from recommendations.runtime.events import Mask
from recommendations.runtime.log import Store
from recommendations.runtime.reading import Offer, States
from recommendations.runtime.state import Change, open_store
from recommendations.runtime.training import rollback

pytestmark = pytest.mark.usefixtures("_at_once")


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
        # Far from what a busy machine loses between two lines.
        client, _ = with_store(project, url, service={"store_timeout_ms": 300})
        took = []
        with client:
            for _ in range(9):
                since = time.perf_counter()
                assert ask(client, "somebody")["fallback"] == "store"
                took.append(time.perf_counter() - since)

    assert 0.25 < took[0] < 1.5
    assert sorted(took)[4] < 0.25


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
