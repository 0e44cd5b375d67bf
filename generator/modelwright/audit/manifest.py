"""The secrets that a project lists by name in `secrets.yaml`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from modelwright.audit.finding import Finding
from modelwright.audit.project import Project
from modelwright.policy.refusal import show

FILE: Final = "secrets.yaml"
TEXTS: Final = ("name", "purpose", "kind", "level", "owner", "rotated_by")
KINDS: Final = ("secret", "variable")


@dataclass(frozen=True)
class Entry:
    """One entry; `line` counts from 1."""

    name: str
    kind: str
    line: int


def entries(project: Project) -> dict[str, Entry]:
    """Return the well-formed entries by name."""
    document = project.document(FILE)
    return {
        body["name"]: Entry(body["name"], body["kind"], document.line("secrets", number, "name"))
        for number, body in _bodies(project)
        if not _problem(body)
    }


def check_manifest(project: Project) -> Iterator[Finding]:
    """Find a manifest that is missing, or an entry that is not whole (SEC001)."""
    if FILE not in project.files:
        yield Finding(f"{FILE}:1", "SEC001", "there is no secrets.yaml", "restore it by an update")
        return
    document = project.document(FILE)
    if not isinstance(document.mapping.get("secrets"), list) and project.documents(FILE):
        yield Finding(
            f"{FILE}:1", "SEC001", "it holds no list `secrets`", "restore it by an update"
        )
    for number, body in _bodies(project):
        problem = _problem(body)
        if problem:
            where = f"{FILE}:{document.line('secrets', number)}"
            yield Finding(where, "SEC001", problem, f"give it {', '.join(TEXTS)}")


def _bodies(project: Project) -> Iterator[tuple[int, Any]]:
    listed = project.document(FILE).mapping.get("secrets")
    yield from enumerate(listed if isinstance(listed, list) else ())


def _problem(body: object) -> str:
    if not isinstance(body, Mapping):
        return "an entry is not a mapping"
    missing = [key for key in TEXTS if not isinstance(body.get(key), str) or not body[key]]
    if missing:
        return f"an entry lacks {', '.join(missing)}"
    if body["kind"] not in KINDS:
        return f"{body['name']} is of kind {show(body['kind'])}, not secret or variable"
    return ""
