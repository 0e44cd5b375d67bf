"""Can every YAML file be read, and is the lock file there?"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.audit.finding import Finding
from modelwright.audit.project import Project
from modelwright.audit.yaml_file import Unreadable


def check_yaml(project: Project) -> Iterator[Finding]:
    """Find files that are not YAML (YML001)."""
    for path, found in project.yaml.items():
        if isinstance(found, Unreadable):
            yield Finding(
                where=f"{path}:{found.line}",
                rule="YML001",
                problem=f"this is not YAML: {found.problem}",
                next_step="look at this line and the one before it",
            )


def check_lock(project: Project) -> Iterator[Finding]:
    """Find a project without the lock of its dependencies (LCK001); a governed one has its own."""
    wanted = "pyproject.toml" in project.files and not project.governed
    if wanted and "uv.lock" not in {*project.files, *project.others}:
        yield Finding(
            "uv.lock:1", "LCK001", "there is no uv.lock", "run: uv lock && git add uv.lock"
        )
