"""What a kustomization would apply: its objects with the labels that it and its patches set."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from modelwright.audit.project import Project, list_at, mapping_at, mappings
from modelwright.policy.yaml_reader import Document, Unreadable, read_yaml

_BELOW_LABELS: Final = re.compile(r"(/.*)?/metadata/labels(/[^/]+)?")
NAMES: Final = ("kustomization.yaml", "kustomization.yml")
DEEPEST: Final = 12
WITH_TEMPLATE: Final = (
    *("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController"),
    *("Job", "CronJob"),
)


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One object as it would be applied.

    Attributes:
        where: `file:line` of what declares it.
        body: The object itself; labels of kustomizations are merged into it.
    """

    where: str
    body: dict[str, Any]

    @property
    def title(self) -> str:
        """Kind and name."""
        return f"{self.body.get('kind')} {mapping_at(self.body, 'metadata').get('name', '')}"


@dataclass
class Built:
    """The objects of one kustomization, and what could not be followed, as `file:line` and why."""

    resources: list[Resource] = field(default_factory=list)
    lost: list[tuple[str, str]] = field(default_factory=list)


def kustomizations(project: Project) -> list[str]:
    """Return the path of every kustomization."""
    return [path for path in project.files if path.rpartition("/")[2] in NAMES]


def roots(project: Project) -> list[str]:
    """Return the kustomizations that no other one takes as a resource: what is really applied."""
    every = kustomizations(project)
    used = {
        target
        for path in every
        for entry, _ in _entries(project.document(path))
        if (target := _kustomization_at(project, _join_path(path, entry)))
    }
    return [path for path in every if path not in used]


def build(project: Project, path: str, depth: int = 0) -> Built:
    """Return what a kustomization would apply."""
    built = Built()
    document = project.document(path)
    for entry, line in _entries(document):
        target = _join_path(path, entry)
        inner = _kustomization_at(project, target)
        if inner and inner != path and depth < DEEPEST:
            below = build(project, inner, depth + 1)
            built.resources += below.resources
            built.lost += below.lost
        elif target in project.files:
            built.resources += _objects(project, target)
        else:
            built.lost.append((f"{path}:{line}", entry))
    built.resources += _generated_objects(path, document, built.resources)
    bodies = [resource.body for resource in built.resources]
    for place in (*_components(project, path), path):
        _apply_patches(project, place, project.document(place), bodies)
        for body in bodies:
            _label(body, project.document(place).mapping)
    return built


