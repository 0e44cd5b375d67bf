"""The streaming archetype's worker against quixstreams, the same stateful job in the same run.

`uv run python benchmarks/stream.py PROJECT`, where PROJECT is a rendered streaming project.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
OURS = """
import sys; sys.path.insert(0, "tests")
import bench
print(bench.rate(""))
"""


def measured(command: list[str], folder: Path) -> float:
    """Return the events a second that a program prints last."""
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if ran.returncode:
        sys.exit(ran.stderr)
    return float(ran.stdout.split()[-1])


def main() -> int:
    """Print both speeds and their ratio, medians of paired runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    events = HERE / "stream_quixstreams.py"
    theirs = ["uv", "run", "--no-project", "--with", "quixstreams", "python", str(events)]
    pairs = [
        (
            measured(["uv", "run", "python", "-c", OURS], asked.project),
            measured(theirs, asked.project),
        )
        for _ in range(asked.runs)
    ]
    print("| worker | events a second |")
    print("|---|---|")
    for name, rates in zip(("ours", "quixstreams"), zip(*pairs, strict=True), strict=True):
        print(f"| {name} | {statistics.median(rates):.0f} |")
    ratio = statistics.median(ours / other for ours, other in pairs)
    print(f"\n{ratio:.1f} times as many, median of {asked.runs} pairs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
