"""What the patches of a kustomization do to labels."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Any, Final

from modelwright.audit.plain import listed, mapped, mappings
from modelwright.audit.project import Project
from modelwright.audit.yaml_file import Document, Unreadable, read_yaml

_BELOW_LABELS: Final = re.compile(r"(/.*)?/metadata/labels(/[^/]+)?")


def apply_patches(
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
                if isinstance(patch, list) and _selected(body, target):
                    for operation in patch:
                        _operate(body, operation)
                elif isinstance(patch, dict) and _meant(body, patch, target):
                    _merge_labels(body, patch)


def _patches(document: Document) -> Iterator[dict[str, Any]]:
    for key in ("patches", "patchesJson6902"):
        yield from (entry for _, entry in mappings(document.mapping, key))
    for entry in listed(document.mapping, "patchesStrategicMerge"):
        if isinstance(entry, str):
            yield {"patch" if "\n" in entry else "path": entry}


def _read(project: Project, path: str, entry: dict[str, Any]) -> list[Any]:
    if isinstance(entry.get("patch"), str):
        found = read_yaml(entry["patch"])
        return [] if isinstance(found, Unreadable) else [document.data for document in found]
    place = posixpath.normpath(posixpath.join(posixpath.dirname(path), str(entry.get("path", ""))))
    return [document.data for document in project.documents(place)]


def _selected(body: dict[str, Any], target: object) -> bool:
    if not isinstance(target, dict):
        return False
    name = mapped(body, "metadata").get("name", "")
    return _fits(target.get("kind"), body.get("kind")) and _fits(target.get("name"), name)


def _fits(pattern: object, value: object) -> bool:
    """Match as kustomize does, with `.*` and `|` alone: a repository's own pattern could hang."""
    if not pattern:
        return True
    ways = (re.escape(way).replace(r"\.\*", ".*") for way in str(pattern).split("|"))
    return any(re.fullmatch(way, str(value)) for way in ways)


def _meant(body: dict[str, Any], patch: dict[str, Any], target: object) -> bool:
    name = mapped(patch, "metadata").get("name")
    return _selected(body, target or {"kind": patch.get("kind"), "name": name})


def _merge_labels(body: dict[str, Any], patch: dict[str, Any]) -> None:
    for key, value in patch.items():
        if key == "labels" and isinstance(value, dict):
            kept = {**mapped(body, "labels"), **value}
            body["labels"] = {name: text for name, text in kept.items() if text is not None}
        elif key in ("metadata", "spec", "template", "jobTemplate") and isinstance(value, dict):
            child = body.setdefault(key, {})
            if isinstance(child, dict):
                _merge_labels(child, value)


def _operate(body: dict[str, Any], operation: object) -> None:
    if not isinstance(operation, dict):
        return
    path = str(operation.get("path", ""))
    if not _BELOW_LABELS.fullmatch(path):
        return
    *parents, last = [_plain(part) for part in path.split("/")[1:]]
    place: Any = body
    for part in parents:
        place = place.setdefault(part, {}) if isinstance(place, dict) else None
    if not isinstance(place, dict):
        return
    if operation.get("op") == "remove":
        place.pop(last, None)
    elif operation.get("op") in ("add", "replace"):
        place[last] = operation.get("value")


def _plain(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")
