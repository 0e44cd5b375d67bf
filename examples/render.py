"""Renders every example anew: `uv run python examples/render.py`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from modelwright import __version__
from modelwright.adapters.disk.placing import place
from modelwright.adapters.sources.platforms import locate_platform
from modelwright.operations.new.new import render_project
from modelwright.template.tree import RenderedFile

HERE = Path(__file__).parent
EXAMPLES = {
    "batch": {
        "team": "norda-forecasting",
        "use_case": "demand-forecasting",
        "personal_data": "none",
        "description": "Forecasts the demand of every product in every store, every night",
    },
    "online-serving": {
        "team": "norda-fraud",
        "use_case": "fraud-scoring",
        "description": "Scores card payments while the customer waits",
    },
    "streaming-recommendation": {
        "team": "velora-search",
        "use_case": "recommendations",
        "description": "Recommends products while the customer looks at others",
    },
}


def example(archetype: str) -> dict[str, RenderedFile]:
    """Return the files of an example by path, as the release of this version makes them."""
    platform = locate_platform(str(HERE.parent))
    source = platform.policy["platform"]["url"]
    released = replace(platform, source=source, version=f"v{__version__}")
    return render_project(released, archetype, EXAMPLES[archetype])[1]


def main() -> int:
    """Write every example."""
    for archetype in EXAMPLES:
        folder = HERE / archetype
        lock = folder / "uv.lock"
        locked = lock.read_bytes() if lock.exists() else None
        shutil.rmtree(folder, ignore_errors=True)
        place(example(archetype), folder)
        if locked is not None:
            lock.write_bytes(locked)
        subprocess.run(["uv", "lock", "--quiet"], cwd=folder, check=True)  # noqa: S607
        sys.stdout.write(f"wrote {folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
