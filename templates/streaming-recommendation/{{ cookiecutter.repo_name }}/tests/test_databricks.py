{% import 'templates/_shared/tags.jinja' as tags with context -%}
"""The bundle holds what Databricks knows; Spark folds what one machine folds: `poe scale-out`."""

import importlib
import importlib.metadata
import logging
import random
import sys
import time
import tomllib
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

import msgspec
import pytest
import yaml

from {{ cookiecutter.package_name }}.runtime import (
    ProjectError,
    broker,
    cli,
    databricks,
    events,
    model,
    monitoring,
)
from {{ cookiecutter.package_name }}.runtime.cli import USE_CASE
from {{ cookiecutter.package_name }}.runtime.registry import Registry
from {{ cookiecutter.package_name }}.runtime.settings import load
from {{ cookiecutter.package_name }}.runtime.state import open_store
from {{ cookiecutter.package_name }}.runtime.worker import Worker

ROOT = Path(__file__).parents[1]
KINDS = {
    "jobs": ("jobs", "Job"),
    "registered_models": ("registered_models", "RegisteredModel"),
    "schemas": ("schemas", "Schema"),
    "volumes": ("volumes", "Volume"),
}
BUNDLE = yaml.safe_load((ROOT / "databricks.yml").read_text())
PARTS = [yaml.safe_load(file.read_text()) for file in sorted((ROOT / "resources").glob("*.yml"))]
RESOURCES = [
    pytest.param(kind, body, id=f"{kind}: {name}")
    for part in PARTS
    for kind, found in part["resources"].items()
    for name, body in found.items()
]
JOBS = {name: job for part in PARTS for name, job in part["resources"].get("jobs", {}).items()}
{%- raw %}
GIVEN = {
    "--root=${workspace.file_path}": f"--root={ROOT}",
    "--target=${bundle.target}": "--target=dev",
    "--commit=${bundle.git.commit}": "--commit=abc",
    "--job={{job.id}}": "--job=1",
    "--run={{job.run_id}}": "--run=2",
}
{%- endraw %}
EVENTS = 3000
OWN_VERBS = ("stream",)
CHANGE = databricks.spark.CHANGE


@pytest.mark.parametrize(("kind", "body"), RESOURCES)
def test_every_resource_is_one_that_databricks_knows(kind, body):
    bundles = pytest.importorskip("databricks.bundles", reason="uv run poe scale-out")
    module, of = KINDS[kind]
    known = getattr(importlib.import_module(f"{bundles.__name__}.{module}"), of)

    assert known.from_dict(body).as_dict()
    with pytest.raises(ValueError, match="misspelt"):
        known.from_dict({**body, "misspelt": 1})


@pytest.mark.parametrize("name", JOBS)
def test_every_job_says_who_pays_and_what_happens_when_it_fails(name):
    job = JOBS[name]
    wanted = yaml.safe_load((ROOT / "project.yaml").read_text())["tags"]
    wanted = {**wanted, "{{ tags.environment }}": "${bundle.target}"}

    assert job["tags"] == wanted
    for target in BUNDLE["targets"].values():
        assert target["presets"]["tags"].keys() == wanted.keys()
        assert target["run_as"] == {"service_principal_name": "${var.service_principal}"}
        assert target["variables"]["budget_policy_id"]
    for cluster in job.get("job_clusters", []):
        assert cluster["new_cluster"]["custom_tags"] == wanted
    assert "job_clusters" in job or job["budget_policy_id"] == "${var.budget_policy_id}"
    assert job["queue"] == {"enabled": True}
    assert job["health"]["rules"]
    assert job["email_notifications"]["on_failure"]
    assert job["permissions"]


def test_every_task_runs_a_verb_that_there_is_with_what_the_lock_file_holds():
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]

    for job in JOBS.values():
        for task in job["tasks"]:
            wheel = task["python_wheel_task"]
            given = [GIVEN.get(part, part) for part in wheel["parameters"]]
            facts, verb = databricks.parse(given)
            assert facts.target == "dev"
            assert verb[0] in OWN_VERBS or cli._parser().parse_args(verb).run
            assert scripts[wheel["entry_point"]] == f"{databricks.__name__}:main"
            assert importlib.metadata.version(wheel["package_name"])
            alone = job.get("environments", [{}])[0].get("spec", {}).get("dependencies", [])
            assert "../requirements.lock" in f"{alone} {task.get('libraries')}"
    assert "requirements.lock" in BUNDLE["artifacts"]["wheel"]["build"]


@pytest.fixture
def task(monkeypatch, tmp_path):
    """Run a task's parameters as Databricks would; files go to a folder of the test."""
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    given = {
        **databricks.surroundings(databricks.parse([*GIVEN.values()])[0]),
        "SERVICE_DATA_DIR": str(tmp_path),
        "MLFLOW_TRACKING_URI": uri,
        "MLFLOW_REGISTRY_URI": uri,
    }
    monkeypatch.setattr(databricks, "surroundings", lambda _: given)
    for name in given:
        monkeypatch.setenv(name, "put back after the test")

    def run(*verb):
        monkeypatch.setattr(sys, "argv", ["task", *GIVEN.values(), *verb])
        databricks.main()

    return run


