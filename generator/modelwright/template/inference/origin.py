"""What the tool that made a repository wrote down: `.cruft.json`, an answers file of Copier's."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from modelwright.paths import ANSWERS_FILE, CRUFT_FILE
from modelwright.policy.yaml_reader import Document
from modelwright.template.inference.evidence import AnswerEvidence, InspectedRepository

ARCHETYPE: Final = "archetype"
_ANSWERS_NAME: Final = re.compile(r"\.copier-answers(\.[\w.-]+)?\.ya?ml")
_FOLDER: Final = re.compile(r"(?:.*/)?templates/([\w-]+)/*")


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a repository came from, as the tool that made it wrote it down.

    Attributes:
        file: What says it.
        source: The template's URL or path; empty where it is not said.
        version: The tag or commit; empty where it is not said.
        evidence: The answers.
    """

    file: str
    source: str
    version: str
    evidence: tuple[AnswerEvidence, ...]


def origins(repository: InspectedRepository) -> list[Origin]:
    """Return every recorded origin, the answers file first."""
    answers = [
        _copier_origin(path, document)
        for path, document in repository.documents.items()
        if _ANSWERS_NAME.fullmatch(path) or "_src_path" in document.data
    ]
    answers.sort(key=lambda origin: origin.file != ANSWERS_FILE)
    return [*answers, *_cruft_origin(repository.texts.get(CRUFT_FILE, ""))]


def unsound_origin(origin: Origin) -> str:
    """Return what keeps an answers file from being used; nothing where it is sound."""
    if origin.file != ANSWERS_FILE:
        return f"it is not named {ANSWERS_FILE}"
    if not origin.source:
        return "it does not say where the template is (_src_path)"
    if not (origin.source.startswith("/") or ":" in origin.source):
        return f"its _src_path {origin.source!r} is relative, which leads nowhere"
    return "" if origin.version else "it does not say the template's version (_commit)"


def _copier_origin(path: str, document: Document) -> Origin:
    data: Mapping[str, Any] = document.data
    evidence = tuple(
        AnswerEvidence(str(name), value, f"{path}:{document.line(name)}")
        for name, value in data.items()
        if isinstance(name, str) and name[:1] != "_" and name != "born" and value is not None
    )
    return Origin(
        file=path,
        source=_text(data.get("_src_path")),
        version=_text(data.get("_commit")),
        evidence=evidence,
    )


def _cruft_origin(text: str) -> Iterator[Origin]:
    try:
        data = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return
    if not isinstance(data, dict):
        return
    context = data.get("context")
    context = context.get("cookiecutter") if isinstance(context, dict) else None
    yield Origin(
        file=CRUFT_FILE,
        source=_text(data.get("template")),
        version=_text(data.get("commit")),
        evidence=tuple(_cruft_evidence(data, context if isinstance(context, dict) else {})),
    )


def _cruft_evidence(
    data: Mapping[str, Any], context: Mapping[str, Any]
) -> Iterator[AnswerEvidence]:
    folder = _FOLDER.fullmatch(_text(data.get("directory")))
    if folder:
        yield AnswerEvidence(ARCHETYPE, folder[1], CRUFT_FILE)
    for name, value in context.items():
        if name[:1] != "_" and isinstance(value, str | bool | int | float):
            yield AnswerEvidence(name, value, CRUFT_FILE)


def _text(value: object) -> str:
    return "" if value is None else str(value)
