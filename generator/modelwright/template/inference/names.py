"""Infers brand, use case, description and options from the names and files of a repository."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from configparser import ConfigParser, Error
from typing import Any, Final

from modelwright.paths import PYPROJECT
from modelwright.policy.names import parse_repository_name
from modelwright.template.archetypes import Archetype, pattern_matches
from modelwright.template.inference.evidence import AnswerEvidence, InspectedRepository

Policy = Mapping[str, Any]
NameAndSource = tuple[str, str]
_TABLES: Final = (("project",), ("tool", "poetry"))


def name_evidence(
    repository: InspectedRepository, policy: Policy, suffix: str
) -> Iterator[AnswerEvidence]:
    """Yield brand and use case of every name that reads back by the policy; else a proposal.

    Args:
        repository: The repository.
        policy: The policy as plain data.
        suffix: The suffix of the archetype.
    """
    for name, source in repository_names(repository):
        parts = parse_repository_name(policy["naming"], name, policy["brands"], [suffix])
        if parts is not None:
            yield AnswerEvidence("brand", parts.brand, source)
            yield AnswerEvidence("use_case", parts.use_case, source)
        else:
            yield AnswerEvidence("use_case", _hyphenated(name), source, hint=True)


def repository_names(repository: InspectedRepository) -> Iterator[NameAndSource]:
    """Yield every name of a repository, and where it stands.

    The folder's counts only where there is no remote: a clone may be called anything.
    """
    for field, value, source in package_metadata(repository):
        if field == "name":
            yield value, source
    if repository.remote:
        yield repository.remote, "git remote origin"
    else:
        yield repository.folder, "folder name"


def description_evidence(repository: InspectedRepository) -> Iterator[AnswerEvidence]:
    """Yield the description of the package; else the first line of prose of the README."""
    for field, value, source in package_metadata(repository):
        if field == "description":
            yield AnswerEvidence("description", value, source)
    for path, text in repository.texts.items():
        if re.fullmatch(r"readme(\.(md|rst|txt))?", path, re.IGNORECASE):
            for number, line in enumerate(text.splitlines(), start=1):
                if re.match(r"\w", line) and " " in line.strip():
                    yield AnswerEvidence("description", line.strip(), f"{path}:{number}", hint=True)
                    break


def package_metadata(repository: InspectedRepository) -> Iterator[tuple[str, str, str]]:
    """Yield field, value and source of what the package says of itself."""
    texts = repository.texts
    yield from _pyproject(texts.get(PYPROJECT, ""))
    yield from _setup_cfg(texts.get("setup.cfg", ""))
    yield from _setup_py(texts.get("setup.py", ""))


def _pyproject(text: str) -> Iterator[tuple[str, str, str]]:
    try:
        data: Any = tomllib.loads(text)
    except ValueError:
        return
    for path in _TABLES:
        table = data
        for step in path:
            table = table.get(step, {}) if isinstance(table, dict) else {}
        for field in ("name", "description"):
            value = table.get(field) if isinstance(table, dict) else None
            if isinstance(value, str) and value.strip():
                yield field, value, f"pyproject.toml [{'.'.join(path)}] {field}"


def _setup_cfg(text: str) -> Iterator[tuple[str, str, str]]:
    parser = ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except Error:
        return
    for field in ("name", "description"):
        value = parser.get("metadata", field, fallback="").strip()
        if value and not value.startswith(("file:", "attr:")):
            yield field, value, f"setup.cfg [metadata] {field}"


def _setup_py(text: str) -> Iterator[tuple[str, str, str]]:
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for call in ast.walk(module):
        for keyword in call.keywords if isinstance(call, ast.Call) and _is_setup(call) else ():
            value = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
            if keyword.arg in {"name", "description"} and isinstance(value, str) and value.strip():
                yield keyword.arg, value, f"setup.py:{keyword.value.lineno}"


def _is_setup(call: ast.Call) -> bool:
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    return bool(name == "setup")


def _hyphenated(name: str) -> str:
    """Return a name as lower-case words joined by hyphens."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name)
    return "-".join(re.findall(r"[a-z0-9]+", spaced.lower()))


def option_evidence(
    archetype: Archetype, options: Iterable[str], paths: Sequence[str]
) -> Iterator[AnswerEvidence]:
    """Yield every option that alone decides over some files: on where one of them is there.

    Args:
        archetype: Says which files an option leaves out.
        options: The names of the options.
        paths: Every path of the repository.
    """
    for option in options:
        patterns = [
            pattern
            for left_out in archetype.left_out
            if left_out.unless == f"cookiecutter.{option}"
            for pattern in left_out.paths
        ]
        if not patterns:
            continue
        there = (
            path for path in paths if any(pattern_matches(pattern, path) for pattern in patterns)
        )
        found = next(there, "")
        yield AnswerEvidence(option, bool(found), found or f"no {patterns[0].rstrip('/')}")
