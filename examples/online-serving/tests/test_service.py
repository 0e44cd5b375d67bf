"""The running service: contract, keys, health, metrics, hot swap, graceful stop."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import numpy as np
import pytest
from conftest import FIRST, KEY, ROOT, SECOND

from fraud_scoring.runtime import ProjectError, model, server
from fraud_scoring.runtime.cli import USE_CASE
from fraud_scoring.runtime.log import Store
from fraud_scoring.runtime.training import rollback


@pytest.fixture
def client(project):
    with project.client() as client:
        yield client


def until(condition, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert condition()


def test_the_committed_description_is_the_service_s_own(shared):
    committed = (ROOT / "docs/openapi.json").read_text(encoding="utf-8")

    assert committed == server.openapi(shared.settings(), USE_CASE), "run: uv run poe openapi"


def test_an_answer_is_what_the_champion_says(service, shared, examples, body):
    loaded = model.load(FIRST, shared.registry.files(FIRST), USE_CASE)
    table = model.table(USE_CASE, examples.requests, loaded.names)

    for row, expected in enumerate(loaded.predict(table)[:25]):
        answer = service.post("/v1/score", json=body(row)).json()
        assert answer["score"] == pytest.approx(expected, abs=1e-12)
        assert answer["model_version"] == FIRST


def test_an_answer_keeps_the_documented_form(service, body):
    described = service.get("/openapi.json").json()["components"]["schemas"]["Answer"]
    answer = service.post("/v1/score", json=body()).json()

    assert set(answer) == set(described["properties"]) == set(described["required"])
    USE_CASE.response_type.model_validate(answer["result"])


def test_a_batch_gives_the_same_answers_in_the_same_order(service, body):
    rows = [body(row) for row in range(20)]

    single = [service.post("/v1/score", json=row).json() for row in rows]
    batch = service.post("/v1/score:batch", json={"requests": rows}).json()["answers"]

    for one, other in zip(single, batch, strict=True):
        assert {**one, "request_id": ""} == {**other, "request_id": ""}


def test_a_batch_is_limited(project, body):
    with project.client(service={"batch_limit": 2}) as client:
        refused = client.post("/v1/score:batch", json={"requests": [body()] * 3})

    assert refused.status_code == 422
    assert refused.json()["detail"][0]["loc"] == ["body", "requests"]


def test_a_field_of_the_wrong_type_is_named_and_not_repeated(service, body, shared):
    entity = shared.settings().privacy.entity

    refused = service.post("/v1/score", json=body(**{entity: {"secret": "value"}}))

    assert refused.status_code == 422
    assert refused.json()["detail"][0]["loc"] == ["body", entity]
    assert "secret" not in refused.text


@pytest.mark.parametrize("sent", ["", "{", "[]", '{"unknown": 1}', "null", "NaN"])
def test_what_is_no_request_is_refused(service, sent):
    assert service.post("/v1/score", content=sent).status_code == 422


def test_a_field_that_is_not_known_is_refused_by_name(service, body):
    refused = service.post("/v1/score", json=body(surplus=1)).json()

    assert refused["detail"][0]["loc"] == ["body", "surplus"]


def test_a_request_that_is_too_large_is_refused(service):
    assert service.post("/v1/score", content=b" " * 20_000).status_code == 413


@pytest.mark.parametrize("key", ["", "wrong", KEY + "x", KEY[:-1], "clé"])
@pytest.mark.parametrize("path", ["/v1/score", "/v1/score:batch"])
def test_without_a_valid_key_nothing_is_scored(service, body, path, key):
    headers = {"X-API-Key": key.encode()}

    assert service.post(path, json=body(), headers=headers).status_code == 401


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


def test_without_a_champion_the_service_is_alive_but_not_ready(project, body):
    project.registry.point("champion", None)
    with project.client() as client:
        assert client.get("/healthz").status_code == 200
        assert client.get("/startup").status_code == 200
        assert client.get("/readyz").status_code == 503
        assert client.post("/v1/score", json=body()).status_code == 503

        project.promote(SECOND)
        until(lambda: client.get("/readyz").status_code == 200)

        assert client.post("/v1/score", json=body()).json()["model_version"] == SECOND


def test_a_version_that_fails_its_golden_rows_never_answers(project, client, body):
    path = project.registry.files(SECOND) / "golden.json"
    golden = json.loads(path.read_text())
    golden[-1]["score"] += 1e-6
    path.write_text(json.dumps(golden))

    project.registry.point("champion", SECOND)
    until(lambda: metric(client, "service_model_reload_failures_total") >= 1)

    assert client.get("/readyz").json()["champion"] == FIRST
    assert client.post("/v1/score", json=body()).json()["model_version"] == FIRST


def test_a_registry_that_is_gone_leaves_the_champion_in_place(project, client, body, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    project.registry.connect("http://127.0.0.1:9")
    until(lambda: metric(client, "service_model_reload_failures_total") >= 1)

    assert client.post("/v1/score", json=body()).json()["model_version"] == FIRST


def metric(client, name, **labels):
    said = "".join(f'{key}="{value}",' for key, value in sorted(labels.items())).rstrip(",")
    wanted = re.escape(name + ("{" + said + "}" if said else "")) + r" (\S+)"
    found = re.search("^" + wanted + "$", client.get("/metrics").text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def test_metrics_count_what_happened(client, body):
    for row in range(5):
        client.post("/v1/score", json=body(row))
    client.post("/v1/score", content="{")
    route = "/v1/score"

    assert metric(client, "service_requests_total", route=route, status="200") == 5
    assert metric(client, "service_requests_total", route=route, status="422") == 1
    assert metric(client, "service_request_seconds_count", route=route) == 6
    assert metric(client, "service_score_count", alias="champion") == 5
    assert metric(client, "service_model_info", alias="champion", version=FIRST) == 1
    assert 0 < metric(client, "service_model_age_seconds", alias="champion") < 3600
    assert metric(client, "service_ready") == 1
    assert metric(client, "service_log_dropped_total") == 0


def test_the_drift_gauge_rises_when_requests_change(project, examples, body):
    with project.client(drift={"minimum_rows": 50}) as client:
        feature = project.settings().feature_names[0]
        for row in range(100):
            client.post("/v1/score", json=body(row))
        before = metric(client, "service_drift_psi", feature=feature)
        order = np.argsort([USE_CASE.features(r)[feature] for r in examples.requests])
        for row in [int(order[-1])] * 300:
            client.post("/v1/score", json=body(row))

        assert 0 < before < 0.3
        assert metric(client, "service_drift_psi", feature=feature) > 1.0


def test_the_drift_gauge_says_nothing_of_a_handful_of_requests(client, body):
    client.post("/v1/score", json=body())

    assert "service_drift_psi{" not in client.get("/metrics").text


def test_versions_are_swapped_and_rolled_back_under_load_without_a_failed_request(project, body):
    answers: list[tuple[int, str]] = []
    stop = threading.Event()

    def ask(client):
        while not stop.is_set():
            answer = client.post("/v1/score", json=body())
            answers.append((answer.status_code, answer.json()["model_version"]))

    def met(version, since):
        return any(v == version for _, v in answers[since:])

    with project.client() as client, ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask, client) for _ in range(4)]
        try:
            until(lambda: met(FIRST, 0))
            project.promote(SECOND)
            until(lambda: met(SECOND, 0))
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
def test_sigterm_under_load_loses_no_answer(project, body):
    environ = {**os.environ, "SERVICE_DATA_DIR": str(project.data), "SERVICE_API_KEYS": KEY}
    command = [sys.executable, "main.py", "serve", "--host", "127.0.0.1", "--port", "0"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True
    ) as process:
        url = next(m[0] for line in process.stdout if (m := re.search(r"http://[^\s\"]+", line)))
        answered: list[str] = []

        def ask():
            call = urllib.request.Request(
                f"{url}/v1/score", json.dumps(body()).encode(), {"X-API-Key": KEY}
            )
            try:
                while True:
                    with urllib.request.urlopen(call, timeout=10) as answer:
                        answered.append(json.load(answer)["request_id"])
            except OSError:
                return

        with ThreadPoolExecutor(4) as pool:
            until(lambda: ready(url), 30.0)
            for _ in range(4):
                pool.submit(ask)
            until(lambda: len(answered) > 100, 30.0)
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)

    with closing(Store(project.settings())) as store:
        kept = {row[0] for row in store.rows("request_id")}
    assert len(answered) > 100
    assert set(answered) <= kept


def ready(url):
    try:
        return urllib.request.urlopen(f"{url}/readyz", timeout=5).status == 200
    except OSError:
        return False
