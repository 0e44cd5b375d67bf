"""The committed examples are what the templates make today."""

import importlib.util
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def load():
    spec = importlib.util.spec_from_file_location("render", ROOT / "examples/render.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


RENDER = load()


@pytest.mark.parametrize("archetype", RENDER.EXAMPLES)
def test_an_example_is_the_render_of_its_answers(archetype):
    folder = ROOT / "examples" / archetype
    tracked = subprocess.check_output(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=folder,
        text=True,
    )
    committed = {name: (folder / name).read_bytes() for name in tracked.split("\0") if name}
    committed.pop("uv.lock")

    expected = {path: file.content for path, file in RENDER.example(archetype).items()}

    assert committed.keys() == expected.keys()
    assert {name for name in expected if committed[name] != expected[name]} == set()


@pytest.mark.parametrize("archetype", RENDER.EXAMPLES)
def test_the_lock_of_an_example_is_in_sync(archetype, tmp_path):
    copy = tmp_path / archetype
    shutil.copytree(ROOT / "examples" / archetype, copy, ignore=shutil.ignore_patterns(".venv"))

    subprocess.run(["uv", "lock", "--check", "--quiet"], cwd=copy, check=True)


def test_every_archetype_has_an_example():
    archetypes = {path.parent.name for path in (ROOT / "templates").glob("*/archetype.yml")}

    assert archetypes == set(RENDER.EXAMPLES)
