"""The running process: address, keys, JSON log lines, uvicorn; and a demo of its whole life."""

from __future__ import annotations

import json
import logging
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from . import ProjectError, UseCase, training
from .app import create_app
from .experiment import Experiment
from .model import read_passport
from .registry import Registry
from .settings import Settings, load

__all__ = ["address", "application", "demo", "openapi", "serve"]

EVERYWHERE = "0.0.0.0"  # noqa: S104 - only with keys, see address
LOOPBACK = ("127.0.0.1", "localhost", "::1")
SECONDS_TO_FINISH = 20
DEMO_KEY = "demo"
DEMO_REQUESTS = 300
DEMO_PATIENCE = 30.0
Report = Callable[[Settings, Registry], tuple[str, bool]]


def application(
    settings: Settings, use_case: UseCase[Any, BaseModel], registry: Registry
) -> FastAPI:
    """Return the service with everything that this project has."""
    return create_app(settings, use_case, registry, Experiment(settings))


def openapi(settings: Settings, use_case: UseCase[Any, BaseModel]) -> str:
    """Return the service's description, as `docs/openapi.json` holds it."""
    described = application(settings, use_case, Registry(settings)).openapi()
    return json.dumps(described, indent=2, sort_keys=True) + "\n"


def serve(
    settings: Settings,
    use_case: UseCase[Any, BaseModel],
    registry: Registry,
    *,
    host: str = "",
    port: int | None = None,
) -> None:
    """Answer requests until SIGTERM or SIGINT, then finish what was begun.

    Raises:
        ProjectError: No key is set and the address is not loopback, or it is taken.
    """
    _log_as_json()
    host = address(settings, host)
    taken = _listen(host, settings.environment.port if port is None else port)
    shown = f"http://{host}:{taken.getsockname()[1]}"
    logging.getLogger(__name__).info("serving on %s", shown)
    config = uvicorn.Config(
        application(settings, use_case, registry),
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=SECONDS_TO_FINISH,
    )
    uvicorn.Server(config).run([taken])


def address(settings: Settings, host: str) -> str:
    """Return where to listen: without keys this machine only.

    Raises:
        ProjectError: No key is set and `host` can be reached from elsewhere.
    """
    keys = settings.environment.api_keys
    host = host or settings.environment.host or (EVERYWHERE if keys else LOOPBACK[0])
    if keys:
        return host
    if host not in LOOPBACK:
        raise ProjectError(
            f"SERVICE_API_KEYS is not set, so {host} is refused",
            next_step="set it (comma separated), or serve on 127.0.0.1",
            code=3,
        )
    logging.getLogger(__name__).warning(
        "SERVICE_API_KEYS is not set: no key is asked for, and only this machine can connect"
    )
    return host


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise ProjectError(
            f"{host}:{port} cannot be used: {error.strerror}",
            next_step="name another one with --port, or SERVICE_PORT",
        ) from error
    return listening


def _log_as_json() -> None:
    logging.raiseExceptions = False
    lines = logging.StreamHandler(sys.stdout)
    lines.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[lines], force=True)


class JsonLines(logging.Formatter):
    """One JSON object per line, as log collectors want it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON."""
        line = {
            "at": self.formatTime(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line)


def demo(
    settings: Settings,
    use_case: UseCase[Any, BaseModel],
    say: Callable[[str], None],
    report: Report,
) -> None:
    """Live the whole life of a model, in half a minute and in a temporary folder.

    Args:
        settings: The project's configuration.
        use_case: Your five functions.
        say: Tells a person what happens.
        report: Compares the log with the training data.

    Raises:
        ProjectError: The service did not start, or did not follow a promotion.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        environ = {
            **os.environ,
            "SERVICE_ROOT": str(settings.root),
            "SERVICE_DATA_DIR": folder,
            "SERVICE_ENVIRONMENT": "local",
            "SERVICE_API_KEYS": DEMO_KEY,
            "SERVICE_POLL_SECONDS": "0.2",
            "MLFLOW_TRACKING_URI": "",
        }
        own = load(settings.root, environ)
        _life(own, use_case, environ, say, report)


def _life(
    own: Settings,
    use_case: UseCase[Any, BaseModel],
    environ: dict[str, str],
    say: Callable[[str], None],
    report: Report,
) -> None:
    registry = Registry(own)
    few = max(own.training.rows // 4, 400)
    say(f"1  train on {few} made-up examples, in a registry that is one file")
    first = training.train(own, use_case, registry, rows=few)
    say(f"   version {first}: {_measured(registry, first)}")
    say(f"2  gate: {training.promote(own, use_case, registry, first).reason}")
    with _served(environ) as url:
        asked = use_case.examples(own.training.seed + 1, DEMO_REQUESTS).requests
        say(f"3  serve on {url}; the champion answers")
        say(f"   {_ask(url, asked)}")
        say(f"4  train on {own.training.rows} examples, and promote while the service runs")
        second = training.train(own, use_case, registry)
        say(f"   version {second}: {_measured(registry, second)}")
        say(f"   gate: {training.promote(own, use_case, registry, second).reason}")
        say(f"   swapped after {_until(url, second):.1f} s: {_ask(url, asked)}")
        training.rollback(registry)
        say(f"5  roll back: after {_until(url, first):.1f} s {_ask(url, asked)}")
    say(f"6  stopped; the log holds every answer\n\n{report(own, registry)[0]}")


def _measured(registry: Registry, version: str) -> str:
    measured = read_passport(registry.files(version))["metrics"]
    return ", ".join(f"{name} {value:.3f}" for name, value in measured.items())


@contextmanager
def _served(environ: dict[str, str]) -> Iterator[str]:
    """Run the service as its own process on a free port; ends it as Kubernetes would."""
    command = (sys.executable, "-m", f"{__package__}.cli", "serve", "--host", "127.0.0.1")
    with subprocess.Popen(
        (*command, "--port", "0"), env=environ, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            url = _announced(process)
            _until(url, None)
            yield url
        finally:
            process.terminate()
            process.communicate()


def _announced(process: subprocess.Popen[str]) -> str:
    for line in process.stdout or ():
        if found := re.search(r"http://[^\s\"]+", line):
            return found[0]
    raise ProjectError("the service did not start", next_step="run `uv run poe serve` to see why")


def _until(url: str, version: str | None) -> float:
    """Wait until the champion is `version` (any, where None); returns seconds."""
    started = time.monotonic()
    while time.monotonic() - started < DEMO_PATIENCE:
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
            f"{url}/v1/score", request.model_dump_json().encode(), {"X-API-Key": DEMO_KEY}
        )
        with urllib.request.urlopen(call, timeout=5) as answer:
            versions[json.load(answer)["model_version"]] += 1
    mean = (time.perf_counter() - started) / len(requests) * 1000.0
    told = ", ".join(f"{count} by version {version}" for version, count in versions.items())
    return f"{told}, {mean:.1f} ms each"
