"""Reads YAML text into plain data that remembers where each value stands."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any, Final

import yaml

from modelwright.policy.faults import Fault, PolicyError
from modelwright.policy.resource_limits import with_resource_limits

__all__ = ["UNREADABLE", "Document", "excess", "expansion", "read_document"]

LARGEST: Final = 5_000_000
DEEPEST: Final = 500
NODES: Final = 1_000_000
# What the YAML library raises, beside its own errors, for a text that its tag does not fit.
UNREADABLE: Final = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError)
# Python refuses to write longer integers in decimal.
_DIGITS: Final = 3500
_NUMBER: Final = re.compile(rf"(?<![0-9A-Fa-fXx_:])[0-9][0-9A-Fa-fXx_:]{{{_DIGITS}}}")
_BRACKETS: Final = re.compile(r"[\[\]{}]")
_INDICATORS: Final = re.compile(rf"(?:[-?:][ \t]+){{{DEEPEST}}}")


def excess(text: str) -> str:
    """Return why a YAML text is not read; nothing where it may be."""
    if len(text) > LARGEST:
        return f"it is larger than {LARGEST // 1_000_000} MB"
    if _depth(text) > DEEPEST or _INDICATORS.search(text):
        return f"it is nested more than {DEEPEST} levels deep"
    return f"it has a number of more than {_DIGITS:,} digits" if _NUMBER.search(text) else ""


def expansion(text: str, data: object) -> str:
    """Return why data is not used that stands for far more than its text; nothing where it may be.

    Args:
        text: The YAML text.
        data: What was read from it; an alias is the very object that its anchor names.
    """
    if "*" not in text or "&" not in text:
        return ""
    return f"its aliases stand for more than {NODES:,} values" if _size(data, {}) > NODES else ""


def _depth(text: str) -> int:
    if text.count("[") + text.count("{") <= DEEPEST:
        return 0
    depth = deepest = 0
    for found in _BRACKETS.finditer(text):
        depth = depth + 1 if found.group() in "[{" else max(depth - 1, 0)
        deepest = max(deepest, depth)
    return deepest


def _size(data: object, known: dict[int, int]) -> int:
    """Return the number of values with every alias written out; a circle counts as too many."""
    if not isinstance(data, Mapping | list | tuple | set):
        return 1
    if id(data) not in known:
        known[id(data)] = NODES + 1
        values = [*data, *data.values()] if isinstance(data, Mapping) else data
        known[id(data)] = min(1 + sum(_size(value, known) for value in values), NODES + 1)
    return known[id(data)]


if TYPE_CHECKING:
    from yaml import SafeLoader as FastLoader
else:
    FastLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


MERGE: Final = "tag:yaml.org,2002:merge"
TEXT: Final = "tag:yaml.org,2002:str"
JINJA_MARKS: Final = ("{{", "{%", "{#")
Path = tuple[str | int, ...]


class Document:
    """A YAML document: its data, and the line of every value.

    Attributes:
        data: The plain data; a mapping.
        faults: Keys that stand twice or are not read as a text, and marks of Jinja.
    """

    def __init__(self, text: str) -> None:
        problem = excess(text)
        if problem:
            raise yaml.YAMLError(problem)
        loader = _Loader(text)
        try:
            self._node: yaml.Node | None = loader.get_single_node()
            self.data: dict[str, Any] = loader.construct_document(self._node) if self._node else {}
        finally:
            loader.dispose()
        problem = expansion(text, self.data)
        if problem:
            raise yaml.YAMLError(problem)
        self.faults = [*_jinja_faults(text), *loader.faults]

    def line(self, path: Path) -> int:
        """Return the line, from 1, of a value, or of the nearest thing around it."""
        node, line = self._node, 1
        for step in path:
            key, value = _child(node, step)
            if key is None:
                return line
            line, node = key.start_mark.line + 1, value
        return line

    def raw(self, path: Path) -> str:
        """Return a scalar as it is written, before YAML reads it as a number or a date."""
        node = self._node
        for step in path:
            node = _child(node, step)[1]
        return node.value if isinstance(node, yaml.ScalarNode) else ""


class _Loader(FastLoader):
    """YAML's safe loader, which also notes keys that stand twice or are not read as a text."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.faults: list[Fault] = []

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Construct a mapping, judging its keys before merged ones come in."""
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == MERGE:
                continue
            line = key.start_mark.line + 1
            if key.tag != TEXT:
                problem = f"key '{key.value}' is not read as a text"
                self.faults.append(Fault(line, problem, f'write it in quotes: "{key.value}"'))
                key.tag = TEXT
            if key.value in seen:
                self.faults.append(
                    Fault(line, f"key '{key.value}' stands twice", "keep one of the two")
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def read_document(text: str, where: str) -> Document:
    """Read YAML text; its own faults are the reader's to judge.

    Raises:
        PolicyError: It is not YAML, or not one mapping.
    """
    try:
        with with_resource_limits(where, next_step="write plain YAML"):
            document = Document(text)
    except yaml.YAMLError as error:
        faults = [*_jinja_faults(text), _syntax_fault(error, text)]
        raise PolicyError(faults, where) from error
    except (*UNREADABLE, RecursionError) as error:
        fault = Fault(1, f"the file cannot be read: {error}", "write plain YAML")
        raise PolicyError([*_jinja_faults(text), fault], where) from error
    if not isinstance(document.data, dict):
        fault = Fault(1, "the file is not a mapping", "begin with `schema: 1`")
        raise PolicyError([*document.faults, fault], where)
    return document


def _jinja_faults(text: str) -> list[Fault]:
    if not any(mark in text for mark in JINJA_MARKS):
        return []
    return [
        Fault(number, f"'{mark}' would be run by Copier", "write it with a space between")
        for number, line in enumerate(text.splitlines(), start=1)
        for mark in JINJA_MARKS
        if mark in line
    ]


def _syntax_fault(error: yaml.YAMLError, text: str) -> Fault:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    line = min(mark.line + 1, len(text.splitlines())) if mark else 1
    return Fault(line, f"this is not YAML: {problem}", "look at this line and the one before it")


def _child(node: yaml.Node | None, step: str | int) -> tuple[yaml.Node | None, yaml.Node | None]:
    if isinstance(node, yaml.MappingNode):
        for key, value in reversed(node.value):
            if key.value == str(step):
                return key, value
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None, None
