"""A stream's image is built for real; worker and API start from it as two containers beside a broker."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.templates.real_tools import containers, projects
from tests.templates.real_tools.toolbox import run
from tests.templates.rendering import render

pytestmark = [pytest.mark.tools, pytest.mark.slow, pytest.mark.xdist_group("containers")]

IMAGE = "localhost/modelwright-stream-test"
KEY = "only-for-this-test"
REVISION = "3f786850e387550fdab836ed7e6dc881de23001b"
MEGABYTE = 1_000_000
LARGEST = 400 * MEGABYTE
PATIENCE = 30.0
AS_A_CLUSTER_DOES = (
    "--read-only", "--tmpfs", "/tmp", "--cap-drop", "all",
    "--security-opt", "no-new-privileges",
)  # fmt: skip
BROKER = """
import sys
from {package}.runtime.broker import Embedded
with Embedded() as one:
    print(one.address, flush=True)
    sys.stdin.read()
"""
CLICKS = """
import time
from {package}.runtime import broker, cli, events, settings
config = settings.load()
now = round(time.time() * 1000) - 60_000
clicks = [type(e)(f"{{e.id}}-{user}", "{user}", now + n, e.item) for n, e in enumerate(cli.USE_CASE.events(7, 5))]
sent = [(click.user, events.encode(click)) for click in clicks]
broker.send(broker.Producer(broker.client(config)), config.stream.topic, sent)
"""


@dataclass(frozen=True)
class Running:
    """Worker and API in containers: where they listen, and a program against their broker."""

    api: str
    worker: str
    project: Path
    broker: str

    def click(self) -> None:
        """Send some clicks of the user `ada`."""
        clicks(self.project, self.broker, "ada")

    def recommended(self) -> dict[str, object]:
        """Return what `ada` is recommended."""
        asked = {"user": "ada", "count": 5}
        status, body = projects.post(f"{self.api}/v1/recommendations", asked, KEY)
        assert status == 200, body
        return dict(json.loads(body))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = render("streaming-recommendation", tmp_path_factory.mktemp("stream"))
    projects.lock(made)
    projects.install(made)
    return made


@pytest.fixture(scope="module")
def image(project: Path) -> str:
    """What a deployment publishes: the last stage."""
    containers.ensure_base_image()
    started = time.monotonic()
    containers.build(project, IMAGE, VERSION="0.1.0", REVISION=REVISION)
    size = (_size(IMAGE) - _size(containers.BASE)) / MEGABYTE
    print(f"built in {time.monotonic() - started:.0f} s: {size:.0f} MB beyond the base image")
    return IMAGE


@pytest.fixture(scope="module")
def running(
    image: str, project: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    data = tmp_path_factory.mktemp("data")
    data.chmod(0o777)
    volume = ("--volume", f"{data}:/data")
    for verb in (["train", "--events", "20000"], ["promote", "latest"]):
        containers.inside("podman", "run", "--rm", *volume, image, *command(project, "api")[:-1], *verb)
    ports = {"SERVICE_PORT": projects.free_port(), "SERVICE_WORKER_PORT": projects.free_port()}
    with started_broker(project) as broker:
        # Only the first message makes a topic here; elsewhere the runbook does.
        clicks(project, broker, "bob")
        given = {"SERVICE_BROKERS": broker, "SERVICE_API_KEYS": KEY, **ports}
        options = [part for name, value in given.items() for part in ("--env", f"{name}={value}")]
        try:
            for process in ("worker", "api"):
                start = ("podman", "run", "--detach", "--replace", "--name", f"modelwright-{process}")
                containers.inside(
                    *start, *AS_A_CLUSTER_DOES, *volume, *options, image, *command(project, process)
                )
            api, worker = (f"http://127.0.0.1:{port}" for port in ports.values())
            projects.wait_until_ready(worker)
            projects.wait_until_ready(api)
            yield Running(api, worker, project, broker)
        finally:
            for process in ("worker", "api"):
                name = f"modelwright-{process}"
                print(containers.inside("podman", "logs", name, check=False))
                containers.inside("podman", "rm", "--force", name, check=False)


def command(project: Path, process: str) -> list[str]:
    """Return the command that the cluster starts a process with."""
    for found in yaml.safe_load_all((project / "deploy/k8s/base/deployment.yaml").read_text()):
        if found["kind"] == "Deployment":
            (container,) = found["spec"]["template"]["spec"]["containers"]
            if container["name"] == process:
                return list(container["command"])
    raise LookupError(process)


class started_broker:  # noqa: N801 - used as a function
    """Run the embedded broker in a process of its own, on a port of the loopback."""

    def __init__(self, project: Path) -> None:
        python = project / ".venv" / "bin" / "python"
        text = BROKER.format(package=projects.package(project))
        self._process = subprocess.Popen(
            [python, "-c", text], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=10)


def clicks(project: Path, broker: str, user: str) -> None:
    """Send five clicks of a user, by the project's own code."""
    python = project / ".venv" / "bin" / "python"
    text = CLICKS.format(package=projects.package(project), user=user)
    run(python, "-c", text, cwd=project, env={"SERVICE_BROKERS": broker})


