"""What tests of the machinery share: a broker, stores, a service, settings of their own."""

import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import hypothesis
import msgspec
import pytest
from confluent_kafka import Producer
from starlette.testclient import TestClient

from recommendations.runtime import Shelf, cli, server, training
from recommendations.runtime.broker import Embedded, client, send
from recommendations.runtime.events import Mask, encode
from recommendations.runtime.monitoring import WorkerMetrics
from recommendations.runtime.registry import Registry
from recommendations.runtime.settings import Settings, load
from recommendations.runtime.state import Change, Store, open_store
from recommendations.runtime.worker import Worker

ROOT = Path(__file__).parents[1]
ANY_AGE = 36_500.0
KEY = "a-key-of-the-tests"
FIRST, SECOND = "1", "2"
FOR_USERS, FOR_ITEMS = "/v1/recommendations", "/v1/similar"
Configure = Callable[..., Settings]

# A shared runner is slow at times; speed is the load test's business.
hypothesis.settings.register_profile("project", deadline=None)
hypothesis.settings.load_profile("project")


@pytest.fixture(scope="session")
def use_case() -> Any:
    """Return your five functions."""
    return cli.USE_CASE


@pytest.fixture(scope="session")
def broker() -> Iterator[str]:
    """Run the embedded broker; gives its address."""
    with Embedded() as one:
        yield one.address


@pytest.fixture(scope="session")
def real_broker() -> Iterator[str]:
    """Run a broker as a process of its own (`tansu`, on the PATH); gives its address."""
    server = shutil.which("tansu")
    if server is None:
        if os.environ.get("REQUIRE_BROKER"):
            pytest.fail("REQUIRE_BROKER is set, and tansu is not on the PATH")
        pytest.skip("no broker of its own is installed: tansu")
    address = f"127.0.0.1:{_free_port()}"
    where = ("--listener-url", f"tcp://{address}", "--advertised-listener-url", f"tcp://{address}")
    command = (server, "broker", *where, "--storage-engine", "memory://tansu/", "--silent")
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as running:
        _until_open(int(address.split(":")[1]))
        yield address
        running.terminate()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _until_open(port: int) -> None:
    for _ in range(200):
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail(f"nothing listens on port {port}")


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a real Redis or Valkey server; gives its URL."""
    server = shutil.which("redis-server") or shutil.which("valkey-server")
    if server is None:
        if os.environ.get("REQUIRE_REDIS"):
            pytest.fail("REQUIRE_REDIS is set, and neither redis-server nor valkey-server is there")
        pytest.skip("neither redis-server nor valkey-server is installed")
    port = _free_port()
    folder = tmp_path_factory.mktemp("redis")
    command = (server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as running:
        _until_open(port)
        yield f"redis://127.0.0.1:{port}/0"
        running.terminate()


@pytest.fixture
def configure(tmp_path: Path, broker: str) -> Configure:
    """Return settings of this test's own: folder, topic, whatever it changes."""

    def settings(
        environ: Mapping[str, str] | None = None, **changes: Mapping[str, Any]
    ) -> Settings:
        name = tmp_path.name
        own = {"topic": name, "dead_letters": f"{name}.dead", "group": name}
        changes["stream"] = {**own, "oldest_days": ANY_AGE, **changes.get("stream", {})}
        place = {"SERVICE_BROKERS": broker, "SERVICE_DATA_DIR": str(tmp_path / "data")}
        return load(ROOT, {**place, **(environ or {})}, **changes)

    return settings


@pytest.fixture(params=["sqlite", "redis"])
def stored(request: pytest.FixtureRequest, configure: Configure) -> Settings:
    """Return settings with each kind of store."""
    if request.param == "sqlite":
        return configure()
    return configure({"SERVICE_STORE_URL": request.getfixturevalue("redis_url")})


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return a data folder with one version, which is champion, and that version."""
    folder = tmp_path_factory.mktemp("trained")
    own = load(ROOT, {"SERVICE_DATA_DIR": str(folder)}, training={"events": 8000})
    registry = Registry(own)
    version = training.train(own, cli.USE_CASE, registry)
    training.promote(own, cli.USE_CASE, registry, version)
    return folder, version


@pytest.fixture
def fresh(trained: tuple[Path, str], tmp_path: Path) -> Path:
    """Return a copy of the trained data folder, this test's own."""
    return Path(shutil.copytree(trained[0], tmp_path / "data"))


