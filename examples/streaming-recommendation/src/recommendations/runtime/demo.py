"""All of it at work on this machine: broker, worker, service, clicks; in a temporary folder."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from confluent_kafka import Producer
from msgspec.structs import replace

from . import ProjectError, UseCase, training
from .broker import Embedded, client, produce
from .events import encode
from .history import histories
from .registry import Registry
from .settings import Settings, load

__all__ = ["demo"]

ASKED_A_SECOND, PROBED_A_SECOND = 25, 20
WARM_SECONDS = 1.0
PATIENCE = 30.0
LARGEST_WAIT = 1.0
PICTURE = (720, 180)
PORT = re.compile(r"(?:http://\S+?:|on port )(\d+)")
NEW_SEED = 1


@dataclass(slots=True)
class Seen:
    """What the demo saw; times in seconds.

    Attributes:
        sent: Clicks that went into the broker.
        probed: First clicks of new users beside them.
        asked: By arm, how often the next click was asked for.
        found: By arm, how often it was among the ten that were recommended.
        waits: From a click's sending to an answer that knows it, after a second to warm up.
        rates: Clicks folded in each second.
        lags: Clicks that waited at the end of each second.
    """

    sent: int = 0
    probed: int = 0
    asked: dict[str, int] = field(default_factory=dict)
    found: dict[str, int] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)


def demo(
    settings: Settings,
    use_case: UseCase[Any, Any],
    *,
    seconds: float,
    rate: int,
    events: int | None = None,
) -> None:
    """Show the whole life of a recommendation, live, and end with a summary and a picture.

    Args:
        settings: The project's configuration.
        use_case: Your five functions.
        seconds: For how long clicks flow.
        rate: Clicks a second, at least 100.
        events: How many made-up ones to train on; the configured number where not given.

    Raises:
        ProjectError: The broker, the worker or the service did not start.
    """
    started = time.monotonic()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        broker = stack.enter_context(Embedded())
        environ = {
            **os.environ,
            "SERVICE_ROOT": str(settings.root),
            "SERVICE_DATA_DIR": folder,
            "SERVICE_API_KEYS": "",
            "SERVICE_WORKER_PORT": "0",
            "SERVICE_POLL_SECONDS": "0.5",
        }
        for name in ("SERVICE_BROKERS", "SERVICE_STORE_URL", "MLFLOW_TRACKING_URI"):
            environ.pop(name, None)
        own = load(settings.root, environ)
        print(f"train     {_versions(own, use_case, events or own.training.events)}")
        environ["SERVICE_BROKERS"] = broker.address
        broker.make(own.stream.topic, own.stream.dead_letters)
        logs = Path(folder)
        worker = stack.enter_context(_started(environ, logs, "work"))
        service = stack.enter_context(_started(environ, logs, "serve", "--port", "0"))
        _until_ready(service)
        print(f"running   broker {broker.address}, worker {worker}, service {service}")
        seen = _flow(load(settings.root, environ), use_case, worker, service, (seconds, rate))
        picture = settings.environment.data / "demo.svg"
        picture.parent.mkdir(parents=True, exist_ok=True)
        picture.write_text(_picture(seen), encoding="utf-8")
        _tell(seen, picture)
    print(f"done in {time.monotonic() - started:.1f} s")


def _versions(own: Settings, use_case: UseCase[Any, Any], events: int) -> str:
    """Train and promote a champion and, where there are arms, a challenger on fewer events."""
    registry = Registry(own)
    data = histories(own, use_case, own.training.seed, events)
    told = []
    for alias, some in ((training.CHAMPION, data), (training.CHALLENGER, data[::2])):
        if alias == training.CHALLENGER and not own.experiment:
            break
        version = training.train(own, use_case, registry, data=some)
        own_gate = own.model_copy(update={"gate": own.gate.model_copy(update={"margin": 1.0})})
        verdict = training.promote(own_gate, use_case, registry, version, alias=alias)
        told.append(f"{alias} {version}: {verdict.reason.split(',')[0]}")
    return "; ".join(told)


@contextmanager
def _started(environ: dict[str, str], logs: Path, *verb: str) -> Iterator[str]:
    """Run a verb as a process of its own; gives its URL, and ends it as Kubernetes would."""
    command = (sys.executable, "-m", f"{__package__}.cli", *verb)
    log = logs / f"{verb[0]}.log"
    with log.open("wb") as out, subprocess.Popen(command, env=environ, stdout=out) as process:
        try:
            until = time.monotonic() + PATIENCE
            while not (found := PORT.search(log.read_text(encoding="utf-8"))):
                if process.poll() is not None or time.monotonic() > until:
                    step = f"run `uv run poe {verb[0]}` to see why"
                    raise ProjectError(f"`{verb[0]}` did not start", next_step=step)
                time.sleep(0.02)
            yield f"http://127.0.0.1:{found[1]}"
        finally:
            process.terminate()
            process.wait()


def _until_ready(service: str) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{service}/readyz", timeout=5):
                return
        except OSError:
            time.sleep(0.05)
    raise ProjectError(f"{service} is not ready", next_step="run `uv run poe serve` to see why")


def _flow(
    own: Settings,
    use_case: UseCase[Any, Any],
    worker: str,
    service: str,
    flow: tuple[float, int],
) -> Seen:
    """Let clicks flow, ask for some users what comes next, and show each second what happens."""
    seconds, rate = flow[0], max(100, flow[1])
    seen = Seen()
    producer = Producer(client(own, **{"linger.ms": 2}))
    many = round(seconds * rate)
    started = told = time.monotonic()
    before = 0.0
    for number, event in enumerate(use_case.events(own.training.seed + NEW_SEED, many)):
        ahead = number / rate - (time.monotonic() - started)
        if ahead > 0:
            producer.poll(0)
            time.sleep(ahead)
        now = replace(event, at=round(time.time() * 1000.0))
        if number % (rate // ASKED_A_SECOND) == 0:
            _ask(service, now, seen)
        _send(producer, own, now)
        seen.sent += 1
        if number % (rate // PROBED_A_SECOND) == 0:
            new = replace(now, user=f"new-{number}", id=f"n{number}")
            seen.probed += 1
            wait = _probe(service, producer, own, new)
            if number >= WARM_SECONDS * rate:
                seen.waits.append(wait)
        if time.monotonic() - told >= 1.0:
            before = _second(worker, seen, before, time.monotonic() - told)
            told = time.monotonic()
    producer.flush(PATIENCE)
    return seen


def _send(producer: Producer, own: Settings, event: Any) -> None:
    produce(producer, own.stream.topic, key=event.user.encode(), value=encode(event))


def _ask(service: str, event: Any, seen: Seen) -> None:
    """Ask what this user wants next, before the click that tells it."""
    answer = _post(service, {"user": event.user, "count": 10})
    arm = answer["model_version"]
    seen.asked[arm] = seen.asked.get(arm, 0) + 1
    hit = event.item in [one["item"] for one in answer["items"]]
    seen.found[arm] = seen.found.get(arm, 0) + hit


def _probe(service: str, producer: Producer, own: Settings, event: Any) -> float:
    """Send a new user's first click, and measure until the answer is no stranger's any more."""
    started = time.monotonic()
    _send(producer, own, event)
    producer.flush(LARGEST_WAIT)
    while time.monotonic() - started < LARGEST_WAIT:
        if not _post(service, {"user": event.user, "count": 1})["fallback"]:
            break
    return time.monotonic() - started


def _post(service: str, body: dict[str, Any]) -> dict[str, Any]:
    call = urllib.request.Request(
        f"{service}/v1/recommendations",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(call, timeout=5) as answer:
        return dict(json.load(answer))


def _second(worker: str, seen: Seen, before: float, passed: float) -> float:
    """Show one second; returns how many clicks were folded so far."""
    with urllib.request.urlopen(f"{worker}/metrics", timeout=5) as page:
        text = page.read().decode()
    done = sum(float(value) for value in re.findall(r"^worker_events_total{.*} (\S+)$", text, re.M))
    seen.rates.append((done - before) / passed)
    seen.lags.append(max(0.0, seen.sent + seen.probed - done))
    line = (
        f"live      {seen.rates[-1]:6.0f} events/s   lag {seen.lags[-1]:4.0f}   "
        f"event to recommendation {median(seen.waits or [0.0]) * 1000:5.1f} ms   {_arms(seen)}"
    )
    end = "\r" if sys.stdout.isatty() else "\n"
    print(line, end=end, flush=True)
    return done


def _arms(seen: Seen) -> str:
    shares = (f"{arm}: {seen.found[arm]} of {asked}" for arm, asked in sorted(seen.asked.items()))
    return "next click found by version " + ", ".join(shares)


def _tell(seen: Seen, picture: Path) -> None:
    waits = sorted(seen.waits) or [0.0]
    slowest = waits[min(len(waits) - 1, int(len(waits) * 0.99))]
    asked, found = sum(seen.asked.values()), sum(seen.found.values())
    print("\n" if sys.stdout.isatty() else "", end="")
    print(f"stream    {seen.sent} clicks, {median(seen.rates or [0.0]):.0f} folded a second")
    print(
        f"latency   event to recommendation: half within {median(waits) * 1000:.1f} ms,"
        f" 99 of 100 within {slowest * 1000:.1f} ms"
    )
    print(f"recall    the next click was among ten recommended {found} of {asked} times")
    print(f"arms      {_arms(seen)}")
    print(f"picture   {picture}")


def _picture(seen: Seen) -> str:
    """Return events per second and lag over the seconds, as SVG."""
    wide, high = PICTURE
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high + 40}"'
        ' font-family="sans-serif" font-size="12">',
        f'<rect width="{wide}" height="{high + 40}" fill="white"/>',
    ]
    for values, colour, name, left in (
        (seen.rates, "#1a6fb0", "events folded a second", 10),
        (seen.lags, "#c0392b", "events that wait", 200),
    ):
        lines.append(
            f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="'
            f'{_points(values, max([*seen.rates, *seen.lags, 1.0]))}"/>'
        )
        lines.append(
            f'<text x="{left}" y="{high + 28}" fill="{colour}">{name},'
            f" at most {max(values or [0.0]):.0f}</text>"
        )
    return "\n".join([*lines, "</svg>\n"])


def _points(values: Sequence[float], most: float) -> str:
    wide, high = PICTURE
    step = (wide - 20) / max(1, len(values) - 1)
    return " ".join(
        f"{10 + n * step:.1f},{high - value / most * (high - 20):.1f}"
        for n, value in enumerate(values)
    )
