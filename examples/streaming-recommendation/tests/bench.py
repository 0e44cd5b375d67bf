"""The worker's own proofs, too long for every change: `uv run poe bench`, `poe kill`, `poe memory`.

`bench` measures how many events a worker folds in a second, with each store that is installed;
`kill` kills it fifty times over one stream, and compares what is left with a straight fold;
`memory` lets it fold five million events, and fails where it grows.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from conftest import (
    everything,
    killed_again_and_again,
    sent,
    straight,
    until_moved,
    worker_of,
)
from load import store as redis_of
from msgspec.structs import replace

from recommendations.runtime.broker import Embedded
from recommendations.runtime.cli import USE_CASE
from recommendations.runtime.monitoring import WorkerMetrics
from recommendations.runtime.settings import Settings, load
from recommendations.runtime.state import open_store
from recommendations.runtime.worker import Worker

ROOT = Path(__file__).parents[1]
# The embedded broker keeps five megabytes of each of its four partitions.
EVENTS, KILL_EVENTS, KILLS, RUNS = 150_000, 200_000, 50, 3
PATIENCE = 120.0
MEMORY_EVENTS, ROUND, GROWTH = 5_000_000, 100_000, 1.1


@contextmanager
def place(store: str = "", **stream: Any) -> Iterator[Settings]:
    """Run a broker, and give settings of a folder of their own."""
    with (
        Embedded() as broker,
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
    ):
        environ = {
            "SERVICE_BROKERS": broker.address,
            "SERVICE_DATA_DIR": folder,
            "SERVICE_STORE_URL": store,
        }
        yield load(ROOT, environ, stream={"oldest_days": 36_500.0, **stream})


def rate(store: str) -> float:
    """Return how many events a second a worker folds and writes that finds them all waiting.

    The clock runs from when the first batch is asked for to when the last is written: not while
    the worker joins its group.
    """
    with place(store) as settings:
        sent(settings, list(USE_CASE.events(3, EVENTS)))
        metrics = WorkerMetrics()
        worker = Worker(settings, USE_CASE, open_store(settings), metrics)
        began = now = time.perf_counter()

        def done() -> bool:
            nonlocal began, now
            now = time.perf_counter()
            if not metrics.counts:
                began = now
            return metrics.counts.total() >= EVENTS or now - began > PATIENCE

        worker.run(done)
        assert metrics.counts["folded"] == EVENTS, metrics.counts
        return EVENTS / (now - began)


def bench() -> int:
    """Print the worker's speed as Markdown."""
    print(f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}")
    print("| state in | events a second, median of three |")
    print("|---|---|")
    print(f"| a file | {statistics.median(rate('') for _ in range(RUNS)):.0f} |", flush=True)
    if shutil.which("redis-server") or shutil.which("valkey-server"):
        found = []
        for _ in range(RUNS):
            with tempfile.TemporaryDirectory() as folder, redis_of(folder) as url:
                found.append(rate(url))
        print(f"| Redis | {statistics.median(found):.0f} |")
    return 0


def kill() -> int:
    """Kill a worker fifty times, and compare."""
    events = list(USE_CASE.events(3, KILL_EVENTS))
    with place(batch=200) as settings:
        began = time.perf_counter()
        killed_again_and_again(settings, events, kills=KILLS)
        took = time.perf_counter() - began
        with closing(open_store(settings)) as store:
            same = everything(store) == straight(settings, events)
            counted = sum(n for items in store.counts().values() for n in items.values())
    right = sum(settings.weights[event.kind] for event in events)
    print(f"{KILLS} kills over {len(events)} events in {took:.0f} s")
    print(f"every state as after a straight fold: {same}; counted {counted:.0f} of {right:.0f}")
    return int(not same or counted != right)


def memory(events: int) -> int:
    """Let one worker fold so many events of the same users, and watch how much memory it takes."""
    sample = list(USE_CASE.events(3, ROUND))
    span = sample[-1].at - sample[0].at + 1
    print("| events | MB |\n|---:|---:|")
    seen = []
    with (
        place(states_in_memory=ROUND) as settings,
        closing(open_store(settings)) as store,
        subprocess.Popen(worker_of(settings), cwd=ROOT) as running,
    ):
        for count in range(ROUND, events + 1, ROUND):
            later = span * (count // ROUND)
            again = (replace(e, id=f"{count}-{e.id}", at=e.at + later) for e in sample)
            sent(settings, list(again))
            until_moved(store, count - 1, running)
            seen.append(_megabytes(running.pid))
            if count % (5 * ROUND) == 0:
                print(f"| {count:,} | {seen[-1]:.0f} |", flush=True)
        running.terminate()
    # The first rounds meet each user for the first time.
    settled, most = seen[len(seen) // 5], max(seen)
    print(f"from {settled:.0f} MB after a fifth of the events to at most {most:.0f} MB")
    return int(most > GROWTH * settled)


def _megabytes(process: int) -> float:
    """Return how much memory a process holds, as Linux tells it."""
    told = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    return int(told.split("VmRSS:")[1].split()[0]) / 1024


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("bench", "kill", "memory"), nargs="?", default="bench")
    parser.add_argument("--events", type=int, default=MEMORY_EVENTS, help="of `memory`")
    asked = parser.parse_args()
    if asked.what == "memory" and not Path("/proc/self/status").exists():
        parser.error("`memory` asks Linux how much a process holds: run it in a container")
    if asked.events < ROUND:
        parser.error(f"--events: at least {ROUND}")
    verbs = {"bench": bench, "kill": kill, "memory": lambda: memory(asked.events)}
    sys.exit(verbs[asked.what]())
