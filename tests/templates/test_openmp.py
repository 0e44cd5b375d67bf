"""Where the system has no OpenMP, a project says which package brings it, and prints no trace."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
WITH_LIGHTGBM = [
    file.parent
    for file in sorted(EXAMPLES.glob("*/pyproject.toml"))
    if '"lightgbm>=' in file.read_text()
]
# The machinery's first lines need the project's libraries, which this environment has not.
START = """
import ctypes, sys
from pathlib import Path

def no_library(name):
    raise OSError(f"{name}: cannot open shared object file")

ctypes.CDLL = no_library
source = Path(sys.argv[1]).read_text()
start = source.index("# LightGBM's threads")
exec("import ctypes, os, sys\\n" + source[start : source.index("\\nFloatArray", start)])
"""


def test_two_archetypes_train_with_lightgbm():
    assert [folder.name for folder in WITH_LIGHTGBM] == ["batch", "online-serving"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have another library")
@pytest.mark.parametrize("folder", WITH_LIGHTGBM, ids=lambda folder: folder.name)
def test_a_missing_openmp_is_one_line_that_names_the_package(folder):
    machinery = next(folder.glob("src/*/runtime/__init__.py"))

    done = subprocess.run(
        [sys.executable, "-c", START, machinery], capture_output=True, text=True, check=False
    )

    assert done.returncode == 4
    assert len(done.stderr.splitlines()) == 1
    assert "apt-get install libgomp1" in done.stderr
    assert "dnf install libgomp" in done.stderr
