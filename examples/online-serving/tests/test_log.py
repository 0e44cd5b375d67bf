"""The request log: everything is in it, nobody is, and it forgets."""

from __future__ import annotations

import csv
import json
import sqlite3
import sys
import time
from contextlib import closing

import numpy as np
import pytest
from conftest import FIRST, ROOT

from fraud_scoring.runtime.cli import USE_CASE, feedback, main
from fraud_scoring.runtime.log import Record, RequestLog, Store
from fraud_scoring.runtime.monitoring import Metrics

DAY = 86_400.0


def ask(project, bodies, **changes):
    with project.client(**changes) as client:
        return [client.post("/v1/score", json=body).json() for body in bodies]


def stored(project, *columns):
    with closing(sqlite3.connect(project.data / "predictions.db")) as log:
        return log.execute(f"SELECT {', '.join(columns)} FROM predictions").fetchall()


@pytest.fixture
def masking(project):
    """A project that masks its entity, whatever the answer `personal_data` was."""
    entity = project.settings().privacy.entity
    return {"privacy": {"mask": (entity,)}}


def everything_on_disk(project):
    return b"".join(path.read_bytes() for path in project.data.rglob("*") if path.is_file())


def test_every_answer_is_logged_with_all_that_explains_it(project, examples, body):
    bodies = [body(row) for row in range(30)]
    answers = {answer["request_id"]: answer for answer in ask(project, bodies)}

    columns = ["request_id", "alias", "version", "features", "score", "response", "latency_ms"]
    rows = stored(project, *columns, "at", "outside")

    assert len(rows) == len(answers) == 30
    computed = [USE_CASE.features(request) for request in examples.requests[:30]]
    for request_id, alias, version, features, score, response, latency, at, outside in rows:
        answer = answers[request_id]
        assert (alias, version, score) == ("champion", FIRST, answer["score"])
        assert json.loads(response) == answer["result"]
        assert json.loads(features) in computed
        assert outside.split(",") == (answer["outside_training_range"] or [""])
        assert 0 < latency < 1000
        assert abs(at - time.time()) < 60


def test_identities_are_masked_everywhere(project, body, masking):
    entity = project.settings().privacy.entity

    ask(
        project, [body(**{entity: "mrs-miller"}), body(**{entity: "mrs-miller"}), body()], **masking
    )

    assert b"mrs-miller" not in everything_on_disk(project)
    entities = [row[0] for row in stored(project, "entity")]
    assert len(set(entities)) == 2
    assert {len(masked) for masked in entities} == {32}
    assert {json.loads(r)[entity] for (r,) in stored(project, "request")} == set(entities)


def test_what_the_configuration_masks_is_masked(project, body):
    own = project.settings()
    names = {field: f"{field}-of-mrs-miller" for field in own.privacy.mask}

    ask(project, [body(**names)])

    assert b"of-mrs-miller" not in everything_on_disk(project)


def test_another_key_gives_another_mask(project, masking):
    own = project.settings(**masking)
    keyed = own.model_copy(
        update={"environment": own.environment.model_copy(update={"masking_key": "a secret"})}
    )
    with closing(Store(own)) as one, closing(Store(keyed)) as other:
        assert one.mask.entity("mrs-miller") == one.mask.entity("mrs-miller")
        assert one.mask.entity("mrs-miller") != other.mask.entity("mrs-miller")


def test_without_a_configured_key_one_is_drawn_for_this_machine_alone(project, masking):
    own = project.settings(**masking)
    with closing(Store(own)) as store:
        masked = store.mask.entity("mrs-miller")
    path = project.data / "masking.key"
    with closing(Store(own)) as again:
        assert again.mask.entity("mrs-miller") == masked
    assert list(project.data.glob("masking.*")) == [path]
    if sys.platform != "win32":
        assert path.stat().st_mode & 0o077 == 0

    path.unlink()
    with closing(Store(own)) as other:
        assert other.mask.entity("mrs-miller") != masked


def test_one_person_s_data_is_deleted_and_found_nowhere(project, body, masking):
    entity = project.settings().privacy.entity
    bodies = [body(row, **{entity: f"person-{row % 3}"}) for row in range(60)]
    answers = ask(project, bodies, **masking)
    with closing(Store(project.settings(**masking))) as store:
        store.label([(answer["request_id"], 1.0) for answer in answers])
        masked = store.mask.entity("person-1")
        assert masked.encode() in everything_on_disk(project)

        assert store.delete_person("person-1") == 20

        assert masked.encode() not in everything_on_disk(project)
        gone = [answer["request_id"] for answer in answers[1::3]]
        assert not any(request_id.encode() in everything_on_disk(project) for request_id in gone)
        assert store.count() == 40
        assert len(store.labelled()) == 40