def pod_templates(body: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every template of pods or jobs in an object, with its path for people."""
    todo = [("spec", body.get("spec"))]
    while todo:
        path, value = todo.pop()
        if not isinstance(value, dict) or path.count(".") > DEEPEST:
            continue
        for key, child in value.items():
            if key in ("template", "jobTemplate") and isinstance(child, dict) and "spec" in child:
                yield f"{path}.{key}", child
            todo.append((f"{path}.{key}", child))


def labels_of(thing: Mapping[str, Any]) -> dict[str, Any]:
    """Return the labels of an object or template."""
    return mapping_at(thing, "metadata", "labels")


def _entries(document: Document) -> list[tuple[str, int]]:
    return [
        (entry, document.line(key, number))
        for key in ("resources", "bases", "components")
        for number, entry in enumerate(list_at(document.mapping, key))
        if isinstance(entry, str)
    ]


def _components(project: Project, path: str) -> list[str]:
    """Return the components of a kustomization: they change the objects of whoever takes them."""
    entries = list_at(project.document(path).mapping, "components")
    places = [_kustomization_at(project, _join_path(path, str(entry))) for entry in entries]
    return [place for place in places if place]


def _join_path(path: str, entry: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), entry))


def _kustomization_at(project: Project, folder: str) -> str:
    paths = (posixpath.normpath(posixpath.join(folder, name)) for name in NAMES)
    return next((path for path in paths if path in project.files), "")


def _objects(project: Project, path: str) -> Iterator[Resource]:
    for document in project.documents(path):
        items = mappings(document.mapping, "items")
        if document.mapping.get("kind") == "List":
            bodies = [(body, document.line("items", at)) for at, body in items]
        else:
            bodies = [(dict(document.mapping), document.line("metadata"))]
        for body, line in bodies:
            if "kind" in body:
                yield Resource(where=f"{path}:{line}", body=_outline(body))


def _outline(body: Mapping[Any, Any]) -> dict[str, Any]:
    """Copy what labels can stand in, and no more: an overlay must not change another's objects."""
    outline = {key: body[key] for key in ("kind", "containers") if key in body}
    metadata = body.get("metadata")
    if isinstance(metadata, dict):
        labels = dict(mapping_at(metadata, "labels"))
        outline["metadata"] = {"name": metadata.get("name"), "labels": labels}
    for key in ("spec", "template", "jobTemplate"):
        if isinstance(body.get(key), dict):
            outline[key] = _outline(body[key])
    return outline


def _generated_objects(path: str, document: Document, known: list[Resource]) -> Iterator[Resource]:
    titles = {resource.title for resource in known}
    for key, kind in (("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")):
        for number, entry in mappings(document.mapping, key):
            if f"{kind} {entry.get('name')}" in titles:
                continue
            labels = dict(mapping_at(entry, "options", "labels"))
            body = {"kind": kind, "metadata": {"name": entry.get("name"), "labels": labels}}
            yield Resource(where=f"{path}:{document.line(key, number)}", body=body)


def _label(body: dict[str, Any], kustomization: Mapping[Any, Any]) -> None:
    _add_labels(body, mapping_at(kustomization, "commonLabels"), templates=True)
    for _, entry in mappings(kustomization, "labels"):
        templates = entry.get("includeTemplates") or entry.get("includeSelectors")
        _add_labels(body, mapping_at(entry, "pairs"), templates=bool(templates))


def _add_labels(body: dict[str, Any], pairs: Mapping[str, Any], *, templates: bool) -> None:
    _labels(body).update(pairs)
    # Only these kinds have their templates labelled: another one must label its own.
    if templates and str(body.get("kind")) in WITH_TEMPLATE:
        for _, template in pod_templates(body):
            _labels(template).update(pairs)


def _labels(thing: dict[str, Any]) -> dict[str, Any]:
    metadata = thing.get("metadata")
    if not isinstance(metadata, dict):
        metadata = thing["metadata"] = {}
    labels = metadata.get("labels")
    if not isinstance(labels, dict):
        labels = metadata["labels"] = {}
    return labels


def _apply_patches(
    project: Project, path: str, document: Document, bodies: list[dict[str, Any]]
) -> None:
    """Change labels as the patches of a kustomization do; other changes are left out.

    Args:
        project: The project.
        path: The kustomization's path.
        document: The kustomization.
        bodies: The objects that it patches.
    """
    for entry in _patches(document):
        target = entry.get("target")
        for patch in _read(project, path, entry):
            for body in bodies:
                if isinstance(patch, list) and _is_selected(body, target):
                    for operation in patch:
                        _apply_operation(body, operation)
                elif isinstance(patch, dict) and _is_patched(body, patch, target):
                    _merge_labels(body, patch)


def _patches(document: Document) -> Iterator[dict[str, Any]]:
    for key in ("patches", "patchesJson6902"):
        yield from (entry for _, entry in mappings(document.mapping, key))
    for entry in list_at(document.mapping, "patchesStrategicMerge"):
        if isinstance(entry, str):
            yield {"patch" if "\n" in entry else "path": entry}


def _read(project: Project, path: str, entry: dict[str, Any]) -> list[Any]:
    if isinstance(entry.get("patch"), str):
        found = read_yaml(entry["patch"])
        return [] if isinstance(found, Unreadable) else [document.data for document in found]
    place = posixpath.normpath(posixpath.join(posixpath.dirname(path), str(entry.get("path", ""))))
    return [document.data for document in project.documents(place)]


def _is_selected(body: dict[str, Any], target: object) -> bool:
    if not isinstance(target, dict):
        return False
    name = mapping_at(body, "metadata").get("name", "")
    return _matches(target.get("kind"), body.get("kind")) and _matches(target.get("name"), name)


def _matches(pattern: object, value: object) -> bool:
    """Match as kustomize does, with `.*` and `|` alone: a repository's own pattern could hang."""
    if not pattern:
        return True
    ways = (re.escape(way).replace(r"\.\*", ".*") for way in str(pattern).split("|"))
    return any(re.fullmatch(way, str(value)) for way in ways)


def _is_patched(body: dict[str, Any], patch: dict[str, Any], target: object) -> bool:
    name = mapping_at(patch, "metadata").get("name")
    return _is_selected(body, target or {"kind": patch.get("kind"), "name": name})


def _merge_labels(body: dict[str, Any], patch: dict[str, Any]) -> None:
    for key, value in patch.items():
        if key == "labels" and isinstance(value, dict):
            kept = {**mapping_at(body, "labels"), **value}
            body["labels"] = {name: text for name, text in kept.items() if text is not None}
        elif key in ("metadata", "spec", "template", "jobTemplate") and isinstance(value, dict):
            child = body.setdefault(key, {})
            if isinstance(child, dict):
                _merge_labels(child, value)


def _apply_operation(body: dict[str, Any], operation: object) -> None:
    if not isinstance(operation, dict):
        return
    path = str(operation.get("path", ""))
    if not _BELOW_LABELS.fullmatch(path):
        return
    *parents, last = [_unescape_pointer(part) for part in path.split("/")[1:]]
    place: Any = body
    for part in parents:
        place = place.setdefault(part, {}) if isinstance(place, dict) else None
    if not isinstance(place, dict):
        return
    if operation.get("op") == "remove":
        place.pop(last, None)
    elif operation.get("op") in ("add", "replace"):
        place[last] = operation.get("value")


def _unescape_pointer(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")
