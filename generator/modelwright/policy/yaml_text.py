"""Reads YAML text into plain data that remembers where each value stands."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, Final

import yaml

from modelwright.policy.faults import Fault, PolicyError

if TYPE_CHECKING:
    from yaml import SafeLoader as FastLoader
else:
    FastLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

__all__ = ["Document", "read_document"]

JINJA_MARKS: Final = ("{{", "{%", "{#")
Path = tuple[str | int, ...]


class Document:
    """A YAML document: its data, and the line of every value.

    Attributes:
        data: The plain data; a mapping.
        repeated: Path and line of every key that stands twice in one mapping.
    """

    def __init__(self, text: str) -> None:
        loader = _Loader(text)
        try:
            self._node: yaml.Node | None = loader.get_single_node()
            self.data: dict[str, Any] = loader.construct_document(self._node) if self._node else {}
        finally:
            loader.dispose()
        self.repeated = loader.repeated

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
    """YAML's safe loader, which also notes keys that stand twice in a mapping."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.repeated: list[tuple[str, int]] = []

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Construct a mapping, noting repeated keys before merged ones come in."""
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    self.repeated.append((key.value, key.start_mark.line + 1))
                seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def read_document(text: str, where: str) -> Document:
    """Read YAML text.

    Raises:
        PolicyError: It is not YAML, not one mapping, repeats a key, or holds a mark of Jinja.
    """
    faults = _jinja_faults(text)
    try:
        document = Document(text)
    except yaml.YAMLError as error:
        raise PolicyError([*faults, _syntax_fault(error)], where) from error
    except (ValueError, TypeError, RecursionError) as error:
        fault = Fault(1, f"the file cannot be read: {error}", "write plain YAML")
        raise PolicyError([*faults, fault], where) from error
    if not isinstance(document.data, dict):
        faults.append(Fault(1, "the file is not a mapping", "begin with `schema: 1`"))
    faults += [
        Fault(line, f"key '{key}' stands twice", "keep one of the two")
        for key, line in document.repeated
    ]
    if faults:
        raise PolicyError(faults, where)
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


def _syntax_fault(error: yaml.YAMLError) -> Fault:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    line = mark.line + 1 if mark else 1
    return Fault(line, f"this is not YAML: {problem}", "look at this line and the one before it")


def _child(node: yaml.Node | None, step: str | int) -> tuple[yaml.Node | None, yaml.Node | None]:
    if isinstance(node, yaml.MappingNode):
        for key, value in reversed(node.value):
            if key.value == str(step):
                return key, value
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None, None
