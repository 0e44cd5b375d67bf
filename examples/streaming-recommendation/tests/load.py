"""Load test: a service of its own, the framework's bare route beside it, a limit that can fail.

Run it with `uv run poe load`; it writes `docs/load-test.md`, and exits with 1 past a limit.
The store is Redis where `redis-server` is installed, else a file. `--url` measures a service that
runs already instead (its keys from SERVICE_API_KEYS).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from recommendations.runtime import settings
from recommendations.runtime.cli import USE_CASE
from recommendations.runtime.events import Mask
from recommendations.runtime.state import Change, open_store

ROOT = Path(__file__).resolve().parents[1]
KEY = "load"
SEED, EVENTS = 4711, 30_000
STRANGERS = 0.05
BARE = """
import uvicorn
from fastapi import FastAPI
app = FastAPI()
@app.get("/healthz")
async def healthz() -> dict[str, str]:
    return {"status": "ok"}
config = uvicorn.Config(app, port=0, access_log=False, log_level="warning")
listening = config.bind_socket()
print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
uvicorn.Server(config).run([listening])
"""


@dataclass(frozen=True)
class Result:
    """What one run gave.

    Attributes:
        seconds: Latency of every answer, ascending.
        failed: Answers that were not 200.
        took: Seconds of the whole run.
    """

    seconds: list[float]
    failed: int
    took: float

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.seconds) / self.took

    def milliseconds(self, share: float) -> float:
        """Latency that `share` of the answers stay below."""
        return self.seconds[min(int(share * len(self.seconds)), len(self.seconds) - 1)] * 1000.0


class Caller(asyncio.Protocol):
    """One connection that asks again as soon as it is answered."""

    def __init__(self, requests: Sequence[bytes], until: float) -> None:
        self.seconds: list[float] = []
        self.failed = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._requests = requests
        self._until = until
        self._asked = 0
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the first time."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Take a part of an answer; ask again when it is complete."""
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        if not found or length is None or len(body) < int(length[1]):
            return
        now = time.perf_counter()
        self.seconds.append(now - self._since)
        self.failed += b" 200 " not in head[:14]
        self._received = b""
        if now < self._until:
            self._ask()
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """End, counted as a failure where the service hung up."""
        self.failed += exc is not None
        if not self.done.done():
            self.done.set_result(None)

    def _ask(self) -> None:
        self._since = time.perf_counter()
        self._transport.write(self._requests[self._asked % len(self._requests)])
        self._asked += 1


async def run(url: str, requests: Sequence[bytes], *, seconds: float, connections: int) -> Result:
    """Keep `connections` connections busy for a while."""
    place, started = urlsplit(url), time.perf_counter()
    loop = asyncio.get_running_loop()
    callers = []
    for number in range(connections):
        shifted = [*requests[number:], *requests[:number]]
        _, caller = await loop.create_connection(
            lambda shifted=shifted: Caller(shifted, started + seconds),  # type: ignore[misc]
            place.hostname,
            place.port,
        )
        callers.append(caller)
    await asyncio.gather(*(caller.done for caller in callers))
    latencies = sorted(second for caller in callers for second in caller.seconds)
    failed = sum(caller.failed for caller in callers)
    return Result(latencies, failed, time.perf_counter() - started)


def requests(key: str) -> list[bytes]:
    """Return requests as they go over the wire: for the users of a seed, and for some strangers."""
    users = sorted({event.user for event in USE_CASE.events(SEED, EVENTS)})
    users += [f"stranger-{number}" for number in range(round(len(users) * STRANGERS))]
    random.Random(SEED).shuffle(users)
    bodies = [json.dumps({"user": user}).encode() for user in users]
    head = "POST /v1/recommendations HTTP/1.1\r\nhost: load\r\nx-api-key: {}\r\ncontent-length: "
    return [head.format(key).encode() + b"%d\r\n\r\n%s" % (len(body), body) for body in bodies]


