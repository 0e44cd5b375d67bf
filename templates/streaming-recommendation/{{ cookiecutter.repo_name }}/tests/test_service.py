"""What the service answers and refuses, what it says of itself, and what it keeps."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing

import pytest
from conftest import (
    FIRST,
    FOR_ITEMS,
    FOR_USERS,
    KEY,
    ROOT,
    SECOND,
    Recording,
    ask,
    know,
    looks,
    metric,
    shown,
    until,
)

from {{ cookiecutter.package_name }}.runtime import ProjectError, model, monitoring, server
from {{ cookiecutter.package_name }}.runtime.cli import USE_CASE
from {{ cookiecutter.package_name }}.runtime.events import Mask
from {{ cookiecutter.package_name }}.runtime.log import COLUMNS, AnswerLog, Record, Store, feedback
from {{ cookiecutter.package_name }}.runtime.monitoring import Metrics
from {{ cookiecutter.package_name }}.runtime.state import open_store, trending

DAY = 86_400.0

pytestmark = pytest.mark.usefixtures("_at_once")


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


def test_lines_of_standard_output_hold_all_that_the_log_holds(project, clicks, caplog, tmp_path):
    own = project.settings(service={"log_lines": True})
    caplog.handler.setFormatter(monitoring.JsonLines())
    caplog.set_level("INFO", "answers")
    know(own, looks(clicks, "u", "a", ago=60.0))
    with closing(Store(own)) as log, closing(open_store(own)) as store:
        shown_at, user = time.time() - 120.0, Mask(own).text("u")
        log.write([record(shown_at + n, user=user, items=("a", "ü")) for n in range(3)])
        log.write([record(shown_at, request_id="other", arm="challenger", user="")])
        assert feedback(own, USE_CASE, store, log).hits == 3
        kept = sorted(log.rows(*COLUMNS))
    others = ["no line of ours", json.dumps({"answer": 1}), json.dumps({"answer": {"hit": "x"}})]
    lines = "\n".join([*others, caplog.text, *others])
    (tmp_path / "lines").write_text(lines, encoding="utf-8")

    with closing(Store(project.settings(), ":memory:")) as other:
        other.take(tmp_path / "lines")
        other.take(tmp_path / "lines")
        assert sorted(other.rows(*COLUMNS)) == kept


def test_nothing_is_told_on_standard_output_unless_it_is_asked_for(project, caplog):
    caplog.set_level("INFO", "answers")
    with closing(Store(project.settings())) as log:
        log.write([record(time.time())])

    assert caplog.text == ""


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
