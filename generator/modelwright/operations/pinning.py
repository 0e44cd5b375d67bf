"""The pin: the commit of a platform at which projects call its workflows and actions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from modelwright.adapters.process import run
from modelwright.operations.syncing import sync

PIN: Final = "templates/_shared/workflows.json"
CALLED: Final = (".github/workflows", ".github/actions")


def commit_of_head(folder: Path) -> str:
    """Return the full name of the commit that a repository stands at."""
    return run(("git", "rev-parse", "HEAD"), folder=folder).strip()


def pin_to(folder: Path, commit: str, version: str) -> list[str]:
    """Write a pin and what follows from it; return the paths that changed.

    Args:
        folder: The platform's folder.
        commit: A commit that is on its main branch already.
        version: The tag of that commit, such as `ci-v1`.
    """
    text = json.dumps({"sha": commit, "version": version}) + "\n"
    (folder / PIN).write_text(text, encoding="utf-8", newline="\n")
    return [PIN, *sync(folder)]
