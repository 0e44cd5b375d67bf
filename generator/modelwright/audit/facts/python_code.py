"""Questions to Python code that is read and never run."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class CodePlace:
    """A node and its file."""

    path: str
    node: ast.AST

    def __str__(self) -> str:
        return f"{self.path}:{getattr(self.node, 'lineno', 1)}"


@lru_cache(maxsize=256)
def parse_python(text: str) -> ast.Module | None:
    """Return the tree of a file's text, which nobody changes; None where it is not Python."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return None


def functions(tree: ast.AST) -> Iterator[Function]:
    """Yield every function and method."""
    return (node for node in nodes(tree) if isinstance(node, Function))


def function(tree: ast.AST, name: str) -> Function | None:
    """Return the first function or method of a name."""
    return next((node for node in functions(tree) if node.name == name), None)


def classes(tree: ast.AST) -> Iterator[ast.ClassDef]:
    """Yield every class."""
    return (node for node in nodes(tree) if isinstance(node, ast.ClassDef))


def first_call(node: ast.AST | None, *names: str) -> ast.Call | None:
    """Return the first call of a function or method by one of its names."""
    calls = (found for found in nodes(node) if isinstance(found, ast.Call))
    return next((call for call in calls if last_name(call.func) in names), None)


def called_at(path: str, node: ast.AST | None, *names: str) -> str:
    """Return `file:line` of the first call by one of these names; else nothing."""
    found = first_call(node, *names)
    return str(CodePlace(path, found)) if found else ""


@lru_cache(maxsize=4096)
def mentions(node: ast.AST | None) -> frozenset[str]:
    """Return every name, attribute, keyword, imported name and string within a node."""
    return frozenset(word for found in nodes(node) for word in _words(found))


def contains_text(node: ast.AST | None, text: str) -> bool:
    """Say whether a string within a node contains a text."""
    return any(
        isinstance(found, ast.Constant) and isinstance(found.value, str) and text in found.value
        for found in nodes(node)
    )


def fields(node: ast.ClassDef) -> dict[str, ast.AnnAssign]:
    """Return the annotated attributes of a class by name."""
    return {
        entry.target.id: entry
        for entry in node.body
        if isinstance(entry, ast.AnnAssign) and isinstance(entry.target, ast.Name)
    }


def class_with(tree: ast.AST, names: Iterable[str]) -> ast.ClassDef | None:
    """Return the first class that has attributes of all these names."""
    wanted = set(names)
    return next((found for found in classes(tree) if wanted <= set(fields(found))), None)


@lru_cache(maxsize=256)
def imports(tree: ast.AST) -> frozenset[str]:
    """Return what a module imports, dotted: `a.b` and, for `from a import b`, `a.b` as well."""
    found = set()
    for node in nodes(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            found |= {base, *(f"{base}.{alias.name}".lstrip(".") for alias in node.names)}
    return frozenset(found)


@lru_cache(maxsize=4096)
def nodes(node: ast.AST | None) -> tuple[ast.AST, ...]:
    """Return a node and all within it."""
    return tuple(ast.walk(node)) if node is not None else ()


def last_name(node: ast.AST) -> str:
    """Return the name that an expression ends with: `c` of `a.b.c`; else nothing."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _words(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, ast.keyword) and node.arg:
        yield node.arg
    elif isinstance(node, ast.alias):
        yield node.name
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
