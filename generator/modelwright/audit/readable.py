"""Can every YAML file be read?"""

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
