"""What tests of the machinery share: a broker, stores, settings of a folder of their own."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from {{ cookiecutter.package_name }}.runtime import cli
from {{ cookiecutter.package_name }}.runtime.broker import Embedded, client, send
from {{ cookiecutter.package_name }}.runtime.events import Mask, encode
from {{ cookiecutter.package_name }}.runtime.monitoring import WorkerMetrics
from {{ cookiecutter.package_name }}.runtime.registry import Registry
from {{ cookiecutter.package_name }}.runtime.settings import Settings, load
from {{ cookiecutter.package_name }}.runtime.state import Store, open_store
from {{ cookiecutter.package_name }}.runtime.worker import Worker

ROOT = Path(__file__).parents[1]
ANY_AGE = 36_500.0
Configure = Callable[..., Settings]


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
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a real Redis or Valkey server; gives its URL."""
    server = shutil.which("redis-server") or shutil.which("valkey-server")
    if server is None:
        if os.environ.get("REQUIRE_REDIS"):
            pytest.fail("REQUIRE_REDIS is set, and neither redis-server nor valkey-server is there")
        pytest.skip("neither redis-server nor valkey-server is installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("redis")
    command = (server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as running:
        for _ in range(200):
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"redis://127.0.0.1:{port}/0"
        running.terminate()


@pytest.fixture
def configure(tmp_path: Path, broker: str) -> Configure:
    """Return settings of this test's own: folder, topic, whatever it changes."""

    def settings(environ: Mapping[str, str] | None = None, **changes: Mapping[str, Any]) -> Settings:
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
    from {{ cookiecutter.package_name }}.runtime import training  # noqa: PLC0415

    registry = Registry(own)
    version = training.train(own, cli.USE_CASE, registry)
    training.promote(own, cli.USE_CASE, registry, version)
    return folder, version


@pytest.fixture
def fresh(trained: tuple[Path, str], tmp_path: Path) -> Path:
    """Return a copy of the trained data folder, this test's own."""
    return Path(shutil.copytree(trained[0], tmp_path / "data"))


def work(settings: Settings, wanted: int, *, seconds: float = 30.0) -> WorkerMetrics:
    """Work until so many messages are dealt with; fails where they are not within `seconds`."""
    metrics = WorkerMetrics()
    worker = Worker(settings, cli.USE_CASE, open_store(settings), metrics)
    until = time.monotonic() + seconds
    worker.run(lambda: metrics.counts.total() >= wanted or time.monotonic() > until)
    assert metrics.counts.total() >= wanted, f"{metrics.counts} after {seconds} s"
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


@pytest.fixture
def closing_all() -> Iterator[ExitStack]:
    """Return a stack that closes at the end of the test."""
    with ExitStack() as stack:
        yield stack
