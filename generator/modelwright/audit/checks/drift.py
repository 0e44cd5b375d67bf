"""Are the files that the platform owns still as it renders them?"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.audit.findings import Finding
from modelwright.audit.project import Project
from modelwright.paths import ANSWERS_FILE


def check_drift(project: Project) -> Iterator[Finding]:
    """Find managed files that differ (DRF001), are missing (DRF002), or could not be judged."""
    if project.unjudged or project.expected is None:
        yield Finding(
            where=f"{ANSWERS_FILE}:1",
            rule="DRF003",
            problem=f"drift was not judged: {project.unjudged}",
            next_step="update the project, or name its own version with --platform",
            warning=True,
        )
        return
    for path, expected in project.expected.items():
        if path in project.files and project.files[path] != expected:
            line = _first_difference(project.files[path], expected)
            yield Finding(
                where=f"{path}:{line}",
                rule="DRF001",
                problem="the file differs from the platform's",
                next_step="put the change where your own code stands, and restore the file",
            )
        elif path not in project.files:
            problem = "is no text file" if path in project.others else "is missing, or is ignored"
            yield Finding(
                where=f"{path}:1",
                rule="DRF002",
                problem=f"a file of the platform {problem}",
                next_step="restore it",
            )


def _first_difference(text: str, expected: str) -> int:
    ours, theirs = text.splitlines(), expected.splitlines()
    for number, pair in enumerate(zip(ours, theirs, strict=False), start=1):
        if pair[0] != pair[1]:
            return number
    return min(len(ours), len(theirs)) + 1
