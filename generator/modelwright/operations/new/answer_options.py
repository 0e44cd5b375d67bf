"""Reads the answers of a command line: `--data` and `--data-file`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml

from modelwright.errors import RefusedError, UsageError
from modelwright.policy.resource_limits import with_resource_limits
from modelwright.policy.yaml_reader import CONSTRUCTION_ERRORS, alias_problem, size_problem


def answers_from_options(data: Sequence[str], data_file: Path | None) -> dict[str, object]:
    """Return the answers by name; `--data` overrides the file.

    Args:
        data: Texts of the form `NAME=VALUE`.
        data_file: A YAML mapping.

    Raises:
        RefusedError: The file is nested too deeply, or its aliases expand too far.
        UsageError: One of them has another form, or the file cannot be read.
    """
    answers = _answers_from_file(data_file) if data_file else {}
    for pair in data:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise UsageError(
                f"{pair!r} is not NAME=VALUE", where="--data", next_step="write --data team=..."
            )
        answers[name] = value
    return answers


def _answers_from_file(path: Path) -> dict[str, object]:
    where = f"--data-file {path}"
    try:
        content = _parse_yaml(path.read_text(encoding="utf-8"), where)
    except (OSError, yaml.YAMLError, *CONSTRUCTION_ERRORS) as error:
        raise UsageError(
            f"it cannot be read as YAML: {' '.join(str(error).split())}",
            where=where,
            next_step="write one line NAME: VALUE for each answer",
        ) from error
    if not isinstance(content, dict) or not all(isinstance(name, str) for name in content):
        raise UsageError(
            "it holds no answers by name",
            where=where,
            next_step="write one line NAME: VALUE for each answer",
        )
    return {name: value for name, value in content.items() if not name.startswith("_")}


def _parse_yaml(text: str, where: str) -> object:
    step = "write one line NAME: VALUE for each answer"
    problem = size_problem(text)
    with with_resource_limits(where, next_step=step):
        content = None if problem else yaml.safe_load(text)
        problem = problem or alias_problem(text, content)
    if problem:
        raise RefusedError(problem, where=where, next_step=step)
    return content
