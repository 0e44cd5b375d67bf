"""The worker's own proofs, too long for every change: `uv run poe bench`, `uv run poe kill`.

`bench` measures how many events a worker folds in a second, with each store that is installed;
`kill` kills it fifty times over one stream, and compares what is left with a straight fold.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from conftest import everything, killed_again_and_again, sent, straight
from load import store as redis_of

from {{ cookiecutter.package_name }}.runtime.broker import Embedded
from {{ cookiecutter.package_name }}.runtime.cli import USE_CASE
from {{ cookiecutter.package_name }}.runtime.monitoring import WorkerMetrics
from {{ cookiecutter.package_name }}.runtime.settings import Settings, load
from {{ cookiecutter.package_name }}.runtime.state import open_store
from {{ cookiecutter.package_name }}.runtime.worker import Worker

ROOT = Path(__file__).parents[1]
# The embedded broker keeps five megabytes of each of its four partitions.
EVENTS, KILL_EVENTS, KILLS, RUNS = 150_000, 200_000, 50, 3
PATIENCE = 120.0


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


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("bench", "kill"), nargs="?", default="bench")
    sys.exit({"bench": bench, "kill": kill}[parser.parse_args().what]())
