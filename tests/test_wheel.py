"""The wheel is a whole platform: it makes a project without the checkout and without a network."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
UNSHARE = ["unshare", "--net", "--map-root-user"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    into = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        ["uv", "build", "--quiet", "--wheel", "--out-dir", into, ROOT], check=True, cwd=into
    )
    return next(into.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """An environment with the wheel and what it needs, and nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run(
        ["uv", "venv", "--quiet", "--python", sys.executable, folder / "venv"], check=True
    )
    python = folder / "venv/bin/python"
    subprocess.run(["uv", "pip", "install", "--quiet", "--python", python, wheel], check=True)
    return folder


def test_the_wheel_holds_every_file_of_the_platform(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    shared = (ROOT / "templates/_shared").rglob("*")
    tree = [
        path.relative_to(ROOT).as_posix()
        for path in [*(ROOT / "templates/online-serving").rglob("*"), *shared]
        if path.is_file() and "__pycache__" not in path.parts and not path.is_symlink()
    ]

    assert {f"modelwright/_platform/{path}" for path in tree} <= names
    assert any("/.github/workflows/" in name for name in names)
    assert {"modelwright/_platform/copier.yml", "modelwright/_platform/platform.yml"} <= names
    assert not [name for name in names if "__pycache__" in name]


def test_the_wheel_is_small(wheel):
    assert wheel.stat().st_size < 3 * 1024 * 1024


def test_an_editable_install_carries_no_copy_of_the_templates():
    assert not (ROOT / "generator/modelwright/_platform").exists()


def test_a_project_comes_out_of_the_wheel_with_no_network(installed, tmp_path):
    blocked = UNSHARE if subprocess.run([*UNSHARE, "true"], check=False).returncode == 0 else []
    if not blocked and os.environ.get("CI"):
        pytest.fail("unshare cannot block the network here")
    command = [installed / "venv/bin/modelwright", "new", "online-serving", "--defaults"]

    done = subprocess.run(
        [*blocked, *command, "--no-lock", "--into", tmp_path],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    project = tmp_path / "norda-fraud-scoring-serve"
    ours = subprocess.run(
        [
            sys.executable,
            "-m",
            "modelwright",
            "new",
            "online-serving",
            "--defaults",
            "--no-lock",
            "--no-git",
            "--into",
            tmp_path / "checkout",
        ],
        check=True,
        capture_output=True,
    )
    assert ours.returncode == 0
    same = tmp_path / "checkout" / project.name
    names = {p.relative_to(same) for p in same.rglob("*") if p.is_file()}
    assert all(
        (project / name).read_bytes() == (same / name).read_bytes()
        for name in names
        if name.name != ".copier-answers.yml"
    )
    assert names == {
        p.relative_to(project) for p in project.rglob("*") if p.is_file() and ".git" not in p.parts
    }


def test_a_platform_comes_out_of_the_wheel_as_it_does_out_of_the_checkout(installed, tmp_path):
    from tests.platform_init.organisation import ANSWERS

    data = [f"--data={name}={value}" for name, value in ANSWERS.items()]
    command = ("platform", "init", "ml-platform", *data)
    for into, program in (
        ("wheel", [installed / "venv/bin/modelwright"]),
        ("checkout", [sys.executable, "-m", "modelwright"]),
    ):
        (tmp_path / into).mkdir()
        subprocess.run([*program, *command], cwd=tmp_path / into, check=True, capture_output=True)
    trees = [
        subprocess.check_output(
            ["git", "ls-tree", "-r", "ci-v1"], cwd=tmp_path / into / "ml-platform", text=True
        )
        for into in ("wheel", "checkout")
    ]

    wheel, checkout = (set(tree.splitlines()) for tree in trees)
    assert {line.rpartition("\t")[2] for line in wheel ^ checkout} == {".modelwright.yml"}
