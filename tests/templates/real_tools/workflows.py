"""Reads workflows: the platform's reusable ones and a project's callers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from tests.templates.rendering import REPOSITORY

REUSABLE: Final = REPOSITORY / ".github" / "workflows"
ACTIONS: Final = REPOSITORY / ".github" / "actions"
USES: Final = re.compile(r"uses: (?P<what>[\w.-]+/[\w./-]+)@(?P<sha>\S+)(?: # (?P<version>\S+))?")
REFERENCE: Final = re.compile(r"\b(?:secrets|vars)\.([A-Za-z_][A-Za-z0-9_]*)")


@dataclass(frozen=True)
class Call:
    """A job of a project that calls a reusable workflow."""

    job: str
    workflow: str
    pin: str
    body: dict[str, Any]


def read(path: Path) -> dict[str, Any]:
    """Return a workflow; its key `on` stays a text."""
    text = re.sub(r"^on:", '"on":', path.read_text(), flags=re.MULTILINE)
    return dict(yaml.safe_load(text))


def calls(project: Path) -> Iterator[Call]:
    """Yield every call that a project's workflows make."""
    for file in sorted((project / ".github" / "workflows").iterdir()):
        for name, job in read(file)["jobs"].items():
            if "uses" in job:
                target, pin = job["uses"].split("@")
                yield Call(f"{file.name}: {name}", target.rsplit("/", 1)[-1], pin, job)


def callee(call: Call) -> dict[str, Any]:
    """Return the `workflow_call` that a call meets."""
    return dict(read(REUSABLE / call.workflow)["on"]["workflow_call"])


def granted_and_asked(call: Call) -> tuple[dict[str, str], dict[str, str]]:
    """Return the permissions that a caller grants, and those that the callee's jobs ask for."""
    asked: dict[str, str] = {}
    for job in read(REUSABLE / call.workflow)["jobs"].values():
        asked |= job.get("permissions", {})
    return call.body["permissions"], asked


def pins(*folders: Path) -> Iterator[tuple[str, str, str, str]]:
    """Yield file, action, commit and version of every remote action."""
    for folder in folders:
        for file in sorted(folder.rglob("*.yml")):
            for found in USES.finditer(file.read_text()):
                yield file.name, found["what"], found["sha"], found["version"] or ""


def references(folder: Path) -> set[str]:
    """Return the names of the secrets and variables that the files below a folder refer to."""
    return {
        name
        for file in folder.rglob("*")
        if file.is_file()
        for name in REFERENCE.findall(file.read_text())
    }
