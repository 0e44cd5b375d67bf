"""What is declared for each environment."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from modelwright.audit.bundle import bundle_resources, preset_tags, targets
from modelwright.audit.kustomize import WITH_TEMPLATE, Resource, build, roots
from modelwright.audit.project import Project, list_at, mapping_at, mappings
from modelwright.paths import DATABRICKS_BUNDLE

WORKLOADS: Final = (*WITH_TEMPLATE, "CronJob")
JOB: Final = "jobs"


@dataclass(frozen=True, kw_only=True)
class DeclaredObject:
    """One object as its file declares it, before any overlay's patch.

    Attributes:
        where: `file:line`.
        kind: Its kind.
        title: Kind and name.
        body: The object.
    """

    where: str
    kind: str
    title: str
    body: Mapping[Any, Any]

    @property
    def spec(self) -> Mapping[Any, Any]:
        """Its specification."""
        return mapping_at(self.body, "spec")


@dataclass(frozen=True, kw_only=True)
class DeployedEnvironment:
    """What one environment applies.

    Attributes:
        name: As the policy calls it.
        root: The path of its kustomization.
        objects: What it applies.
        lost: What it refers to and the repository does not hold.
        settings: The keys that it sets.
    """

    name: str
    root: str
    objects: tuple[DeclaredObject, ...]
    lost: tuple[str, ...]
    settings: frozenset[str]

    def of(self, *kinds: str) -> tuple[DeclaredObject, ...]:
        """Return the objects of some kinds."""
        return tuple(found for found in self.objects if found.kind in kinds)


def environments(project: Project) -> Iterator[DeployedEnvironment]:
    """Yield the environments of the policy that have a kustomization, in the policy's order."""
    found = {posixpath.basename(posixpath.dirname(root)): root for root in roots(project)}
    for name in project.policy["environments"]:
        if name in found:
            built = build(project, found[name])
            yield DeployedEnvironment(
                name=name,
                root=found[name],
                objects=tuple(_declared_object(project, resource) for resource in built.resources),
                lost=tuple(entry for _, entry in built.lost),
                settings=_settings(project, found[name]),
            )


def _settings(project: Project, root: str) -> frozenset[str]:
    generators = mappings(project.document(root).mapping, "configMapGenerator")
    literals = [entry for _, one in generators for entry in list_at(one, "literals")]
    return frozenset(str(entry).partition("=")[0] for entry in literals)


def _declared_object(project: Project, resource: Resource) -> DeclaredObject:
    kind = str(resource.body.get("kind"))
    name = mapping_at(resource.body, "metadata").get("name")
    written = (
        document.mapping
        for document in project.documents(resource.where.rpartition(":")[0])
        if document.mapping.get("kind") == kind
        and mapping_at(document.mapping, "metadata").get("name") == name
    )
    return DeclaredObject(
        where=resource.where,
        kind=kind,
        title=resource.title,
        body=next(written, resource.body),
    )


def bundle_environments(project: Project) -> Iterator[DeployedEnvironment]:
    """Yield the environments of the policy that are targets of the bundle, in its order."""
    declared = targets(project)
    resources = list(bundle_resources(project))
    for name in project.policy["environments"]:
        if name in declared:
            yield DeployedEnvironment(
                name=name,
                root=DATABRICKS_BUNDLE,
                objects=tuple(
                    DeclaredObject(
                        where=found.where,
                        kind=found.kind,
                        title=f"{found.kind}/{found.name}",
                        body=found.body,
                    )
                    for found in resources
                    if found.target in ("", name)
                ),
                lost=tuple(_unmatched_includes(project)),
                settings=frozenset(
                    {*mapping_at(declared[name], "variables"), *preset_tags(project, name)}
                ),
            )


def _unmatched_includes(project: Project) -> Iterator[str]:
    for pattern in list_at(project.document(DATABRICKS_BUNDLE).mapping, "include"):
        plain = str(pattern).removeprefix("./")
        if not any(fnmatch.fnmatchcase(path, plain) for path in project.files):
            yield str(pattern)
