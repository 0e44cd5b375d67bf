"""A second opinion on the basic calls: npm `emulate`, another stateful emulator of GitHub."""

import os
import socket
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.github.asking import ask
from tests.github.fake.description import cache_folder, npm
from tests.github.organisation import APP_TOKEN, LOGIN, PERSON_TOKEN, REQUESTER

PACKAGE = "emulate@0.8.0"
NAME = "norda-fraud-scoring-serve"
LABEL = {"name": "modelwright", "color": "1d76db", "description": "by modelwright"}
CALLS = [
    ("GET", "", None),
    ("PATCH", "", {"description": "Scores payments", "has_wiki": False}),
    ("GET", "/topics", None),
    ("PUT", "/topics", {"names": ["machine-learning"]}),
    ("POST", "/labels", LABEL),
    ("POST", "/labels", LABEL),
    ("PATCH", "/labels/modelwright", {"color": "ededed"}),
    ("DELETE", "/labels/modelwright", None),
    ("DELETE", "/labels/modelwright", None),
    ("GET", "/branches?per_page=100", None),
    ("GET", "/actions/secrets?per_page=100", None),
    ("DELETE", "", None),
    ("GET", "", None),
    ("GET", "/topics", None),
]
SEED = f"""\
tokens:
  {PERSON_TOKEN}: {{login: {REQUESTER}, scopes: [repo, delete_repo]}}
github:
  users: [{{login: {REQUESTER}, name: Ada, email: ada@example.com}}]
  repos: [{{owner: {REQUESTER}, name: {NAME}, private: true, auto_init: false}}]
"""


@pytest.fixture
def emulator(tmp_path):
    place = cache_folder() / PACKAGE
    command = place / "node_modules" / "emulate" / "dist" / "index.js"
    if not command.exists():
        _install(place)
    (tmp_path / "seed.yaml").write_text(SEED)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = ["--service", "github", "--port", str(port), "--seed", "seed.yaml"]
    started = subprocess.Popen(
        ["node", command, *arguments],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _listening(port)
        yield SimpleNamespace(url=f"http://127.0.0.1:{port}")
    finally:
        started.terminate()
        started.wait(10)


def _install(place: Path) -> None:
    try:
        npm("install", "--silent", "--prefix", str(place), PACKAGE, folder=place)
    except LookupError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))


def _listening(port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the emulator does not listen")


def test_another_emulator_answers_the_same(fake, organisation, emulator):
    body = {"name": NAME, "private": True, "visibility": "private"}
    ask(fake, APP_TOKEN, "POST", f"/orgs/{LOGIN}/repos", body)

    ours = _answers(fake, APP_TOKEN, LOGIN)
    theirs = _answers(emulator, PERSON_TOKEN, REQUESTER)

    assert [status for status, _ in ours] == [status for status, _ in theirs]
    for call, (_, our), (_, their) in zip(CALLS, ours, theirs, strict=True):
        assert _shape(our) == _shape(their), call


def _answers(place, token, owner) -> list[tuple[int, object]]:
    told = [
        ask(place, token, method, f"/repos/{owner}/{NAME}{path}", body)
        for method, path, body in CALLS
    ]
    return [(one.status, one.body) for one in told]


def _shape(body: object) -> object:
    """What both must agree on: of a document the fields that `create` reads, else its kind."""
    if not isinstance(body, dict):
        return body
    read = ("name", "private", "description", "has_wiki", "names", "color", "total_count")
    return {key: body[key] for key in read if key in body}
