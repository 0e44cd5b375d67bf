"""Do references to secrets and the manifest agree?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from modelwright.audit.finding import Finding
from modelwright.audit.manifest import FILE, Entry, entries
from modelwright.audit.plain import mapped, mappings
from modelwright.audit.project import Project
from modelwright.audit.references import WORKFLOWS, Reference, references
from modelwright.policy.refusal import show

_OBJECTS: Final = ("Secret", "ExternalSecret", "SealedSecret")


def check_references(project: Project) -> Iterator[Finding]:
    """Find names that the manifest does not list, or lists as the other kind (SEC002)."""
    listed = entries(project)
    objects = _secret_objects(project)
    told = set[tuple[str, str]]()
    for reference in references(project, frozenset(listed)):
        problem, next_step = _problem(reference, listed, objects)
        if problem and (reference.where, problem) not in told:
            told.add((reference.where, problem))
            yield Finding(reference.where, "SEC002", problem, next_step)
    for path in project.below(WORKFLOWS):
        for number, line in enumerate(project.files[path].splitlines(), start=1):
            if line.replace(" ", "").startswith("secrets:inherit"):
                problem = "secrets: inherit hands over every secret"
                yield Finding(f"{path}:{number}", "SEC002", problem, "name each secret")


def check_entries(project: Project) -> Iterator[Finding]:
    """Find entries that no workflow, manifest or compose file refers to (SEC003).

    A governed repository's manifest holds what it may refer to: none of our files does it there.
    """
    if project.governed:
        return
    listed = entries(project)
    used = {reference.name for reference in references(project, frozenset(listed))}
    for name, entry in listed.items():
        if name not in used:
            yield Finding(
                where=f"{FILE}:{entry.line}",
                rule="SEC003",
                problem=f"nothing refers to {name}",
                next_step="refer to it where it is needed, or ask the platform team to drop it",
            )


def _problem(reference: Reference, listed: dict[str, Entry], objects: set[str]) -> tuple[str, str]:
    name = reference.name
    if reference.kind == "object":
        if name in objects or name in listed:
            return "", ""
        return f"no Secret {show(name)} is declared", "declare it beside what uses it, without data"
    if name not in listed:
        return f"{FILE} does not list {show(name)}", "take a name of the manifest"
    if reference.kind not in ("", listed[name].kind):
        scope = "secrets" if listed[name].kind == "secret" else "vars"
        return f"{name} is a {listed[name].kind}", f"write {scope}.{name}"
    return "", ""


def _secret_objects(project: Project) -> set[str]:
    found = set[str]()
    for path in project.yaml:
        for document in project.documents(path):
            body = document.mapping
            if body.get("kind") in _OBJECTS:
                found.add(str(mapped(body, "metadata").get("name")))
            generated = mappings(body, "secretGenerator")
            found |= {str(entry.get("name")) for _, entry in generated}
    return found