def work(
    settings: Settings, wanted: int, *, seconds: float = 30.0, use_case: Any = cli.USE_CASE
) -> WorkerMetrics:
    """Work until so many messages are dealt with; fails where they are not within `seconds`."""
    metrics = WorkerMetrics()
    worker = Worker(settings, use_case, open_store(settings), metrics)
    until = time.monotonic() + seconds
    worker.run(lambda: metrics.counts.total() >= wanted or time.monotonic() > until)
    assert metrics.counts.total() >= wanted, f"{metrics.counts} after {seconds} s"
    return metrics


def stuck(settings: Settings, use_case: Any, *, seconds: float = 30.0) -> WorkerMetrics:
    """Work until a batch cannot be written; fails where every one can."""
    metrics = WorkerMetrics()
    worker = Worker(settings, use_case, open_store(settings), metrics)
    until = time.monotonic() + seconds
    worker.run(lambda: metrics.store_failures._value.get() > 0 or time.monotonic() > until)
    assert metrics.store_failures._value.get() > 0, metrics.counts
    return metrics


def sent(settings: Settings, events: list[Any]) -> None:
    """Send events to the topic."""
    send(Producer(client(settings)), settings.stream.topic, [(e.user, encode(e)) for e in events])


def straight(settings: Settings, events: list[Any]) -> dict[str, bytes]:
    """Return every user's state after a straight fold in a dict."""
    mask, states = Mask(settings), {}
    for event in events:
        key = mask.text(event.user)
        states[key] = cli.USE_CASE.fold(states.get(key), event)
    return {key: state.dump() for key, state in states.items()}


def everything(store: Store) -> dict[str, bytes]:
    """Return every state that a store holds."""
    return store.get_many(list(store.keys()))


def killed_again_and_again(settings: Settings, events: list[Any], *, kills: int) -> None:
    """Fold events by workers that are killed at any moment, and one that ends the work."""
    draw = random.Random(2)
    with closing(open_store(settings)) as store:
        for life in range(kills + 1):
            begin = life * len(events) // (kills + 1)
            end = (life + 1) * len(events) // (kills + 1)
            sent(settings, events[begin:end])
            done = sum(store.offsets(range(8)).values())
            # A broker waits 45 s for a member that is gone; another group does not.
            stream = {"group": f"{settings.stream.group}.{life}"}
            with subprocess.Popen(worker_of(settings, **stream), cwd=ROOT) as running:
                last = life == kills
                until_moved(store, len(events) - 1 if last else done, running)
                time.sleep(0 if last else draw.uniform(0, 0.05))
                running.send_signal(signal.SIGTERM if last else signal.SIGKILL)


def worker_of(settings: Settings, **changes: Any) -> list[str]:
    """Return the command of a worker in a process of its own, on a file."""
    stream = {**dict(settings.stream), **changes}
    program = (
        "from recommendations.runtime import cli, monitoring, settings, state, worker;"
        f"own = settings.load(None, dict(SERVICE_BROKERS={settings.environment.brokers!r},"
        f" SERVICE_DATA_DIR={str(settings.environment.data)!r}), stream={stream!r});"
        "one = worker.Worker(own, cli.USE_CASE, state.open_store(own), monitoring.WorkerMetrics());"
        "worker.stop_on_signals(one); one.run()"
    )
    return [sys.executable, "-c", program]


def until_moved(store: Store, beyond: int, running: subprocess.Popen[bytes]) -> None:
    """Wait until a running worker wrote more than so many events."""
    until = time.monotonic() + 60
    while sum(store.offsets(range(8)).values()) <= beyond:
        assert time.monotonic() < until, "the worker does not work"
        assert running.poll() is None, "the worker ended by itself"
        time.sleep(0.002)


@dataclass
class Project:
    """A project in a folder of its own: settings, registry, service."""

    data: Path

    def settings(self, **changes: dict[str, object]) -> Settings:
        environ = {"SERVICE_DATA_DIR": str(self.data), "SERVICE_API_KEYS": KEY}
        changes["service"] = {"poll_seconds": 0.05, **changes.get("service", {})}
        return load(ROOT, environ, **changes)

    @cached_property
    def registry(self) -> Registry:
        return Registry(self.settings())

    def promote(self, version: str, alias: str = "champion") -> None:
        lenient = self.settings(gate={"margin": 1e12, "lift": 0.0})
        training.promote(lenient, cli.USE_CASE, self.registry, version, alias=alias)

    def client(self, use_case: Any = cli.USE_CASE, **changes: dict[str, object]) -> TestClient:
        app = server.application(self.settings(**changes), use_case, self.registry)
        return TestClient(app, headers={"X-API-Key": KEY})


