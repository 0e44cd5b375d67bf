"""Reads YAML text into plain data that remembers its lines, whatever tags stand in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import yaml

from modelwright.policy.yaml_reader import UNREADABLE, excess, expansion

if TYPE_CHECKING:
    from yaml import SafeLoader as FastLoader
else:
    FastLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Step = str | int
DEEPEST: Final = 200


@dataclass(frozen=True)
class Unreadable:
    """Why a file is not YAML; `line` counts from 1."""

    line: int
    problem: str


class Document:
    """One document of a file.

    Attributes:
        data: Plain data; None where the document is empty.
    """

    data: object

    def __init__(self, node: yaml.Node | None, data: object, first_line: int = 1) -> None:
        self._node = node
        self._first_line = first_line
        self.data = data

    @property
    def mapping(self) -> Mapping[Any, Any]:
        """The data where it is a mapping; else an empty one."""
        return self.data if isinstance(self.data, dict) else {}

    def line(self, *path: Step) -> int:
        """Return the line, from 1, of a key or an item, or of the nearest thing around it."""
        node = self._node
        line = node.start_mark.line + 1 if node is not None else 1
        for step in path:
            node, mark = _child(node, step)
            if mark is None:
                break
            line = mark.line + 1
        return line + self._first_line - 1


class _Loader(FastLoader):
    """YAML's safe loader; a tag that it does not know makes plain data."""

    def construct_unknown(self, _: str, node: yaml.Node) -> object:
        """Return the plain data below a tag of somebody else's."""
        if isinstance(node, yaml.MappingNode):
            return self.construct_mapping(node, deep=True)
        if isinstance(node, yaml.SequenceNode):
            return self.construct_sequence(node, deep=True)
        return node.value


_Loader.add_multi_constructor("", _Loader.construct_unknown)


def read_yaml(text: str, *, first_line: int = 1) -> tuple[Document, ...] | Unreadable:
    """Read every document of a text.

    Args:
        text: The text of a file, or of a block within one.
        first_line: The line of the file that the text begins at.
    """
    problem = excess(text)
    if problem:
        return Unreadable(first_line, problem)
    loader = _Loader(text)
    documents = []
    try:
        while loader.check_node():
            node = loader.get_node()
            data = loader.construct_document(node)
            problem = expansion(text, data)
            if problem:
                return Unreadable(first_line, problem)
            documents.append(Document(node, data, first_line))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or " ".join(str(error).split())
        return Unreadable((mark.line if mark else 0) + first_line, str(problem))
    except (*UNREADABLE, RecursionError) as error:
        return Unreadable(first_line, str(error) or type(error).__name__)
    finally:
        loader.dispose()
    return tuple(documents)


def walk(data: object) -> Iterator[tuple[tuple[Step, ...], object]]:
    """Yield every value with its path, each shared one once and none below a great depth."""
    seen: set[int] = set()
    todo: list[tuple[tuple[Step, ...], object]] = [((), data)]
    while todo:
        path, value = todo.pop()
        yield path, value
        if not isinstance(value, dict | list) or id(value) in seen or len(path) > DEEPEST:
            continue
        seen.add(id(value))
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        todo += [((*path, key), child) for key, child in pairs]


def _child(node: yaml.Node | None, step: Step) -> tuple[yaml.Node | None, yaml.Mark | None]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value == str(step):
                return value, key.start_mark
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        item = node.value[step]
        return item, item.start_mark
    return None, None