@contextmanager
def started(command: Sequence[str], environ: dict[str, str]) -> Iterator[str]:
    """Run a process that prints its address; end it afterwards."""
    with subprocess.Popen(
        command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            lines = (re.search(r"http://[^\s\"]+", line) for line in process.stdout)
            yield next(found[0] for found in lines if found)
        finally:
            process.terminate()
            process.communicate()


def wait_until_ready(url: str, patience: float = 60.0) -> None:
    """Return when the service at `url` has a champion; `patience` in seconds."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(f"{url} has no champion after {patience} s")


@contextmanager
def store(folder: str) -> Iterator[str]:
    """Run a Redis of its own, where there is one; gives its address, empty for a file."""
    server = shutil.which("redis-server") or shutil.which("valkey-server")
    if server is None:
        yield ""
        return
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    quiet = ("--save", "", "--appendonly", "no", "--dir", folder)
    with subprocess.Popen(
        [server, "--port", str(port), "--bind", "127.0.0.1", *quiet], stdout=subprocess.DEVNULL
    ) as process:
        try:
            _wait_until_open(port)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.terminate()


def _wait_until_open(port: int, patience: float = 10.0) -> None:
    until = time.monotonic() + patience
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1.0).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise TimeoutError(f"the store did not open port {port} within {patience} s")


def fill(environ: dict[str, str]) -> None:
    """Fold events of a seed into the store, as if they had come until now."""
    own = settings.load(ROOT, environ)
    events = list(USE_CASE.events(SEED, EVENTS))
    later = round(time.time() * 1000.0) - events[-1].at
    mask, states, hits = Mask(own), {}, {}
    for old in events:
        event = msgspec.structs.replace(old, at=old.at + later)
        key, second = mask.text(event.user), event.at // 1000
        states[key] = USE_CASE.fold(states.get(key), event)
        place = (second - second % own.trending.bucket_seconds, event.item)
        hits[place] = hits.get(place, 0) + 1000
    with closing(open_store(own)) as opened:
        kept = {key: state.dump() for key, state in states.items()}
        opened.commit(Change({0: 0}, {0: EVENTS}, kept, hits))


@contextmanager
def own_service() -> Iterator[tuple[str, str, str]]:
    """Train, promote, fill and serve in a temporary folder; gives store, service, bare address."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, store(folder) as kept:
        environ = {
            **os.environ,
            "SERVICE_DATA_DIR": folder,
            "SERVICE_API_KEYS": KEY,
            "SERVICE_STORE_URL": kept,
            "MLFLOW_TRACKING_URI": "",
        }
        verb = [sys.executable, "main.py"]
        subprocess.run([*verb, "train"], cwd=ROOT, env=environ, check=True)
        subprocess.run([*verb, "promote", "latest"], cwd=ROOT, env=environ, check=True)
        fill(environ)
        serve = [*verb, "serve", "--host", "127.0.0.1", "--port", "0"]
        with (
            started(serve, environ) as url,
            started([sys.executable, "-c", BARE], environ) as bare,
        ):
            yield "Redis" if kept else "a file", url, bare


def report(made: Result, bare: Result | None, kept: str, connections: int) -> str:
    """Return the result as Markdown."""
    rows = [("POST /v1/recommendations", made)]
    if bare is not None:
        rows.append(("GET of the bare framework", bare))
    lines = [
        "# Load test",
        "",
        f"{platform.machine()}, {os.cpu_count()} processors (the callers run on them too), "
        f"Python {platform.python_version()}, one process, states in {kept}, "
        f"{connections} connections.",
        "",
        "| route | answers per second | p50 ms | p99 ms | failed |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {r.rate:.0f} | {r.milliseconds(0.5):.2f} | {r.milliseconds(0.99):.2f} "
        f"| {r.failed} |"
        for name, r in rows
    ]
    if bare is not None:
        lines += ["", f"A recommendation reaches {made.rate / bare.rate:.2f} of the framework."]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Measure; returns 1 when an answer failed or the slowest hundredth is too slow."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="a service that runs already")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--p99", type=float, default=50.0, help="limit in milliseconds")
    asked = parser.parse_args()
    how = {"seconds": asked.seconds, "connections": asked.connections}
    bare, kept = None, "its store"
    if asked.url:
        key = os.environ.get("SERVICE_API_KEYS", "").partition(",")[0]
        made = asyncio.run(run(asked.url, requests(key), **how))
    else:
        plain = [b"GET /healthz HTTP/1.1\r\nhost: load\r\n\r\n"]
        with own_service() as (kept, url, bare_url):
            wait_until_ready(url)
            asyncio.run(run(url, requests(KEY), seconds=1.0, connections=4))
            made = asyncio.run(run(url, requests(KEY), **how))
            bare = asyncio.run(run(bare_url, plain, **how))
    text = report(made, bare, kept, asked.connections)
    (ROOT / "docs/load-test.md").write_text(text, encoding="utf-8")
    print(text)
    slow = made.milliseconds(0.99) > asked.p99
    if slow or made.failed:
        print(f"failed: p99 over {asked.p99} ms, or an answer that is not 200", file=sys.stderr)
    return int(slow or made.failed > 0)


if __name__ == "__main__":
    sys.exit(main())
