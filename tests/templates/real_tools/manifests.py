"""Builds the overlays of rendered projects with the real kustomize, and reads what comes out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from tests.templates.real_tools.toolbox import INSTALL, missing, run, tool

NEWEST_TOO_OLD: Final = (1, 26)
Manifest = dict[str, Any]


def overlays(project: Path) -> list[Path]:
    """Return the folders of a project's environments."""
    return sorted((project / "deploy" / "k8s" / "overlays").iterdir())


def build(overlay: Path) -> list[Manifest]:
    """Return every object that an overlay gives to the cluster."""
    kubectl = tool("kubectl")
    version = run(kubectl, "version", "--client").stdout
    found = re.search(r"v(\d+)\.(\d+)\.", version)
    if found and (int(found[1]), int(found[2])) <= NEWEST_TOO_OLD:
        missing(f"a kubectl newer than {found[0]}", INSTALL["kubectl"])
    return list(yaml.safe_load_all(run(kubectl, "kustomize", overlay).stdout))


def of_kind(manifests: list[Manifest], kind: str) -> Manifest:
    """Return the one object of a kind."""
    (found,) = [manifest for manifest in manifests if manifest["kind"] == kind]
    return found


def labels_in(manifest: Manifest) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the labels of an object, and of the pods that it makes."""
    name = f"{manifest['kind']}/{manifest['metadata']['name']}"
    yield name, manifest["metadata"].get("labels", {})
    template = manifest.get("spec", {}).get("template")
    if template:
        yield f"{name} pods", template["metadata"].get("labels", {})
