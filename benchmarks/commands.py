"""Measures the commands against stock Copier: `uv run python benchmarks/commands.py [RUNS]`."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from pairs import BIN, ROOT, Measured, Pair, machine, measure, version_of
from tables import rows, write

COPIER, OURS = str(BIN / "copier"), str(BIN / "modelwright")
ANSWERS = {
    "team": "norda-fraud",
    "use_case": "fraud-scoring",
    "description": "Scores card payments while the customer waits",
}


def pairs(template: Path, big: Path, project: Path) -> list[Pair]:
    """Return what is measured.

    Args:
        template: The platform without history, so that Copier need not clone.
        big: The same under the policy of 19 brands and 114 teams.
        project: A rendered project.
    """
    data = [text for name, value in ANSWERS.items() for text in ("-d", f"{name}={value}")]
    start = (COPIER, "--version")
    copy = (COPIER, "copy", "--quiet", "--defaults", "-d", "archetype=online-serving", *data)
    new = (OURS, "new", "online-serving", "--defaults", "--no-git", "--no-lock", *data)
    big_data = ("-d", "team=belfin-fraud", *data[2:])
    return [
        Pair("`--version` / `copier --version`", (OURS, "--version"), start, 0.2),
        Pair("`list` / `copier --version`", (OURS, "list"), start, 0.5),
        Pair("`create --help` / `copier --version`", (OURS, "create", "--help"), start, 0.5),
        Pair("`check` / `copier --version`", (OURS, "check", str(project)), start, 0.75),
        Pair(
            "`new --no-git --no-lock` / `copier copy`",
            (*new, "--platform", str(template)),
            (*copy, str(template), "out"),
            0.45,
        ),
        Pair(
            "`copier copy`, 114 teams / 6 teams",
            (*copy[:6], *big_data, str(big), "out"),
            (*copy, str(template), "out"),
            1.15,
        ),
    ]


def table(measured: list[Measured]) -> str:
    """Return the measurements as Markdown."""
    lines = [
        [
            row.pair.name,
            f"{row.ours:.3f}",
            f"{row.theirs:.3f}",
            f"{row.ratio:.3f}",
            str(row.pair.bound),
        ]
        for row in measured
    ]
    return (
        f"Measured on {machine()}, copier {version_of('copier')}; CPU seconds of whole processes "
        "whose bytecode is at hand, medians.\n\n"
        + rows(["measured", "first, s", "second, s", "ratio", "bound"], lines)
    )


def main() -> int:
    """Measure, write the table, and return 1 where a bound is passed."""
    runs = int(sys.argv[1]) if sys.argv[1:] else 11
    sys.path.insert(0, str(ROOT))
    from tests.platforms import platform_copy  # noqa: PLC0415
    from tests.policies import big_policy  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        template = platform_copy(place / "template")
        big = platform_copy(place / "big", big_policy())
        made = [OURS, "new", "online-serving", "--defaults", "--into", folder]
        subprocess.run(made, check=True, capture_output=True)
        project = place / "norda-fraud-scoring-serve"
        measured = [measure(pair, runs) for pair in pairs(template, big, project)]
        shutil.rmtree(project)
    write("commands", table(measured))
    return int(any(row.ratio > row.pair.bound for row in measured))


if __name__ == "__main__":
    sys.exit(main())
