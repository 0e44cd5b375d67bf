"""CPU time of whole processes, ours and the stock tool's in turn, and the ratio of each pair."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
# Both tools with their bytecode at hand, as an installation has it: the first turn writes it.
_BYTECODE = tempfile.TemporaryDirectory()


@dataclass(frozen=True)
class Pair:
    """Two commands for the same thing.

    Attributes:
        bound: The ratio, ours by theirs, that must not be passed.
    """

    name: str
    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    bound: float


@dataclass(frozen=True)
class Measured:
    """Medians of one pair, in seconds of CPU time, and the median of the ratios."""

    pair: Pair
    ours: float
    theirs: float
    ratio: float


def cpu_seconds(command: Sequence[str]) -> float:
    """Return user and system time of a process and its children, in a new empty folder."""
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": _BYTECODE.name}
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            command, cwd=folder, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def measure(pair: Pair, runs: int, prepare: Callable[[], object] = lambda: None) -> Measured:
    """Run both in turn, once to warm up, then `runs` times; `prepare` comes before each."""

    def turn() -> tuple[float, float]:
        prepare()
        ours = cpu_seconds(pair.ours)
        prepare()
        return ours, cpu_seconds(pair.theirs)

    turn()
    times = [turn() for _ in range(runs)]
    return Measured(
        pair,
        statistics.median(ours for ours, _ in times),
        statistics.median(theirs for _, theirs in times),
        statistics.median(ours / theirs for ours, theirs in times),
    )


def machine() -> str:
    """Return the machine in words."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        "unknown processor",
    )
    version = ".".join(map(str, sys.version_info[:3]))
    return f"{os.cpu_count()} cores of {model}, Python {version}"


def version_of(package: str) -> str:
    """Return the version of an installed package."""
    from importlib.metadata import version  # noqa: PLC0415

    return version(package)
