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
# Each once to warm up, and once to be measured.
WORKER = """
import sys; sys.path.insert(0, "tests")
import bench
for _ in range(2):
    print(bench.rate(""))
"""


def measured(command: list[str], folder: Path) -> float:
    """Return the events a second that a program prints last."""
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if ran.returncode:
        sys.exit(ran.stderr)
    return float(ran.stdout.split()[-1])


def main() -> int:
    """Print the speeds and their ratios, medians of runs in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    project = asked.project.resolve()
    packages = ("--with", "quixstreams", "--with-editable", str(project))
    program = (str(HERE / "stream_quixstreams.py"), str(project))
    theirs = ["uv", "run", "--no-project", *packages, "python", "-W", "ignore", *program]
    jobs = {
        "ours: users and popularity, exactly once": ["uv", "run", "python", "-c", WORKER],
        "quixstreams: the same, with a changelog": theirs,
        "quixstreams: users alone, at least once, no changelog": [*theirs, "--users-alone"],
    }
    rounds = [[measured(command, project) for command in jobs.values()] for _ in range(asked.runs)]
    print("| worker, state on one machine | events a second | ours is faster |")
    print("|---|---:|---:|")
    for place, name in enumerate(jobs):
        rate = statistics.median(rates[place] for rates in rounds)
        ratio = statistics.median(rates[0] / rates[place] for rates in rounds)
        print(f"| {name} | {rate:,.0f} | {f'{ratio:.1f} times' if place else ''} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
