"""Measures the rendered service by its load test: `uv run python benchmarks/service.py`."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from pairs import BIN, machine
from tables import rows, write

BOUND = 0.5
ROW = re.compile(r"^\| (?:POST|GET)[^|]*\| (\d+) \| ([\d.]+) \| ([\d.]+) \|", re.MULTILINE)


@dataclass(frozen=True)
class Route:
    """Answers per second, and milliseconds."""

    rate: float
    p50: float
    p99: float


def measured(project: Path, env: dict[str, str]) -> tuple[Route, Route]:
    """Run the project's load test once; returns scoring and the bare framework."""
    command = ["uv", "run", "--quiet", "poe", "load"]
    subprocess.run(command, cwd=project, env=env, check=True, stdout=subprocess.DEVNULL)
    found = ROW.findall((project / "docs/load-test.md").read_text(encoding="utf-8"))
    score, bare = (Route(*map(float, figures)) for figures in found)
    return score, bare


def line(name: str, routes: list[Route], ratio: str) -> list[str]:
    """Return a row of medians."""
    rate, p50, p99 = (
        statistics.median(getattr(route, field) for route in routes)
        for field in ("rate", "p50", "p99")
    )
    return [name, f"{rate:.0f}", f"{p50:.2f}", f"{p99:.2f}", ratio]


def main() -> int:
    """Measure, write the table, and return 1 where the bound is missed."""
    runs = int(sys.argv[1]) if sys.argv[1:] else 5
    env = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    with tempfile.TemporaryDirectory() as folder:
        new = [str(BIN / "modelwright"), "new", "online-serving", "--defaults", "--quiet"]
        subprocess.run(new, cwd=folder, env=env, check=True, stdout=subprocess.DEVNULL)
        pairs = [measured(next(Path(folder).iterdir()), env) for _ in range(runs)]
    ratio = statistics.median(score.rate / bare.rate for score, bare in pairs)
    text = rows(
        ["route, 16 connections, one worker", "answers per second", "p50 ms", "p99 ms", "ratio"],
        [
            line("`POST /v1/score`", [score for score, _ in pairs], f"{ratio:.2f}"),
            line("the framework's bare `GET /healthz`", [bare for _, bare in pairs], ""),
        ],
    )
    note = f"Measured on {machine()}, callers on them too; medians of {runs} runs; bound {BOUND}."
    write("service", f"{note}\n\n{text}")
    return int(ratio < BOUND)


if __name__ == "__main__":
    sys.exit(main())
