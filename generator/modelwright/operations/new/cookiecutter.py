"""What Cookiecutter's hooks do, in Cookiecutter's Python: the standard library alone."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modelwright.errors import ModelwrightError
from modelwright.operations.new.finish import finish, steps, surrounding_repository
from modelwright.paths import PYPROJECT
from modelwright.template.archetypes import pattern_matches

SHARED = Path("templates", "templates", "_shared")
LINK = ".modelwright-link"
NO_LOCK = "MODELWRIGHT_NO_LOCK"
NO_GIT = "MODELWRIGHT_NO_GIT"


def share(template: Path) -> None:
    """Put what all archetypes share where Cookiecutter looks for it.

    Where links are not allowed, as on Windows by default, git writes a link as a small text file.
    A copy stands in its place until the project is complete.

    Args:
        template: The archetype's folder in the platform's repository.
    """
    place = template / SHARED
    link_file = place / LINK
    if link_file.is_file():
        _unshare(place, link_file.read_text(encoding="utf-8"))
    if not place.is_file():
        return
    target = place.read_text(encoding="utf-8")
    folder = (place.parent / target.strip()).resolve()
    if not folder.is_dir() or template.resolve().parent not in folder.parents:
        return
    place.unlink()
    shutil.copytree(folder, place)
    link_file.write_text(target, encoding="utf-8", newline="")


def unshare(template: Path) -> None:
    """Undo `share`."""
    link_file = template / SHARED / LINK
    if link_file.is_file():
        _unshare(template / SHARED, link_file.read_text(encoding="utf-8"))


def _unshare(place: Path, link: str) -> None:
    shutil.rmtree(place)
    place.write_text(link, encoding="utf-8", newline="")


def complete(context: Mapping[str, Any]) -> int:
    """Finish the project in the current folder.

    Args:
        context: Cookiecutter's own; `__left_out` holds patterns, empty where nothing is left out.

    Returns:
        Always 0: the rendered project stays, and the next step of a failure is printed.
    """
    project = Path.cwd()
    leave_out(project, [pattern for pattern in context["__left_out"] if pattern])
    around = None if os.environ.get(NO_GIT) else surrounding_repository(project)
    if around:
        _print(f"note: {project} stands inside the repository {around}; no other is made in it")
    next_steps = steps(
        archetype=context["__d"]["archetype"],
        lock=not os.environ.get(NO_LOCK) and (project / PYPROJECT).exists(),
        git=not around and not os.environ.get(NO_GIT),
    )
    try:
        pending = finish(project, next_steps, lambda step: _print(f"modelwright: {step}"))
    except ModelwrightError as error:
        _print(f"error: {error}\n  next: {error.next_step}")
        return 0
    for later in pending:
        _print(f"modelwright: {later.problem}\n  next: {later.next_step}")
    return 0


def _print(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def leave_out(project: Path, patterns: list[str]) -> None:
    """Remove the files that match a pattern, and the folders that become empty."""
    for folder, _, names in os.walk(project, topdown=False):
        for name in names:
            path = Path(folder, name)
            if any(
                pattern_matches(pattern, path.relative_to(project).as_posix())
                for pattern in patterns
            ):
                path.unlink()
        if Path(folder) != project and not any(Path(folder).iterdir()):
            shutil.rmtree(folder)