def test_the_verb_deletes_while_the_service_runs(project, body, capsys, monkeypatch):
    entity = project.settings().privacy.entity
    monkeypatch.setenv("SERVICE_ROOT", str(ROOT))
    monkeypatch.setenv("SERVICE_DATA_DIR", str(project.data))
    with project.client() as client:
        for row in range(10):
            client.post("/v1/score", json=body(row, **{entity: "mrs-miller"}))
        time.sleep(0.3)

        assert main(["delete-person", "mrs-miller"]) == 0

        assert "10 records deleted" in capsys.readouterr().out
        assert client.post("/v1/score", json=body()).status_code == 200
    assert len(stored(project, "entity")) == 1


def record(request, at, **changes):
    values = {
        "request_id": f"id-{at}",
        "alias": "champion",
        "at": at,
        "version": FIRST,
        "request": request,
        "features": USE_CASE.features(request),
        "score": 0.5,
        "outside": (),
        "response": None,
        "latency": 0.001,
    }
    return Record(**{**values, **changes})


def test_records_older_than_the_retention_are_deleted(project, examples):
    own, now = project.settings(), time.time()
    days = own.privacy.retention_days
    with closing(Store(own)) as store:
        ages = (0, days - 1, days + 1, 999)
        store.write([record(examples.requests[0], now - age * DAY) for age in ages])
        store.label([(f"id-{now - 999 * DAY}", 1.0)])

        assert store.delete_old(now=now) == 2

        assert store.count() == 2
        assert store.labelled() == []


def test_the_service_applies_the_retention_by_itself(project, examples):
    own = project.settings()
    with closing(Store(own)) as store:
        store.write([record(examples.requests[0], 0.0)])

    with project.client() as client:
        client.get("/healthz")
        time.sleep(0.3)

    assert stored(project, "at") == []


def test_what_waits_is_written_before_the_end(project, examples):
    log = RequestLog(project.settings(), Metrics(project.settings()))
    log.start()
    for number in range(5_000):
        log.put(record(examples.requests[number % 400], float(time.time()), request_id=str(number)))
    log.stop()

    assert len(stored(project, "request_id")) == 5_000


def test_what_the_queue_cannot_take_is_counted(project, examples):
    own = project.settings(service={"log_queue": 10})
    metrics = Metrics(own)
    log = RequestLog(own, metrics)

    for number in range(15):
        log.put(record(examples.requests[0], float(number)))

    assert b"service_log_dropped_total 5.0" in metrics.page({})


def test_a_locked_disk_delays_the_log_and_loses_nothing(project, examples, monkeypatch):
    own = project.settings()
    metrics = Metrics(own)
    failures = iter([sqlite3.OperationalError("disk is full")] * 2)
    write = Store.write

    def refuse_twice(store, records):
        if (error := next(failures, None)) is not None:
            raise error
        write(store, records)

    monkeypatch.setattr(Store, "write", refuse_twice)
    log = RequestLog(own, metrics)
    log.start()
    log.put(record(examples.requests[0], time.time()))
    log.stop()

    assert len(stored(project, "request_id")) == 1
    assert b"service_log_write_failures_total 2.0" in metrics.page({})


def test_outcomes_are_joined_and_measured(project, examples, body, tmp_path):
    answers = ask(project, [body(row) for row in range(400)])
    labels = tmp_path / "labels.csv"
    with labels.open("w", newline="") as lines:
        written = csv.writer(lines)
        written.writerow(["request_id", "label"])
        written.writerows(
            [answer["request_id"], label]
            for answer, label in zip(answers, examples.target, strict=True)
        )
        written.writerow(["nobody-asked-this", 1])

    said = list(feedback(project.settings(), USE_CASE, labels))

    assert said[0] == "400 of 401 outcomes joined to answers"
    scores = [answer["score"] for answer in answers]
    for name, value in USE_CASE.evaluate(examples.target, np.array(scores)).items():
        assert f"version {FIRST}, 400 outcomes: {name} {value:.4f}" in said
