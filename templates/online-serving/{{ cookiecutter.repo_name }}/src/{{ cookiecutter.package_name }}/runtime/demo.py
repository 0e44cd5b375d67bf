"""The whole life of a model in half a minute, on this machine and in a temporary folder."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pydantic import BaseModel

from . import ProjectError, UseCase, passport, promotion, reports, settings, training
from .registry import Registry
from .settings import Settings

__all__ = ["run"]

REQUESTS = 300
PATIENCE = 30.0
KEY = "demo"


def run(config: Settings, use_case: UseCase[Any, BaseModel], say: Callable[[str], None]) -> int:
    """Train, promote, serve, swap, roll back, look for drift; returns the exit code."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        environ = {
            **os.environ,
            "SERVICE_ROOT": str(config.root),
            "SERVICE_DATA_DIR": folder,
            "SERVICE_ENVIRONMENT": "local",
            "SERVICE_API_KEYS": KEY,
            "SERVICE_POLL_SECONDS": "0.2",
            "MLFLOW_TRACKING_URI": "",
        }
        own = settings.load(config.root, environ)
        return _life(own, use_case, environ, say)


def _life(
    own: Settings,
    use_case: UseCase[Any, BaseModel],
    environ: dict[str, str],
    say: Callable[[str], None],
) -> int:
    registry = Registry(own)
    few = max(own.training.rows // 4, 400)
    say(f"1  train on {few} made-up examples, in a registry that is one file")
    first = training.train(own, use_case, registry, rows=few)
    say(f"   version {first}: {_metrics(registry, first)}")
    say(f"2  gate: {promotion.promote(own, use_case, registry, first).reason}")
    with _served(environ) as url:
        asked = use_case.examples(own.training.seed + 1, REQUESTS).requests
        say(f"3  serve on {url}; the champion answers")
        say(f"   {_ask(url, asked)}")
        say(f"4  train on {own.training.rows} examples, and promote while the service runs")
        second = training.train(own, use_case, registry)
        say(f"   version {second}: {_metrics(registry, second)}")
        say(f"   gate: {promotion.promote(own, use_case, registry, second).reason}")
        say(f"   swapped after {_until(url, second):.1f} s: {_ask(url, asked)}")
        promotion.rollback(registry)
        say(f"5  roll back: after {_until(url, first):.1f} s {_ask(url, asked)}")
    report, _ = reports.drift_report(own, registry, hours=1.0)
    say(f"6  stopped; the log holds every answer\n\n{report}")
    return 0


def _metrics(registry: Registry, version: str) -> str:
    measured = passport.read(registry.files(version))["metrics"]
    return ", ".join(f"{name} {value:.3f}" for name, value in measured.items())


@contextmanager
def _served(environ: dict[str, str]) -> Iterator[str]:
    """Run the service as its own process on a free port; ends it as Kubernetes would."""
    command = (sys.executable, "-m", str(__package__), "serve", "--host", "127.0.0.1")
    with subprocess.Popen(
        (*command, "--port", "0"), env=environ, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            url = _address(process)
            _until(url, None)
            yield url
        finally:
            process.terminate()
            process.communicate()


def _address(process: subprocess.Popen[str]) -> str:
    for line in process.stdout or ():
        if found := re.search(r"http://[^\s\"]+", line):
            return found[0]
    raise ProjectError("the service did not start", next_step="run `uv run poe serve` to see why")


def _until(url: str, version: str | None) -> float:
    """Wait until the champion is `version` (any, where None); returns seconds."""
    started = time.monotonic()
    while time.monotonic() - started < PATIENCE:
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:
                if version in (None, json.load(answer)["champion"]):
                    return time.monotonic() - started
        except OSError:
            pass
        time.sleep(0.05)
    raise ProjectError(f"no champion {version or ''} at {url}", next_step="run the demo again")


def _ask(url: str, requests: Sequence[BaseModel]) -> str:
    """Send every request once; returns what came back, counted."""
    versions: Counter[str] = Counter()
    started = time.perf_counter()
    for request in requests:
        call = urllib.request.Request(
            f"{url}/v1/score", request.model_dump_json().encode(), {"X-API-Key": KEY}
        )
        with urllib.request.urlopen(call, timeout=5) as answer:
            versions[json.load(answer)["model_version"]] += 1
    mean = (time.perf_counter() - started) / len(requests) * 1000.0
    told = ", ".join(f"{count} by version {version}" for version, count in versions.items())
    return f"{told}, {mean:.1f} ms each"
