"""Behind a proxy, a project still reaches what it runs on this machine, from all three archetypes."""

import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
ARCHETYPES = ("batch", "online-serving", "streaming-recommendation")
CLOSED = "http://127.0.0.1:9"
# The machinery's first lines need the project's libraries, which this environment has not; the
# request is made by a process of its own, as the demo and the load test start theirs.
START = """
import os, subprocess, sys
from pathlib import Path

source = Path(sys.argv[1]).read_text()
start = source.index("# What runs on this machine")
exec(source[start : source.index("\\nFloatArray", start)])
ask = "import sys, urllib.request as u; u.urlopen(sys.argv[1], timeout=5)"
sys.exit(subprocess.call([sys.executable, "-c", ask, sys.argv[2]]))
"""
SHOW = START.split("ask =", maxsplit=1)[0] + "print(os.environ.get('no_proxy'), end='')"


@pytest.fixture(scope="module")
def service():
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):  # noqa: N802
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()


def ran(archetype, code, *arguments, **variables):
    machinery = next(EXAMPLES.glob(f"{archetype}/src/*/runtime/__init__.py"))
    kept = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
    return subprocess.run(
        [sys.executable, "-c", code, machinery, *arguments],
        env={**kept, **variables}, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("archetype", ARCHETYPES)
@pytest.mark.parametrize("variables", [
    {"http_proxy": CLOSED},
    {"HTTP_PROXY": CLOSED, "HTTPS_PROXY": CLOSED, "ALL_PROXY": CLOSED},
    {"http_proxy": CLOSED, "no_proxy": ".example.org"},
    {"http_proxy": CLOSED, "NO_PROXY": "*"},
], ids=str)  # fmt: skip
def test_a_service_on_this_machine_is_asked_directly(archetype, variables, host, service):
    done = ran(archetype, START, f"http://{host}:{service}/", **variables)

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("archetype", ARCHETYPES)
def test_what_a_person_set_stays_and_nothing_is_named_twice(archetype):
    given = ".example.org,127.0.0.1"

    shown = ran(archetype, SHOW, HTTPS_PROXY=CLOSED, NO_PROXY=given).stdout

    assert shown == ".example.org,127.0.0.1,localhost,::1"


@pytest.mark.parametrize("archetype", ARCHETYPES)
def test_without_a_proxy_nothing_is_set(archetype):
    assert ran(archetype, SHOW).stdout == "None"


@pytest.mark.parametrize("archetype", ARCHETYPES[1:])
def test_a_container_asks_itself_directly(archetype):
    text = (EXAMPLES / archetype / "Dockerfile").read_text()
    asked = [line for line in text.splitlines() if "127.0.0.1" in line]

    assert asked
    assert all("ProxyHandler" in line and "urlopen" not in line for line in asked)
