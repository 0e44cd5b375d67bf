"""The image is built and started for real, on a base that is made on this machine."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.templates.real_tools import containers, projects
from tests.templates.real_tools.toolbox import run, tool
from tests.templates.rendering import CASES, render, sample_of
from tests.templates.swapping import swap

pytestmark = [pytest.mark.tools, pytest.mark.xdist_group("containers")]

IMAGE = "localhost/modelwright-test"
KEY = "only-for-this-test"
REVISION = "3f786850e387550fdab836ed7e6dc881de23001b"
MEGABYTE = 1_000_000
LARGEST = 400 * MEGABYTE
HEALTHY = """
class Page(h.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()
server = h.HTTPServer(("127.0.0.1", 8080), Page)
threading.Thread(target=server.serve_forever, daemon=True).start()
"""


@dataclass(frozen=True)
class Built:
    """What a build gave: seconds on the clock, bytes beyond the base image."""

    seconds: float
    size: int


@pytest.fixture(scope="module")
def built(trained: Path) -> Built:
    """The image of the trained project."""
    containers.ensure_base_image()
    started = time.monotonic()
    containers.build(trained, IMAGE, VERSION="0.1.0", REVISION=REVISION)
    seconds = time.monotonic() - started
    size = _size(IMAGE) - _size(containers.BASE)
    print(f"built in {seconds:.0f} s: {size / MEGABYTE:.0f} MB beyond the base image")
    return Built(seconds, size)


@pytest.fixture(scope="module")
def service(built: Built, trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A container as the cluster runs it, its registry mounted read-only; yields its address."""
    assert built
    registry = tmp_path_factory.mktemp("registry")
    shutil.copy(trained / "data" / "mlflow.db", registry)
    shutil.copytree(trained / "data" / "artifacts", registry / "artifacts")
    run("chmod", "--recursive", "a+rX", registry)
    port = projects.free_port()
    containers.inside(
        "podman", "run", "--detach", "--name", "modelwright-test", "--replace", "--read-only",
        "--tmpfs", "/tmp", "--cap-drop", "all", "--security-opt", "no-new-privileges",
        "--volume", f"{registry}:/registry:ro",
        "--volume", f"{registry}/artifacts:/data/artifacts:ro",
        "--env", "MLFLOW_TRACKING_URI=sqlite:////registry/mlflow.db",
        "--env", f"SERVICE_API_KEYS={KEY}", "--env", f"SERVICE_PORT={port}", IMAGE,
    )  # fmt: skip
    try:
        projects.wait_until_ready(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
    finally:
        print(containers.inside("podman", "logs", "modelwright-test", check=False))
        containers.inside("podman", "rm", "--force", "modelwright-test", check=False)


WITH_AN_IMAGE = [
    case for case in CASES if case[0] != "batch" or not sample_of(*case).get("databricks")
]


@pytest.mark.parametrize(("archetype", "variation"), WITH_AN_IMAGE)
def test_the_linter_finds_nothing_in_the_dockerfile(
    tmp_path: Path, archetype: str, variation: str
) -> None:
    project = render(archetype, tmp_path, **sample_of(archetype, variation))

    run(tool("hadolint"), project / "Dockerfile")


def test_another_use_case_in_her_files_builds_the_same_image(built: Built, tmp_path: Path) -> None:
    project = render("online-serving", tmp_path, use_case="delivery-time")
    swap(project, "delivery_time")
    projects.lock(project)

    containers.build(project, f"{IMAGE}-swapped", VERSION="0.1.0", REVISION=REVISION)

    asked = (
        "from delivery_time.runtime.cli import USE_CASE;print(*USE_CASE.request_type.model_fields)"
    )
    said = containers.inside("podman", "run", "--rm", f"{IMAGE}-swapped", "python", "-c", asked)
    assert "amount_eur" not in said
    assert len(said.split()) >= 5


def test_the_image_stays_within_its_size(built: Built) -> None:
    assert built.size <= LARGEST


def test_the_container_answers_who_presents_a_key(service: str, trained: Path) -> None:
    request = projects.example_requests(trained, 1)[0]

    status, body = projects.post(f"{service}/v1/score", request, KEY)

    assert status == 200
    assert 0 <= json.loads(body)["score"] <= 1
    assert projects.post(f"{service}/v1/score", request)[0] == 401


def test_the_container_runs_as_nobody_and_writes_only_its_data(service: str) -> None:
    def inside(command: str) -> str:
        return containers.inside("podman", "exec", "modelwright-test", "sh", "-c", command)

    assert service
    assert inside("id -u && id -g").split() == ["10001", "10001"]
    assert inside("touch /app/x 2>&1 || true").strip().endswith("Read-only file system")
    assert "predictions.db" in inside("ls /data")


def test_the_image_carries_its_own_name_origin_and_cost_tags(built: Built, trained: Path) -> None:
    assert built
    labels = json.loads(_inspect("{{json .Config.Labels}}"))

    assert labels["org.opencontainers.image.title"] == trained.name
    assert labels["org.opencontainers.image.revision"] == REVISION
    assert labels["org.opencontainers.image.version"] == "0.1.0"
    prefix = "cost.halden-retail.example/"
    assert {key.removeprefix(prefix): value for key, value in labels.items() if prefix in key} == {
        "brand": "norda",
        "team": "norda-fraud",
        "cost-centre": "CC-4100",
        "project": "norda-fraud-scoring-serve",
        "archetype": "online-serving",
        "environment": "shared",
        "managed-by": "modelwright",
        "template-version": "unreleased",
    }


def test_the_image_holds_nothing_that_only_training_or_building_needs(built: Built) -> None:
    assert built
    listing = containers.inside(
        "podman", "run", "--rm", "--entrypoint", "", IMAGE, "python", "-c",
        "import importlib.metadata as m; print(*{d.name.lower() for d in m.distributions()})",
    ).split()  # fmt: skip

    assert "lightgbm" in listing
    unwanted = {"scikit-learn", "polars", "pandas", "pytest", "mypy", "ruff", "uv", "hypothesis"}
    assert not unwanted & set(listing)


def test_the_health_check_tells_a_service_that_answers_from_one_that_does_not(built: Built) -> None:
    assert built
    check = json.loads(_inspect("{{json .Config.Healthcheck.Test}}"))
    program = check[-1]

    def healthy(server: str) -> bool:
        script = f"import threading, http.server as h\n{server}\n{program}"
        asked = ("podman", "run", "--rm", "--network", "none", IMAGE, *check[1:-1], script)
        return run(*asked, env=containers.container_settings(), check=False).returncode == 0

    assert check[0] == "CMD"
    assert not healthy("")
    assert healthy(HEALTHY)


def test_a_stopped_container_finishes_its_work_and_ends_by_itself(
    service: str, trained: Path
) -> None:
    """Last of this module: it stops the container."""
    for request in projects.example_requests(trained, 20):
        projects.post(f"{service}/v1/score", request, KEY)

    started = time.monotonic()
    containers.inside("podman", "stop", "--time", "25", "modelwright-test")

    assert time.monotonic() - started < 20
    code = containers.inside(
        "podman", "inspect", "--format", "{{.State.ExitCode}}", "modelwright-test"
    )
    assert int(code) in (0, 143)


def _size(image: str) -> int:
    return int(_inspect("{{.Size}}", image))


def _inspect(what: str, image: str = IMAGE) -> str:
    return containers.inside("podman", "image", "inspect", "--format", what, image).strip()
