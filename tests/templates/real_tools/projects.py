"""A rendered project as a person has it: locked, installed, trained, answering."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.templates.real_tools.toolbox import libraries_of, run, tool

ON_THIS_PYTHON = {"UV_PYTHON": sys.executable, "VIRTUAL_ENV": ""}


def lock(project: Path) -> None:
    """Make the project a repository with a lock file, as `modelwright new` does."""
    run(tool("uv"), "lock", "--quiet", cwd=project, env=ON_THIS_PYTHON)
    commit(project)


def commit(project: Path) -> None:
    """Make the project a repository with one commit."""
    run(tool("git"), "init", "--quiet", "--initial-branch", "main", cwd=project)
    run("git", "add", "--all", cwd=project)
    author = ("-c", "user.name=A Tester", "-c", "user.email=tester@example.org")
    run("git", *author, "commit", "--quiet", "--message", "start", cwd=project)


def install(project: Path) -> None:
    """Install what the lock file holds."""
    libraries_of(project)
    run("uv", "sync", "--quiet", "--locked", cwd=project, env=ON_THIS_PYTHON)


def train(project: Path) -> None:
    """Install the project, train a version and let it answer."""
    install(project)
    verb(project, "train", "--rows", "6000")
    verb(project, "promote", "latest")


def verb(project: Path, *arguments: str, check: bool = True) -> str:
    """Run one of the project's verbs and return what it printed."""
    python = project / ".venv" / "bin" / "python"
    return run(python, "main.py", *arguments, cwd=project, check=check).stdout


def free_port() -> int:
    """Return a port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def get(url: str) -> tuple[int, str]:
    """Return status and body of a page; status 0 where nobody answers."""
    return _ask(urllib.request.Request(url))


def post(url: str, body: object, key: str = "") -> tuple[int, str]:
    """Send a JSON document and return status and body of the answer."""
    headers = {"content-type": "application/json", "x-api-key": key}
    return _ask(urllib.request.Request(url, json.dumps(body).encode(), headers))


def wait_until_ready(address: str, seconds: float = 60) -> None:
    """Wait until the service has a champion."""
    end = time.monotonic() + seconds
    while get(f"{address}/readyz")[0] != 200:
        if time.monotonic() > end:
            raise TimeoutError(f"{address} is not ready after {seconds} s")
        time.sleep(0.1)


def package(project: Path) -> str:
    """Return the name of the project's import package."""
    return next((project / "src").iterdir()).name


def example_requests(project: Path, count: int, seed: int = 11) -> list[dict[str, object]]:
    """Return requests as the project's own generator makes them."""
    program = (
        f"from {package(project)}.runtime.cli import USE_CASE\n"
        f"for one in USE_CASE.examples({seed}, {count}).requests: print(one.model_dump_json())"
    )
    python = project / ".venv" / "bin" / "python"
    printed = run(python, "-c", program, cwd=project).stdout
    return [json.loads(line) for line in printed.splitlines()]


@contextlib.contextmanager
def running(*command: str | Path, cwd: Path, env: dict[str, str]) -> Iterator[str]:
    """Start a service on a free port of the loopback, and stop it at the end."""
    port = free_port()
    log = (cwd / "service.log").open("w")
    process = subprocess.Popen(
        [str(part) for part in command], cwd=cwd, stdout=log, stderr=log,
        env={**env, "SERVICE_PORT": str(port)},
    )  # fmt: skip
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until_ready(address)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)
        log.close()


def _ask(request: urllib.request.Request) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()
    except OSError:
        return 0, ""
