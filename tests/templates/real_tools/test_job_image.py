"""A batch project's image is built for real, and its container runs the verbs as a cluster does."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import pytest

from tests.templates.real_tools import containers
from tests.templates.real_tools.toolbox import run

pytestmark = [pytest.mark.tools, pytest.mark.xdist_group("containers")]

IMAGE = "localhost/modelwright-job-test"
REVISION = "3f786850e387550fdab836ed7e6dc881de23001b"
MEGABYTE = 1_000_000
LARGEST = 700 * MEGABYTE
AS_A_CLUSTER_DOES = (
    "--read-only", "--tmpfs", "/tmp", "--cap-drop", "all", "--network", "none",
    "--security-opt", "no-new-privileges",
)  # fmt: skip


@pytest.fixture(scope="module")
def image(forecasting: Path) -> str:
    """The image of the forecasting project."""
    containers.ensure_base_image()
    started = time.monotonic()
    containers.build(forecasting, IMAGE, VERSION="0.1.0", REVISION=REVISION)
    size = (_size(IMAGE) - _size(containers.BASE)) / MEGABYTE
    print(f"built in {time.monotonic() - started:.0f} s: {size:.0f} MB beyond the base image")
    return IMAGE


@pytest.fixture
def data(forecasting: Path, tmp_path: Path) -> Path:
    """A volume that holds a champion and no forecast."""
    volume = Path(shutil.copytree(forecasting / "data", tmp_path / "data"))
    shutil.rmtree(volume / "forecasts")
    run("chmod", "--recursive", "a+rwX", volume)
    return volume


def container(image: str, data: Path, *verb: str) -> tuple[int, str]:
    """Run a verb to its end; returns the exit code and what was printed."""
    command = ("podman", "run", "--rm", *AS_A_CLUSTER_DOES, "--volume", f"{data}:/data", image)
    done = run(*command, *verb, env=containers.container_settings(), check=False)
    return done.returncode, done.stdout + done.stderr


def test_left_alone_it_scores(image: str, data: Path) -> None:
    code, said = container(image, data)

    assert code == 0, said
    (partition,) = (data / "forecasts").glob("run_date=*/forecast.parquet")
    assert partition.stat().st_uid == 10001
    assert (data / "metrics" / "score.prom").is_file()


def test_the_same_run_again_leaves_the_same_bytes(image: str, data: Path) -> None:
    container(image, data)
    (partition,) = (data / "forecasts").glob("run_date=*/forecast.parquet")
    before = partition.read_bytes()

    code, said = container(image, data, "score")

    assert code == 0, said
    assert "unchanged" in said
    assert partition.read_bytes() == before


def test_it_trains_and_says_where_a_version_came_from(image: str, data: Path) -> None:
    code, said = container(image, data, "train", "--promote")
    assert code == 0, said

    code, told = container(image, data, "trace", "latest")

    assert code == 0, told
    papers = json.loads(told[told.index("{") :])
    assert papers["commit"] == REVISION
    assert papers["version"] == "2"


def test_a_release_can_be_tried_before_it_is_switched_to(image: str, data: Path) -> None:
    code, said = container(image, data, "ready")

    assert (code, "champion: 1" in said) == (0, True), said


def test_an_empty_volume_is_refused_with_what_to_do(image: str, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)

    code, said = container(image, tmp_path, "score")

    assert code == 3
    assert "has no champion; next: run `uv run poe train`" in said


def test_a_stopped_run_leaves_nothing_half_written(image: str, data: Path) -> None:
    name = "modelwright-job-test"
    start = ("podman", "run", "--detach", "--replace", "--name", name, *AS_A_CLUSTER_DOES)
    containers.inside(*start, "--volume", f"{data}:/data", image, "score")
    time.sleep(2)

    containers.inside("podman", "stop", "--time", "25", name)
    containers.inside("podman", "rm", "--force", name, check=False)

    assert list((data / "forecasts").glob("run_date=*/.*")) == []
    code, said = container(image, data, "score")
    assert code == 0, said


def test_it_runs_as_nobody_and_writes_only_its_data(image: str, data: Path) -> None:
    def inside(command: str) -> str:
        options = (*AS_A_CLUSTER_DOES, "--volume", f"{data}:/data", "--entrypoint", "sh")
        return containers.inside("podman", "run", "--rm", *options, image, "-c", command)

    assert inside("id -u && id -g").split() == ["10001", "10001"]
    assert inside("touch /app/x 2>&1 || true").strip().endswith("Read-only file system")


def test_the_image_carries_its_own_name_origin_and_cost_tags(image: str, forecasting: Path) -> None:
    labels = json.loads(_inspect("{{json .Config.Labels}}", image))
    prefix = "cost.halden-retail.example/"

    assert labels["org.opencontainers.image.title"] == forecasting.name
    assert labels["org.opencontainers.image.revision"] == REVISION
    assert {key.removeprefix(prefix): value for key, value in labels.items() if prefix in key} == {
        "brand": "norda",
        "team": "norda-forecasting",
        "cost-centre": "CC-4110",
        "project": "norda-demand-forecasting-batch",
        "archetype": "batch",
        "environment": "shared",
        "managed-by": "modelwright",
        "template-version": "unreleased",
    }


def test_the_image_stays_within_its_size_and_holds_no_tool_of_the_workshop(image: str) -> None:
    listed = "import importlib.metadata as m; print(*{d.name.lower() for d in m.distributions()})"
    options = ("--rm", "--entrypoint", "python", image, "-c", listed)

    held = set(containers.inside("podman", "run", *options).split())

    assert {"lightgbm", "mlforecast", "polars"} <= held
    assert not {"pytest", "mypy", "ruff", "uv", "hypothesis", "pyspark"} & held
    assert _size(image) - _size(containers.BASE) <= LARGEST


def _size(image: str) -> int:
    return int(_inspect("{{.Size}}", image))


def _inspect(what: str, image: str) -> str:
    return containers.inside("podman", "image", "inspect", "--format", what, image).strip()
