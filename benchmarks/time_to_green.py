"""Measures from `modelwright new` to green: `uv run python benchmarks/time_to_green.py`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from pairs import BIN, machine
from tables import rows, write

WARM, COLD = 60.0, 180.0


def seconds_to_green(cache: Path) -> float:
    """Make a project with uv's cache at a path, and run its tests in its own new environment."""
    left_out = ("VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT")
    env = {name: value for name, value in os.environ.items() if name not in left_out}
    env["UV_CACHE_DIR"] = str(cache)
    with tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        new = [str(BIN / "modelwright"), "new", "online-serving", "--defaults", "--quiet"]
        subprocess.run(new, cwd=folder, env=env, check=True, stdout=subprocess.DEVNULL)
        project = next(Path(folder).iterdir())
        test = ["uv", "run", "--quiet", "poe", "test"]
        subprocess.run(test, cwd=project, env=env, check=True, stdout=subprocess.DEVNULL)
        return time.monotonic() - started


def megabytes(folder: Path) -> float:
    """Return the size of a folder's files; a hard link counts once."""
    seen = {}
    for path in folder.rglob("*"):
        stat = path.lstat()
        seen[stat.st_ino] = stat.st_size
    return sum(seen.values()) / 1e6


def main() -> int:
    """Measure with an empty cache, then with what it left; write the table; 1 past a bound."""
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder)
        cold = seconds_to_green(cache)
        size = megabytes(cache)
        warm = seconds_to_green(cache)
    lines = [
        ["empty package cache", f"{cold:.0f}", f"{COLD:.0f}", f"{size:.0f}"],
        ["warm package cache", f"{warm:.0f}", f"{WARM:.0f}", "0"],
    ]
    text = rows(["from `new` to the tests passed", "seconds", "bound", "megabytes fetched"], lines)
    write("green", f"Measured on {machine()}; wall time, one run each.\n\n{text}")
    return int(cold > COLD or warm > WARM)


if __name__ == "__main__":
    sys.exit(main())