def test_a_verb_that_fails_fails_its_task(task, capsys, monkeypatch):
    def refuse(*_):
        raise ProjectError("there is no topic", next_step="make one", code=3)

    monkeypatch.setattr(databricks.spark, "stream", refuse)
    for verb in (["stream"], ["rollback"]):
        with pytest.raises(SystemExit) as ended:
            task(*verb)
        assert ended.value.code
        assert "next: " in capsys.readouterr().err


def test_files_go_to_the_volume_and_models_to_the_catalogue():
    found = databricks.surroundings(databricks.parse([*GIVEN.values()])[0])

    assert found["SERVICE_DATA_DIR"] == "/Volumes/dev/{{ cookiecutter.__d.schema }}/stream"
    assert found["SERVICE_MODEL_NAME"] == "dev.{{ cookiecutter.__d.schema }}.{{ cookiecutter.__d.model_name }}"
    settings = load(environ={**found, "SERVICE_DATA_DIR": "data"})
    assert databricks.spark.table(settings, "states") == "dev.{{ cookiecutter.__d.schema }}.states"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """An embedded broker, and a data folder that worker and Spark share."""
    data = tmp_path_factory.mktemp("data")
    with broker.Embedded() as embedded:
        environ = {
            "SERVICE_DATA_DIR": str(data),
            "SERVICE_BROKERS": embedded.address,
            "SERVICE_MODEL_NAME": "states.model",
        }
        yield load(ROOT, environ)


