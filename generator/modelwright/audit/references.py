"""Where a project refers to secrets: workflows, manifests of Kubernetes, compose files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from modelwright.audit.project import Project
from modelwright.audit.yaml_file import Document, Unreadable, read_yaml, walk

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


@dataclass(frozen=True)
class Reference:
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


def references(project: Project, listed: frozenset[str]) -> list[Reference]:
    """Return every reference, in the order of files.

    Args:
        project: The project.
        listed: The manifest's names: a variable of compose counts when it is one of them, or when
            it is called like a secret.
    """
    found: list[Reference] = []
    for path in project.yaml:
        if path.startswith(WORKFLOWS):
            found += _of_workflow(path, project.files[path])
        elif _COMPOSE.fullmatch(path):
            found += _of_compose(path, project.files[path], listed)
        else:
            found += _of_manifests(path, project.documents(path))
    return found


def _of_workflow(path: str, text: str) -> Iterator[Reference]:
    for number, line in enumerate(text.splitlines(), start=1):
        if "secrets" not in line and "vars" not in line:
            continue
        for scope, dotted, quoted in _IN_WORKFLOW.findall(_COMMENT.sub("", line)):
            name = (dotted or quoted).upper()
            if name != _GIVEN:
                kind = "secret" if scope == "secrets" else "variable"
                yield Reference(name, f"{path}:{number}", kind)


def _of_compose(path: str, text: str, listed: frozenset[str]) -> Iterator[Reference]:
    for number, line in enumerate(text.splitlines(), start=1):
        for name in _VARIABLE.findall(_COMMENT.sub("", line)):
            if name in listed or _SECRET_LIKE.search(name):
                yield Reference(name, f"{path}:{number}")


def _of_manifests(path: str, documents: tuple[Document, ...]) -> Iterator[Reference]:
    for document in documents:
        for place, value in walk(document.data):
            if place[-1:] in _REFERRING and isinstance(value, dict):
                yield from _names(f"{path}:{document.line(*place)}", value)
            elif place[-1:] == ("patch",) and isinstance(value, str):
                yield from _of_patch(path, document.line(*place), value)


def _of_patch(path: str, line: int, text: str) -> Iterator[Reference]:
    found = read_yaml(text, first_line=line + 1)
    yield from () if isinstance(found, Unreadable) else _of_manifests(path, found)


def _names(where: str, value: dict[str, Any]) -> Iterator[Reference]:
    for field, kind in (("key", ""), ("name", "object")):
        if isinstance(value.get(field), str):
            yield Reference(value[field], where, kind)