@pytest.fixture(scope="session")
def _two_versions(trained: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a second version, trained on fewer events; the first is champion."""
    data = tmp_path_factory.mktemp("two") / "data"
    shutil.copytree(trained[0], data)
    project = Project(data)
    own = project.settings()
    assert training.train(own, cli.USE_CASE, project.registry, events=4000) == SECOND
    return data


@pytest.fixture(scope="session")
def shared(_two_versions: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project for tests that change nothing but its log."""
    data = tmp_path_factory.mktemp("shared") / "data"
    shutil.copytree(_two_versions, data)
    return Project(data)


@pytest.fixture(scope="session")
def service(shared: Project) -> Iterator[TestClient]:
    """The running service of `shared`."""
    with shared.client() as client:
        yield client


@pytest.fixture
def project(_two_versions: Path, tmp_path: Path) -> Project:
    """A project whose registry holds two versions; the first is champion."""
    shutil.copytree(_two_versions, tmp_path / "data")
    return Project(tmp_path / "data")


@pytest.fixture
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the service ask fifty times a second what is on offer."""
    monkeypatch.setattr(server, "OFFER_SECONDS", 0.02)


@pytest.fixture(name="client")
def _client(project: Project) -> Iterator[TestClient]:
    """The running service of `project`."""
    with project.client() as client:
        yield client


@pytest.fixture(scope="module")
def clicks() -> list[Any]:
    """Events as users made them until now; the first of them knows many items."""
    made = list(cli.USE_CASE.events(11, 3000))
    later = round(time.time() * 1000.0) - made[-1].at - 60_000
    return [msgspec.structs.replace(event, at=event.at + later) for event in made]


@pytest.fixture(scope="module")
def user(clicks: list[Any]) -> str:
    """Somebody who looked at many items."""
    users = [event.user for event in clicks]
    return max(set(users), key=users.count)


def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait until something is so; fails where it is not in time."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert condition()


def know(own: Settings, events: Sequence[Any], partition: int = 7) -> None:
    """Put events into the store, as the worker does."""
    text, states, hits = Mask(own).text, {}, {}
    with closing(open_store(own)) as store:
        for event in events:
            key, second = text(event.user), event.at // 1000
            if key not in states and (kept := store.get(key)):
                states[key] = cli.USE_CASE.state_type.load(kept)
            states[key] = cli.USE_CASE.fold(states.get(key), event)
            place = (second - second % own.trending.bucket_seconds, event.item)
            hits[place] = hits.get(place, 0) + 1000
        read = store.offsets([partition]).get(partition, 0)
        kept = {key: state.dump() for key, state in states.items()}
        store.commit(Change({partition: read}, {partition: read + len(events)}, kept, hits))


class Recording:
    """The same use case; it keeps what the newest decision saw."""

    saw: Shelf

    def __getattr__(self, name: str) -> Any:
        return getattr(cli.USE_CASE, name)

    def decide(self, shelf: Shelf) -> Sequence[tuple[str, float]]:
        self.saw = shelf
        return cli.USE_CASE.decide(shelf)


def looks(clicks: Iterable[Any], user: str, *items: str, ago: float = 60.0) -> list[Any]:
    """Return events of a user, seconds ago."""
    now = round((time.time() - ago) * 1000.0)
    weights = load(ROOT).weights
    wanted = next(event for event in clicks if weights[event.kind] > 0)
    return [
        msgspec.structs.replace(wanted, id=f"{user}-{n}-{now}", user=user, at=now + n, item=item)
        for n, item in enumerate(items)
    ]


def ask(client: TestClient, user: str, path: str = FOR_USERS, **more: object) -> Any:
    """Return the answer to a user's request."""
    answer = client.post(path, json={"user": user, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def shown(answer: Any) -> list[str]:
    """Return the items of an answer."""
    return [one["item"] for one in answer["items"]]


def metric(client: TestClient, name: str, **labels: str) -> float:
    """Return what the service says of itself; 0 where it says nothing."""
    said = "".join(f'{key}="{value}",' for key, value in sorted(labels.items())).rstrip(",")
    wanted = re.escape(name + ("{" + said + "}" if said else "")) + r" (\S+)"
    found = re.search("^" + wanted + "$", client.get("/metrics").text, re.MULTILINE)
    return float(found[1]) if found else 0.0
