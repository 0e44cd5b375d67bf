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
    """Return the folders of a project's environments; none where no cluster runs it."""
    return sorted((project / "deploy" / "k8s" / "overlays").glob("*/"))


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


def pods(manifests: list[Manifest]) -> list[Manifest]:
    """Return the template of every pod that a service or a job starts."""
    workloads = [m["spec"] for m in manifests if m["kind"] in ("Deployment", "CronJob")]
    return [spec.get("jobTemplate", {}).get("spec", spec)["template"] for spec in workloads]


def containers(manifests: list[Manifest]) -> list[Manifest]:
    """Return the one container of every such pod."""
    found = []
    for pod in pods(manifests):
        (container,) = pod["spec"]["containers"]
        found.append(container)
    return found


def labels_in(manifest: Manifest) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the labels of an object, and of the pods that it makes."""
    name = f"{manifest['kind']}/{manifest['metadata']['name']}"
    yield name, manifest["metadata"].get("labels", {})
    if "jobTemplate" in manifest.get("spec", {}):
        yield f"{name} jobs", manifest["spec"]["jobTemplate"]["metadata"].get("labels", {})
    for template in pods([manifest]):
        yield f"{name} pods", template["metadata"].get("labels", {})
