"""Reads the answers that a project keeps."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Any

from modelwright.errors import ExternalSystemError, RefusedError
from modelwright.paths import ANSWERS_FILE
from modelwright.policy.yaml_reader import Unreadable, read_yaml


def stored_answers(folder: Path, file: str = ANSWERS_FILE) -> dict[str, Any]:
    """Return what a project's answers file holds, `_src_path` and `_commit` among it.

    Args:
        folder: The project's folder.
        file: The path of its answers file.

    Raises:
        RefusedError: There is none, or it cannot be read as answers.
        ExternalSystemError: The folder or the file cannot be read.
    """
    place = folder / file
    try:
        text = place.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise _missing_error(folder, file) from None
    except UnicodeDecodeError as error:
        raise _malformed_error(place, 1, "it is not UTF-8") from error
    except OSError as error:
        raise ExternalSystemError(
            f"it cannot be read: {error.strerror}",
            where=str(place),
            next_step="give yourself the right to read it",
        ) from error
    documents = read_yaml(text)
    if isinstance(documents, Unreadable):
        raise _malformed_error(place, documents.line, f"it is not YAML: {documents.problem}")
    answers = dict(documents[0].mapping) if documents else {}
    if not answers or not all(isinstance(name, str) for name in answers):
        raise _malformed_error(place, 1, "it holds no answers by name")
    return answers


def _missing_error(folder: Path, file: str) -> RefusedError:
    above = next((place for place in folder.resolve().parents if (place / file).is_file()), None)
    others = [place.name for place in sorted(folder.glob(".copier-answers*.y*ml"))]
    if others:
        return RefusedError(
            f"it holds no {file}",
            where=str(folder),
            next_step=f"name the answers file: --answers-file {others[0]}",
        )
    return RefusedError(
        f"it holds no {file}, so it is no project of a template",
        where=str(folder),
        next_step=f"name the project's own folder, {above}"
        if above
        else "take it under management: modelwright adopt PATH --archetype ARCHETYPE",
    )


def _malformed_error(place: Path, line: int, problem: str) -> RefusedError:
    return RefusedError(
        problem,
        where=f"{place}:{line}",
        next_step=f"restore it: git checkout HEAD -- {quote(place.name)}",
    )