@pytest.fixture(scope="module")
def clicks():
    """Events of today, many of them late, some twice, and two wishes to be forgotten midway."""
    now = round(time.time() * 1000)
    drawn = list(USE_CASE.events(11, EVENTS))
    shift = now - 3_600_000 - drawn[-1].at
    moved = [msgspec.structs.replace(e, at=e.at + shift) for e in drawn]
    midway = moved[EVENTS // 2].at
    users = sorted({event.user for event in moved})[:2]
    moved += [type(moved[0])(id=f"f{u}", user=u, at=midway, kind="forget") for u in users]
    moved += moved[:100]
    random.Random(5).shuffle(moved)
    return moved


@pytest.fixture(scope="module")
def use_case(clicks):
    """The use case, but its fold fails on some events."""
    poison = {event.id for event in clicks[::500] if event.kind != "forget"}

    # Within a function, Spark takes it along; its workers do not know this file.
    class Fussy(type(USE_CASE)):
        def fold(self, state, event):
            if event.id in poison:
                raise KeyError(event.user)
            return USE_CASE.fold(state, event)

    return Fussy()


@pytest.fixture(scope="module")
def messages(clicks):
    """As (key, value): the events, and four that are none."""
    good = [(event.user.encode(), events.encode(event)) for event in clicks]
    bad = [(b"u1", b"{"), (b"u1", b'{"v": 9}'), (b"other", good[0][1]), (b"u1", b"null")]
    return [*good[:1000], *bad, *good[1000:]]


@pytest.fixture(scope="module")
def by_hand(place, clicks, use_case):
    """The states by a fold in a dict, as bytes."""
    mask, states = events.Mask(place), {}
    for event in sorted(clicks, key=lambda e: (e.at, e.id)):
        key = mask.text(event.user)
        with suppress(KeyError):
            states[key] = use_case.fold(states.get(key), event)
    return {key: state.dump() for key, state in states.items()}


@pytest.fixture(scope="module")
def topic(place, messages):
    """How many messages there are in the topic: all of them."""
    producer = broker.Producer(broker.client(place))
    sent = [(key.decode(), value) for key, value in messages]
    return broker.send(producer, place.stream.topic, sent)


def worked(own, use_case, count):
    """Let a worker fold the topic; return the states that it wrote into its store."""
    metrics = monitoring.WorkerMetrics()
    worker = Worker(own, use_case, open_store(own), metrics)
    worker.run(until=lambda: sum(metrics.counts.values()) >= count)
    with closing(open_store(own)) as store:
        return store.get_many(list(store.keys()))


@pytest.fixture(scope="module")
def by_worker(place, use_case, topic):
    """The states that a worker wrote into SQLite."""
    return worked(place, use_case, topic)


@pytest.fixture(scope="module")
def by_redis(place, use_case, topic, redis_url):
    """The states that a worker wrote into Redis."""
    there = place.environment.model_copy(update={"store": redis_url})
    other = place.stream.model_copy(update={"group": "redis", "dead_letters": "redis.dead"})
    own = place.model_copy(update={"environment": there, "stream": other})
    return worked(own, use_case, topic)


@pytest.fixture(scope="module")
def spark(tmp_path_factory):
    sql = pytest.importorskip("pyspark.sql", reason="uv run poe scale-out")
    logging.getLogger("py4j").setLevel(logging.WARNING)
    builder = sql.SparkSession.builder.master("local[2]")
    for name, value in {
        "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.warehouse.dir": str(tmp_path_factory.mktemp("warehouse")),
    }.items():
        builder = builder.config(name, value)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        started = builder.getOrCreate()
        yield started
        started.stop()


@pytest.fixture(scope="module")
def spark_did(place, use_case, messages, spark, tmp_path_factory):
    """The states that Spark folded in several batches, and what it refused by reason."""
    folder = tmp_path_factory.mktemp("topic")
    kafka = "key binary, value binary, timestamp timestamp"
    for number in range(0, len(messages), 1000):
        rows = [(k, v, datetime.now()) for k, v in messages[number : number + 1000]]
        spark.createDataFrame(rows, kafka).coalesce(1).write.mode("append").parquet(str(folder))
    sent = spark.readStream.schema(kafka).option("maxFilesPerTrigger", 1).parquet(str(folder))
    known = databricks.spark.decoded(sent, place, use_case)
    states, refused = {}, []

    def keep(batch, _):
        rows = batch.collect()
        states.update((row.who, bytes(row.state)) for row in rows if row.reason is None)
        refused.extend(row.reason for row in rows if row.reason is not None)

    def refuse(batch, _):
        refused.extend(row.reason for row in batch.collect())

    kept = databricks.spark.folded(known, place, use_case).writeStream.outputMode("update")
    dead = known.where("reason IS NOT NULL").writeStream
    for query, each, name in ((kept, keep, "states"), (dead, refuse, "dead")):
        places = str(tmp_path_factory.mktemp(name))
        started = query.option("checkpointLocation", places).foreachBatch(each)
        started.trigger(availableNow=True).start().awaitTermination()
    return states, sorted(refused)


@pytest.fixture(scope="module")
def by_spark(spark_did):
    """The states that Spark folded."""
    return spark_did[0]


@pytest.mark.parametrize("store", ["by_worker", "by_redis", "by_spark"])
def test_each_store_holds_the_state_of_a_dict_byte_for_byte(store, by_hand, request):
    assert len(by_hand) > 100
    assert request.getfixturevalue(store) == by_hand


def test_what_is_no_event_is_refused_for_the_same_reason(spark_did, by_worker, place):
    assert by_worker
    letters = broker.read_all(place, place.stream.dead_letters)
    by_worker_refused = sorted(dict(letter.headers())["reason"].decode() for letter in letters)

    assert spark_did[1] == by_worker_refused
    assert len(by_worker_refused) == 4 + by_worker_refused.count("fold_failed")
    assert "fold_failed" in by_worker_refused


def test_spark_keeps_states_and_dead_letters_and_stops_where_the_fold_takes_nothing(
    spark, monkeypatch
):
    # Only Delta can merge; here there are files alone.
    monkeypatch.setattr(databricks.spark, "MERGE", "INSERT INTO {table} SELECT * FROM {changes}")
    spark.sql(f"CREATE TABLE kept ({databricks.spark.STATE}) USING parquet")
    failed = [("a", None, "fold_failed", "KeyError", b"u", b"{}")] * 100
    state = [("b", b"state", None, None, None, None)]

    with pytest.raises(ProjectError, match="took none of 100 events: KeyError"):
        databricks.spark.keep(spark.createDataFrame(failed, CHANGE), "kept", "letters")
    assert not spark.catalog.tableExists("letters")
    databricks.spark.keep(spark.createDataFrame(failed + state, CHANGE), "kept", "letters")
    assert [tuple(row) for row in spark.table("kept").collect()] == [("b", b"state")]
    letters = spark.table("letters").collect()
    assert len(letters) == 100
    assert tuple(letters[0]) == ("fold_failed", "KeyError", b"u", b"{}")


def test_what_keeps_the_states_is_a_statement_that_spark_reads(spark):
    said = databricks.spark.MERGE.format(table="dev.own.states", changes="new")

    plan = spark._jsparkSession.sessionState().sqlParser().parsePlan(said)
    assert plan.nodeName() == "MergeIntoTable"


def test_the_refresh_trains_on_the_topic_and_folds_whole_events(
    place, topic, clicks, task, monkeypatch
):
    class Whole:
        """The same use case, whose fold asks for all that an event has."""

        def __getattr__(self, name):
            return getattr(USE_CASE, name)

        def fold(self, state, event):
            assert type(event) is type(clicks[0])
            return USE_CASE.fold(state, event)

    monkeypatch.setattr(cli, "USE_CASE", Whole())
    monkeypatch.setenv("SERVICE_BROKERS", place.environment.brokers)
    task("train")

    registry = Registry(load(ROOT))
    forgotten = {event.user: event.at for event in clicks if event.kind == "forget"}
    counted = {e.id for e in clicks if e.kind != "forget" and e.at > forgotten.get(e.user, -1)}
    papers = model.read_passport(registry.files(registry.latest()))
    assert topic > papers["data_rows"] == len(counted)
