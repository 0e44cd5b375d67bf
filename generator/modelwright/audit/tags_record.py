"""Do the record and the machinery carry the cost tags of MLflow runs and of the repository?"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, Final

from modelwright.audit.finding import Finding
from modelwright.audit.project import RECORD, Project
from modelwright.audit.tags_wanted import tag_problem

NAME: Final = "COST_TAGS"
_BLOCKS: Final = {"tags": "mlflow", "custom_properties": "github"}


def check_record_tags(project: Project) -> Iterator[Finding]:
    """Compare the record's `tags` and `custom_properties` with the policy (TAG104)."""
    document = project.document(RECORD)
    if not project.known or not document.mapping:
        return
    for block, target in _BLOCKS.items():
        found = document.mapping.get(block)
        problem = tag_problem(found if isinstance(found, dict) else {}, project.tags(target))
        if problem:
            yield Finding(
                where=f"{RECORD}:{document.line(block)}",
                rule="TAG104",
                problem=f"{block} {problem}",
                next_step="correct it, or change the answer by an update",
            )


def check_run_tags(project: Project) -> Iterator[Finding]:
    """Compare the machinery's `COST_TAGS`, written on every run and version (TAG105)."""
    if not project.known:
        return
    for path in project.below("src/", (".py",)):
        text = project.files[path]
        for line, found in _constants(text) if NAME in text else ():
            problem = tag_problem(found, project.tags("mlflow"))
            if problem:
                yield Finding(
                    where=f"{path}:{line}",
                    rule="TAG105",
                    problem=f"{NAME} {problem}",
                    next_step="restore the file from the template: an update does it",
                )


def _constants(text: str) -> Iterator[tuple[int, dict[Any, Any]]]:
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return
    for statement in module.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        named = any(isinstance(target, ast.Name) and target.id == NAME for target in targets)
        if named and isinstance(statement, ast.Assign | ast.AnnAssign):
            yield statement.lineno, _literal(statement.value)


def _literal(value: ast.expr | None) -> dict[Any, Any]:
    try:
        found = ast.literal_eval(value) if value is not None else {}
    except (ValueError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}
