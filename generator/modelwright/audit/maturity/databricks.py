"""What a Databricks bundle declares for each environment."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from typing import Final

from modelwright.audit.bundle import FILE, bundle_resources, preset_tags, targets
from modelwright.audit.maturity.kubernetes import Declared, Environment
from modelwright.audit.plain import listed, mapped
from modelwright.audit.project import Project

JOB: Final = "jobs"


def bundled(project: Project) -> Iterator[Environment]:
    """Yield the environments of the policy that are targets of the bundle, in its order."""
    declared = targets(project)
    resources = list(bundle_resources(project))
    for name in project.policy["environments"]:
        if name in declared:
            yield Environment(
                name=name,
                root=FILE,
                objects=tuple(
                    Declared(
                        where=found.where,
                        kind=found.kind,
                        title=f"{found.kind}/{found.name}",
                        body=found.body,
                    )
                    for found in resources
                    if found.target in ("", name)
                ),
                lost=tuple(_lost(project)),
                settings=frozenset(
                    {*mapped(declared[name], "variables"), *preset_tags(project, name)}
                ),
            )


def _lost(project: Project) -> Iterator[str]:
    for pattern in listed(project.document(FILE).mapping, "include"):
        plain = str(pattern).removeprefix("./")
        if not any(fnmatch.fnmatchcase(path, plain) for path in project.files):
            yield str(pattern)
