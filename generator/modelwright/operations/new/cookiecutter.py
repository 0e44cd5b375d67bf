"""What Cookiecutter's last hook does, in Cookiecutter's Python: the standard library alone."""

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

    Git writes a link as a small text file where links are not allowed, as Windows does by default.
    Such a file gives way to a copy until the project is complete.

    Args:
        template: The archetype's folder in the platform's repository.
    """
    place = template / SHARED
    kept = place / LINK
    if kept.is_file():
        _unshare(place, kept.read_text(encoding="utf-8"))
    if not place.is_file():
        return
    target = place.read_text(encoding="utf-8")
    folder = (place.parent / target.strip()).resolve()
    if not folder.is_dir() or template.resolve().parent not in folder.parents:
        return
    place.unlink()
    shutil.copytree(folder, place)
    kept.write_text(target, encoding="utf-8", newline="")


def unshare(template: Path) -> None:
    """Leave a platform's repository as `share` found it."""
    kept = template / SHARED / LINK
    if kept.is_file():
        _unshare(template / SHARED, kept.read_text(encoding="utf-8"))


def _unshare(place: Path, link: str) -> None:
    shutil.rmtree(place)
    place.write_text(link, encoding="utf-8", newline="")


def complete(context: Mapping[str, Any]) -> int:
    """Finish the project in the current folder.

    Args:
        context: Cookiecutter's own; `__left_out` holds patterns, empty where nothing is left out.

    Returns:
        0 always: whatever fails, the rendered project stays, and what to do is printed.
    """
    project = Path.cwd()
    leave_out(project, [pattern for pattern in context["__left_out"] if pattern])
    around = None if os.environ.get(NO_GIT) else surrounding_repository(project)
    if around:
        _print(f"note: {project} stands inside the repository {around}; none was made in it")
    todo = steps(
        archetype=context["__d"]["archetype"],
        lock=not os.environ.get(NO_LOCK) and (project / PYPROJECT).exists(),
        git=not around and not os.environ.get(NO_GIT),
    )
    try:
        pending = finish(project, todo, lambda step: _print(f"modelwright: {step}"))
    except ModelwrightError as error:
        _print(f"error: {error}\n  next: {error.next_step}")
        return 0
    for one in pending:
        _print(f"modelwright: {one.problem}\n  next: {one.next_step}")
    return 0


def _print(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def leave_out(project: Path, patterns: list[str]) -> None:
    """Remove the files that patterns cover, and the folders that this empties."""
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
