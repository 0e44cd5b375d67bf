"""What the files of a project say, each parsed once."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from modelwright.audit.evidence_map import EvidenceMap
from modelwright.audit.facts.deployments import (
    DeployedEnvironment,
    bundle_environments,
    environments,
)
from modelwright.audit.facts.python_code import CodePlace, functions, nodes, parse_python
from modelwright.audit.project import Project
from modelwright.paths import DATABRICKS_BUNDLE

_PACKAGE: Final = re.compile(r"src/([^/]+)/__init__\.py")


class NoEvidenceFileError(Exception):
    """An archetype without an `evidence.yml` was asked where something stands."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """A project, read for its evidence.

    Attributes:
        project: The repository.
        fresh: Text by path of the template's own render with the same answers.
    """

    project: Project
    fresh: Mapping[str, str]

    @cached_property
    def source(self) -> str:
        """The package's folder, with a slash at its end; `src/` where there is none."""
        found = (_PACKAGE.fullmatch(path) for path in sorted(self.project.files))
        return next((f"src/{match[1]}/" for match in found if match), "src/")

    @cached_property
    def python(self) -> Mapping[str, ast.Module]:
        """Every Python file that can be parsed, by path."""
        return dict(self._python())

    @cached_property
    def environments(self) -> tuple[DeployedEnvironment, ...]:
        """What is declared for each environment, in Kubernetes or else in a bundle."""
        return tuple(environments(self.project)) or tuple(bundle_environments(self.project))

    @property
    def bundle(self) -> bool:
        """Whether a Databricks bundle is what is deployed."""
        return any(found.root == DATABRICKS_BUNDLE for found in self.environments)

    @cached_property
    def evidence_map(self) -> EvidenceMap:
        """Where its archetype says that the evidence stands.

        Raises:
            NoEvidenceFileError: It says nothing.
        """
        if self.project.evidence is None:
            raise NoEvidenceFileError
        return self.project.evidence

    def module(self, name: str) -> ast.Module:
        """Return a module of the package, such as `runtime/app`; an empty one where it lacks."""
        return self.python.get(f"{self.source}{name}.py", ast.Module([], []))

    def path(self, name: str) -> str:
        """Return the path of a module of the package."""
        return f"{self.source}{name}.py"

    def modules(self) -> Iterator[tuple[str, ast.Module]]:
        """Yield path and tree of every module of the package."""
        return ((path, tree) for path, tree in self.python.items() if path.startswith(self.source))

    @cached_property
    def tests(self) -> tuple[CodePlace, ...]:
        """Every test function that asserts something, or expects an error."""
        return tuple(
            CodePlace(path, node)
            for path, tree in self.python.items()
            if path.startswith("tests/")
            for node in functions(tree)
            if node.name.startswith("test_") and _judges(node)
        )

    def toml(self, path: str) -> Mapping[str, Any]:
        """Return a TOML file; an empty mapping where it is missing or broken."""
        try:
            return tomllib.loads(self.project.files.get(path, ""))
        except tomllib.TOMLDecodeError:
            return {}

    def json(self, path: str) -> Mapping[str, Any]:
        """Return a JSON object; an empty mapping where it is missing or something else."""
        try:
            found = json.loads(self.project.files.get(path, "{}"))
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def line(self, path: str, expression: str) -> str:
        """Return `file:line` of the first line that a regular expression finds; else nothing."""
        for number, line in enumerate(self.project.files.get(path, "").splitlines(), 1):
            if re.search(expression, line):
                return f"{path}:{number}"
        return ""

    def _python(self) -> Iterator[tuple[str, ast.Module]]:
        for path, text in self.project.files.items():
            tree = parse_python(text) if path.endswith(".py") else None
            if tree is not None:
                yield path, tree


def _judges(test: ast.AST) -> bool:
    return any(
        isinstance(node, ast.Assert) or (isinstance(node, ast.Attribute) and node.attr == "raises")
        for node in nodes(test)
    )
