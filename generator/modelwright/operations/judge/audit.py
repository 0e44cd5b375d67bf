"""`modelwright audit`: read a project, render its template's pages, assess every criterion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

from jinja2 import TemplateError

from modelwright.audit.criteria.assessment import Assessment, assess_project
from modelwright.audit.evidence_map import EvidenceMap, evidence_map_from
from modelwright.audit.project import Project
from modelwright.errors import ModelwrightError
from modelwright.operations.judge.project import OpenPlatform, project_at
from modelwright.paths import EVIDENCE_FILE
from modelwright.policy.rules import show
from modelwright.template.platform import Platform
from modelwright.template.version import DialectVersion


def audit_project(path: Path, *, open_platform: OpenPlatform, today: date) -> Assessment:
    """Return how mature a project is, with the evidence.

    Args:
        path: Its folder.
        open_platform: Returns the platform for the answers file's source and version.
        today: The day by which reviews are judged.

    Raises:
        RefusedError: It is no project, or its answers cannot be read.
        ExternalSystemError: A file or the platform cannot be read.
    """
    project, platform = project_at(path, "audit", open_platform=open_platform, today=today)
    version = str(project.answers.get("_commit", ""))
    notes = []
    if version != platform.version:
        ours, theirs = (name or "no version" for name in (platform.version, version))
        notes.append(f"{path}: made with {theirs}; its texts are compared with those of {ours}")
    evidence = evidence_of(platform, str(project.answers["archetype"]))
    if evidence is None:
        notes.append(
            f"{path}: its archetype has no {EVIDENCE_FILE}: judged by what any project has"
        )
    judge = project.judge
    if judge and not judge.is_source:
        notes.append(f"{path}: its answers name the platform {show(judge.source)}, not {judge.url}")
    try:
        rendered: Mapping[str, str] = _rendered_pages(platform, project)
    except (ModelwrightError, TemplateError, KeyError) as error:
        # A text that may be the template's proves nothing, so every text counts as the template's.
        rendered = project.files
        notes.append(f"{path}: its texts count as the template's, which does not render: {error}")
    with_evidence = replace(project, evidence=evidence)
    return assess_project(with_evidence, rendered, place=path, notes=tuple(notes))


def evidence_of(platform: Platform, archetype: str) -> EvidenceMap | None:
    """Return where an archetype's projects keep their evidence; None without an evidence.yml.

    Raises:
        RefusedError: Its evidence.yml has a fault.
    """
    path = f"templates/{archetype}/{EVIDENCE_FILE}"
    try:
        text = platform.tree.read(path).decode()
    except (KeyError, OSError):
        return None
    return evidence_map_from(text, path)


def _rendered_pages(platform: Platform, project: Project) -> dict[str, str]:
    """Return the Markdown pages that the template renders for the project."""
    version = DialectVersion(platform.tree, platform.version, platform.source)
    # With `born` the user-owned files would not be rendered.
    stored = {name: value for name, value in project.answers.items() if name != "born"}
    pages = {path for path in project.files if path.endswith(".md")}
    files = version.files(version.replay(stored), pages)
    return {path: file.content.decode() for path, file in files.items()}
