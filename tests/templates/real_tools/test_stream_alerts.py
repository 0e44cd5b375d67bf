"""The worker's alerts fire on what a running worker exposes under their fault, and clear afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.templates.real_tools import projects
from tests.templates.real_tools.scraping import Recording
from tests.templates.real_tools.toolbox import run, tool
from tests.templates.rendering import render

pytestmark = pytest.mark.tools

PATIENCE = 30.0
# Sends as many events, or messages that are none, as each line of its input says.
SENDER = """
import itertools, sys, time
from {package}.runtime import broker, cli, events, settings
with broker.Embedded() as one:
    config = settings.load(environ={{"SERVICE_BROKERS": one.address}})
    producer = broker.Producer(broker.client(config))
    drawn = cli.USE_CASE.events(7, 100_000)
    print(one.address, flush=True)
    for line in sys.stdin:
        kind, many = line.split()
        now = round(time.time() * 1000)
        some = [type(e)(e.id, e.user, now, e.item) for e in itertools.islice(drawn, int(many))]
        sent = [(e.user, events.encode(e) if kind == "events" else b"none") for e in some]
        broker.send(producer, config.stream.topic, sent)
        print("sent", flush=True)
"""


class Stream:
    """A broker and a worker at work."""

    def __init__(self, project: Path, sender: subprocess.Popen[str], address: str) -> None:
        self._sender = sender
        self._sent = 0
        self.recording = Recording(address, project.name)

    def events(self) -> None:
        self._send("events 100")

    def half_of_them_none(self) -> None:
        self._send("events 50")
        self._send("others 50")

    def silence(self) -> None:
        """Send nothing."""

    def _send(self, what: str) -> None:
        tell(self._sender, what)
        self._sent += int(what.split()[1])
        until = time.monotonic() + PATIENCE
        while self._counted() < self._sent:
            assert time.monotonic() < until, "the worker did not count what was sent"
            time.sleep(0.01)

    def _counted(self) -> float:
        page = projects.get(f"{self.recording.address}/metrics")[1]
        lines = [line for line in page.splitlines() if line.startswith("worker_events_total{")]
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines)


def tell(sender: subprocess.Popen[str], what: str) -> None:
    """Hand the sender a line, and wait until it has done it."""
    assert sender.stdin is not None
    assert sender.stdout is not None
    sender.stdin.write(f"{what}\n")
    sender.stdin.flush()
    assert sender.stdout.readline().strip() == "sent"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tool("promtool")
    made = render("streaming-recommendation", tmp_path_factory.mktemp("stream"), dashboards=True)
    projects.lock(made)
    projects.install(made)
    return made


@pytest.fixture
def stream(project: Path, tmp_path: Path) -> Iterator[Stream]:
    python, port = project / ".venv" / "bin" / "python", projects.free_port()
    program = SENDER.format(package=projects.package(project))
    with subprocess.Popen(
        [python, "-c", program], cwd=project, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as sender:  # fmt: skip
        assert sender.stdout is not None
        given = {
            "SERVICE_BROKERS": sender.stdout.readline().strip(),
            "SERVICE_DATA_DIR": str(tmp_path / "data"),
            "SERVICE_WORKER_PORT": str(port),
        }
        found = Stream(project, sender, f"http://127.0.0.1:{port}")
        # Only the first message makes a topic here.
        tell(sender, "events 1")
        with subprocess.Popen(
            [python, "main.py", "work"], cwd=project, env={**os.environ, **given}
        ) as worker:
            projects.wait_until_ready(found.recording.address)
            found._sent = 1
            yield found
            worker.terminate()
        assert sender.stdin is not None
        sender.stdin.close()


@pytest.mark.parametrize(
    ("alert", "fault", "scrapes", "recovery"),
    [("NoEvents", Stream.silence, 35, 3), ("DeadLetters", Stream.half_of_them_none, 16, 20)],
)
def test_an_alert_of_the_worker_fires_under_its_fault_and_clears_afterwards(
    stream: Stream, project: Path, tmp_path: Path, alert: str, fault: object, scrapes: int,
    recovery: int,
) -> None:  # fmt: skip
    recording = stream.recording

    before = recording.during(6, stream.events)
    under = recording.during(scrapes, lambda: fault(stream))  # type: ignore[operator]
    after = recording.during(recovery, stream.events)

    test = recording.as_test(alert, 1, {before: False, under: True, after: False})
    shutil.copy(project / "monitoring/alerts.yml", tmp_path / "alerts.yml")
    document = {"rule_files": ["alerts.yml"], "evaluation_interval": "1m", "tests": [test]}
    (tmp_path / "scraped.yml").write_text(yaml.safe_dump(document))
    run("promtool", "test", "rules", "scraped.yml", cwd=tmp_path)