def test_a_click_is_known_to_the_api_in_the_other_container(running: Running) -> None:
    assert running.recommended()["fallback"] == "unknown user"

    running.click()

    until = time.monotonic() + PATIENCE
    while running.recommended()["fallback"] and time.monotonic() < until:
        time.sleep(0.1)
    answer = running.recommended()
    assert answer["fallback"] == ""
    assert len(answer["items"]) == 5  # type: ignore[arg-type]
    assert 'worker_events_total{outcome="folded"} 10.0' in projects.get(f"{running.worker}/metrics")[1]


def test_without_a_key_nobody_is_answered(running: Running) -> None:
    assert projects.post(f"{running.api}/v1/recommendations", {"user": "ada"})[0] == 401


def test_both_run_as_nobody_and_write_only_their_data(running: Running) -> None:
    assert running
    for process in ("worker", "api"):
        inside = ("podman", "exec", f"modelwright-{process}", "sh", "-c")
        assert containers.inside(*inside, "id -u && id -g").split() == ["10001", "10001"]
        said = containers.inside(*inside, "touch /app/x 2>&1 || true")
        assert said.strip().endswith("Read-only file system")


def test_the_targets_start_what_the_cluster_starts(image: str, project: Path) -> None:
    worker = f"{IMAGE}-worker"
    containers.build(project, worker, target="worker", VERSION="0.1.0", REVISION=REVISION)
    for tag, process, port in ((image, "api", "8080"), (worker, "worker", "9100")):
        assert json.loads(_inspect("{{json .Config.Cmd}}", tag)) == command(project, process)
        assert f"127.0.0.1:{port}/healthz" in _inspect("{{json .Config.Healthcheck}}", tag)
        labels = json.loads(_inspect("{{json .Config.Labels}}", tag))
        assert labels["org.opencontainers.image.revision"] == REVISION
        assert labels["cost.halden-retail.example/project"] == project.name


def test_the_image_is_small_and_holds_no_tool_of_the_workshop(image: str) -> None:
    listed = "import importlib.metadata as m; print(*{d.name.lower() for d in m.distributions()})"
    held = set(containers.inside("podman", "run", "--rm", image, "python", "-c", listed).split())

    assert {"confluent-kafka", "fastapi", "redis"} <= held
    assert not {"pytest", "mypy", "ruff", "uv", "hypothesis", "pyspark", "implicit"} & held
    assert _size(image) - _size(containers.BASE) <= LARGEST


def test_told_to_stop_both_end_by_themselves(running: Running) -> None:
    """Last of this module: it stops them."""
    assert running
    for process in ("worker", "api"):
        name = f"modelwright-{process}"
        began = time.monotonic()
        containers.inside("podman", "stop", "--time", "25", name)
        assert time.monotonic() - began < 20
        code = containers.inside("podman", "inspect", "--format", "{{.State.ExitCode}}", name)
        assert int(code) in (0, 143)


def _size(image: str) -> int:
    return int(_inspect("{{.Size}}", image))


def _inspect(what: str, image: str) -> str:
    return containers.inside("podman", "image", "inspect", "--format", what, image).strip()
