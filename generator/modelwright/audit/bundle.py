"""A Databricks asset bundle: its targets, its resources, and what its variables say in each."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from modelwright.audit.project import Project, list_at, mapping_at, mappings
from modelwright.paths import DATABRICKS_BUNDLE

KINDS: Final = ("jobs", "pipelines", "model_serving_endpoints")
_REFERENCE: Final = re.compile(r"\$\{(bundle|var|variables)\.([\w.-]+)\}")
_CLUSTERS: Final = ("new_cluster", "existing_cluster_id", "job_cluster_key")


@dataclass(frozen=True, kw_only=True)
class BundleResource:
    """One job, pipeline or serving endpoint.

    Attributes:
        where: `file:line` of its tags, or of itself.
        kind: One of `KINDS`.
        target: The only target that it belongs to; empty where it belongs to every one.
    """

    where: str
    kind: str
    name: str
    target: str
    body: Mapping[str, Any]

    @property
    def tags(self) -> Mapping[str, Any]:
        """Its own tags; endpoints list theirs."""
        pairs = {str(tag.get("key")): tag.get("value") for _, tag in mappings(self.body, "tags")}
        return pairs or mapping_at(self.body, "tags")

    @property
    def serverless(self) -> bool:
        """Whether no cluster of its own carries its tags."""
        if self.kind == "pipelines":
            return bool(self.body.get("serverless"))
        tasks = [self.body, *(task for _, task in mappings(self.body, "tasks"))]
        own = any(key in task for task in tasks for key in _CLUSTERS)
        return not (own or self.body.get("job_clusters"))


def targets(project: Project) -> Mapping[str, Mapping[str, Any]]:
    """Return the targets of the bundle by name."""
    found = mapping_at(project.document(DATABRICKS_BUNDLE).mapping, "targets")
    return {str(name): mapping_at(found, name) for name in found}


def preset_tags(project: Project, target: str) -> dict[str, Any]:
    """Return the tags that a target gives to everything in it, as they are written."""
    bundle = project.document(DATABRICKS_BUNDLE).mapping
    shared, own = (
        mapping_at(place, "presets", "tags") for place in (bundle, targets(project)[target])
    )
    return {**shared, **own}


def resolve_variables(project: Project, target: str, value: object) -> str:
    """Return a value as a target sees it; what cannot be known stays a reference."""
    bundle = project.document(DATABRICKS_BUNDLE).mapping

    def known(match: re.Match[str]) -> str:
        scope, name = match.groups()
        if scope == "bundle":
            names = {"target": target, "name": mapping_at(bundle, "bundle").get("name")}
            return str(names.get(name) or match.group())
        found = mapping_at(targets(project)[target], "variables").get(name)
        if found is None:
            found = mapping_at(bundle, "variables").get(name)
        if isinstance(found, dict):
            found = found.get("default")
        return match.group() if found is None else str(found)

    return _REFERENCE.sub(known, str(value))


def bundle_resources(project: Project) -> Iterator[BundleResource]:
    """Yield every resource of the bundle and of the files that it includes."""
    bundle = project.document(DATABRICKS_BUNDLE).mapping
    for path in (DATABRICKS_BUNDLE, *_included_files(project, bundle)):
        yield from _resources(project, path, ("resources",), "")
    for target in targets(project):
        yield from _resources(project, DATABRICKS_BUNDLE, ("targets", target, "resources"), target)


def _resources(
    project: Project, path: str, place: tuple[str, ...], target: str
) -> Iterator[BundleResource]:
    document = project.document(path)
    group = mapping_at(document.mapping, *place)
    for kind in KINDS:
        for name in mapping_at(group, kind):
            line = document.line(*place, kind, name, "tags")
            yield BundleResource(
                where=f"{path}:{line}",
                kind=kind,
                name=str(name),
                target=target,
                body=mapping_at(group, kind, name),
            )


def _included_files(project: Project, bundle: Mapping[str, Any]) -> list[str]:
    globs = [str(pattern).removeprefix("./") for pattern in list_at(bundle, "include")]
    return [
        path
        for path in project.yaml
        if path != DATABRICKS_BUNDLE
        and any(fnmatch.fnmatchcase(path, pattern) for pattern in globs)
    ]
