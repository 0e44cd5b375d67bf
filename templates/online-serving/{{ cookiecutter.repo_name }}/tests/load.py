"""Load test: a service of its own, the framework's bare route beside it, a limit that can fail.

Run it with `uv run poe load`; it writes `docs/load-test.md`, and exits with 1 past a limit.
`--url` measures a service that already runs instead (its keys from SERVICE_API_KEYS).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from {{ cookiecutter.package_name }}.runtime.cli import USE_CASE

ROOT = Path(__file__).resolve().parents[1]
KEY = "load"
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


{% include 'templates/_shared/load-caller.py' %}

def scoring_requests(key: str) -> list[bytes]:
    """Return requests as they go over the wire: the examples of a seed that training never saw."""
    bodies = [r.model_dump_json().encode() for r in USE_CASE.examples(4711, 500).requests]
    head = f"POST /v1/score HTTP/1.1\r\nhost: load\r\nx-api-key: {key}\r\ncontent-length: "
    return [head.encode() + b"%d\r\n\r\n%s" % (len(body), body) for body in bodies]


{% include 'templates/_shared/load-process.py' %}

@contextmanager
def own_service() -> Iterator[tuple[str, str]]:
    """Train, promote and serve in a temporary folder; gives the service's and the bare address."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        environ = {
            **os.environ,
            "SERVICE_DATA_DIR": folder,
            "SERVICE_API_KEYS": KEY,
            "MLFLOW_TRACKING_URI": "",
        }
        verb = [sys.executable, "main.py"]
        subprocess.run([*verb, "train"], cwd=ROOT, env=environ, check=True)
        subprocess.run([*verb, "promote", "latest"], cwd=ROOT, env=environ, check=True)
        serve = [*verb, "serve", "--host", "127.0.0.1", "--port", "0"]
        with (
            started(serve, environ) as url,
            started([sys.executable, "-c", BARE], environ) as bare,
        ):
            yield url, bare


def report(score: Result, health: Result | None, connections: int) -> str:
    """Return the result as Markdown."""
    rows = [("POST /v1/score", score)]
    if health is not None:
        rows.append(("GET of the bare framework", health))
    lines = [
        "# Load test",
        "",
        f"{platform.machine()}, {os.cpu_count()} processors (the callers run on them too), "
        f"Python {platform.python_version()}, one worker, {connections} connections.",
        "",
        "| route | answers per second | p50 ms | p99 ms | failed |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {r.rate:.0f} | {r.milliseconds(0.5):.2f} | {r.milliseconds(0.99):.2f} "
        f"| {r.failed} |"
        for name, r in rows
    ]
    if health is not None:
        lines += ["", f"A score reaches {score.rate / health.rate:.2f} of the bare framework."]
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
    health = None
    if asked.url:
        key = os.environ.get("SERVICE_API_KEYS", "").partition(",")[0]
        score = asyncio.run(run(asked.url, scoring_requests(key), **how))
    else:
        bare = [b"GET /healthz HTTP/1.1\r\nhost: load\r\n\r\n"]
        with own_service() as (url, bare_url):
            wait_until_ready(url)
            asyncio.run(run(url, scoring_requests(KEY), seconds=1.0, connections=4))
            score = asyncio.run(run(url, scoring_requests(KEY), **how))
            health = asyncio.run(run(bare_url, bare, **how))
    text = report(score, health, asked.connections)
    (ROOT / "docs/load-test.md").write_text(text, encoding="utf-8")
    print(text)
    slow = score.milliseconds(0.99) > asked.p99
    if slow or score.failed:
        print(f"failed: p99 over {asked.p99} ms, or an answer that is not 200", file=sys.stderr)
    return int(slow or score.failed > 0)


if __name__ == "__main__":
    sys.exit(main())
