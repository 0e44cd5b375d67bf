"""Do references to secrets and the manifest agree?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from modelwright.audit.findings import Finding
from modelwright.audit.project import Project, mapping_at, mappings
from modelwright.paths import SECRETS_MANIFEST
from modelwright.policy.rules import show
from modelwright.policy.yaml_reader import Document, Unreadable, read_yaml, walk

TEXTS: Final = ("name", "purpose", "kind", "level", "owner", "rotated_by")
KINDS: Final = ("secret", "variable")
WORKFLOWS: Final = ".github/"
_IN_WORKFLOW: Final = re.compile(r"\b(secrets|vars)\s*(?:\.\s*([A-Za-z_]\w*)|\[\s*'([^']+)'\s*\])")
_COMMENT: Final = re.compile(r"(^|\s)#.*")
_COMPOSE: Final = re.compile(r"(?:.*/)?(?:docker-)?compose[\w.-]*\.ya?ml")
_VARIABLE: Final = re.compile(r"(?<!\$)\$\{?([A-Za-z_]\w*)")
_SECRET_LIKE: Final = re.compile(
    r"(SECRET|TOKEN|PASSWORD|PASSWD|CREDENTIALS?|(API|ACCESS|PRIVATE)_?KEYS?|CLIENT_ID)$"
)
_REFERRING: Final = (("secretKeyRef",), ("secretRef",))
# GitHub gives this one to every job: nobody creates, owns or rotates it.
_GIVEN: Final = "GITHUB_TOKEN"
_OBJECTS: Final = ("Secret", "ExternalSecret", "SealedSecret")


@dataclass(frozen=True)
class ManifestEntry:
    """One entry; `line` counts from 1."""

    name: str
    kind: str
    line: int


def entries(project: Project) -> dict[str, ManifestEntry]:
    """Return the well-formed entries by name."""
    document = project.document(SECRETS_MANIFEST)
    return {
        body["name"]: ManifestEntry(
            body["name"], body["kind"], document.line("secrets", number, "name")
        )
        for number, body in _bodies(project)
        if not _entry_problem(body)
    }


def check_manifest(project: Project) -> Iterator[Finding]:
    """Find a manifest that is missing, or an entry that is incomplete (SEC001)."""
    if SECRETS_MANIFEST not in project.files:
        yield Finding(
            f"{SECRETS_MANIFEST}:1", "SEC001", "there is no secrets.yaml", "restore it by an update"
        )
        return
    document = project.document(SECRETS_MANIFEST)
    if not isinstance(document.mapping.get("secrets"), list) and project.documents(
        SECRETS_MANIFEST
    ):
        yield Finding(
            f"{SECRETS_MANIFEST}:1",
            "SEC001",
            "it holds no list `secrets`",
            "restore it by an update",
        )
    for number, body in _bodies(project):
        problem = _entry_problem(body)
        if problem:
            where = f"{SECRETS_MANIFEST}:{document.line('secrets', number)}"
            yield Finding(where, "SEC001", problem, f"give it {', '.join(TEXTS)}")


def _bodies(project: Project) -> Iterator[tuple[int, Any]]:
    listed = project.document(SECRETS_MANIFEST).mapping.get("secrets")
    yield from enumerate(listed if isinstance(listed, list) else ())


def _entry_problem(body: object) -> str:
    if not isinstance(body, Mapping):
        return "an entry is not a mapping"
    missing = [key for key in TEXTS if not isinstance(body.get(key), str) or not body[key]]
    if missing:
        return f"an entry lacks {', '.join(missing)}"
    if body["kind"] not in KINDS:
        return f"{body['name']} is of kind {show(body['kind'])}, not secret or variable"
    return ""


@dataclass(frozen=True)
class SecretReference:
    """A name that is looked up among secrets or variables.

    Attributes:
        name: The name.
        where: `file:line`.
        kind: `secret` or `variable` where the place says it, `object` for the name of a Secret of
            Kubernetes; else empty.
    """

    name: str
    where: str
    kind: str = ""


def references(project: Project, listed: frozenset[str]) -> list[SecretReference]:
    """Return every reference, in the order of files.

    Args:
        project: The project.
        listed: The manifest's names: a variable of compose counts when it is one of them, or when
            it is called like a secret.
    """
    found: list[SecretReference] = []
    for path in project.yaml:
        if path.startswith(WORKFLOWS):
            found += _of_workflow(path, project.files[path])
        elif _COMPOSE.fullmatch(path):
            found += _of_compose(path, project.files[path], listed)
        else:
            found += _of_manifests(path, project.documents(path))
    return found


def _of_workflow(path: str, text: str) -> Iterator[SecretReference]:
    for number, line in enumerate(text.splitlines(), start=1):
        if "secrets" not in line and "vars" not in line:
            continue
        for scope, dotted, quoted in _IN_WORKFLOW.findall(_COMMENT.sub("", line)):
            name = (dotted or quoted).upper()
            if name != _GIVEN:
                kind = "secret" if scope == "secrets" else "variable"
                yield SecretReference(name, f"{path}:{number}", kind)


def _of_compose(path: str, text: str, listed: frozenset[str]) -> Iterator[SecretReference]:
    for number, line in enumerate(text.splitlines(), start=1):
        for name in _VARIABLE.findall(_COMMENT.sub("", line)):
            if name in listed or _SECRET_LIKE.search(name):
                yield SecretReference(name, f"{path}:{number}")


def _of_manifests(path: str, documents: tuple[Document, ...]) -> Iterator[SecretReference]:
    for document in documents:
        for place, value in walk(document.data):
            if place[-1:] in _REFERRING and isinstance(value, dict):
                yield from _references_in(f"{path}:{document.line(*place)}", value)
            elif place[-1:] == ("patch",) and isinstance(value, str):
                yield from _of_patch(path, document.line(*place), value)


def _of_patch(path: str, line: int, text: str) -> Iterator[SecretReference]:
    found = read_yaml(text, first_line=line + 1)
    yield from () if isinstance(found, Unreadable) else _of_manifests(path, found)


def _references_in(where: str, value: dict[str, Any]) -> Iterator[SecretReference]:
    for field, kind in (("key", ""), ("name", "object")):
        if isinstance(value.get(field), str):
            yield SecretReference(value[field], where, kind)


def check_references(project: Project) -> Iterator[Finding]:
    """Find names that the manifest does not list, or lists as the other kind (SEC002)."""
    listed = entries(project)
    objects = _secret_objects(project)
    reported = set[tuple[str, str]]()
    for reference in references(project, frozenset(listed)):
        problem, next_step = _reference_problem(reference, listed, objects)
        if problem and (reference.where, problem) not in reported:
            reported.add((reference.where, problem))
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
                where=f"{SECRETS_MANIFEST}:{entry.line}",
                rule="SEC003",
                problem=f"nothing refers to {name}",
                next_step="refer to it where it is needed, or ask the platform team to drop it",
            )


def _reference_problem(
    reference: SecretReference, listed: dict[str, ManifestEntry], objects: set[str]
) -> tuple[str, str]:
    name = reference.name
    if reference.kind == "object":
        if name in objects or name in listed:
            return "", ""
        return f"no Secret {show(name)} is declared", "declare it beside what uses it, without data"
    if name not in listed:
        return f"{SECRETS_MANIFEST} does not list {show(name)}", "take a name of the manifest"
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
                found.add(str(mapping_at(body, "metadata").get("name")))
            generated = mappings(body, "secretGenerator")
            found |= {str(entry.get("name")) for _, entry in generated}
    return found
