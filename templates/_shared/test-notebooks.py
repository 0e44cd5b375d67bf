"""The notebooks run from a folder where the project is not installed, as in a Git folder."""

from __future__ import annotations

import os
{% if trained %}import re
{% endif -%}
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
COPIED = ("src", "config", "notebooks", "main.py", "pyproject.toml")
# Databricks gives a notebook no `__file__`, and starts it in its folder.
WAYS = {
    "a terminal": "import runpy; runpy.run_path({path!r}, run_name='__main__')",
    "Databricks": "import os; os.chdir({folder!r}); exec(open({path!r}).read())",
}
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.py"))


def run(folder, *arguments):
    environ = {name: value for name, value in os.environ.items() if not name.startswith("{{ prefix }}_")}
    return subprocess.run(
        (sys.executable, *arguments),
        cwd=folder,
        env={**environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    folder = tmp_path_factory.mktemp("git") / "project"
    folder.mkdir()
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, folder / name)
{%- if trained %}
    train(folder)
{%- endif %}
    return folder


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", [path.stem for path in NOTEBOOKS])
def test_a_notebook_runs_where_nothing_is_installed(clean, tmp_path, name, way):
    path = clean / "notebooks" / f"{name}.py"
    start = WAYS[way].format(path=str(path), folder=str(path.parent))
    where = "import sys; print(sys.modules['{{ cookiecutter.package_name }}'].__file__)"

    ran = run(tmp_path, "-c", f"{start}\n{where}")

    assert ran.returncode == 0, ran.stderr
    said, module = ran.stdout.rstrip().rsplit("\n", 1)
    assert len(said.splitlines()) > 5
    assert module.startswith(str(clean)), "the code came from elsewhere"


def test_there_are_notebooks_in_the_format_that_databricks_reads():
    assert NOTEBOOKS
    for path in NOTEBOOKS:
        lines = path.read_text().splitlines()
        assert lines[0] == "# Databricks notebook source"
        assert "# COMMAND ----------" in lines
