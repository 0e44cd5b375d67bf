"""Reads YAML into plain data that remembers the line of every value.

One loader reads two kinds of files. `read_document` reads a policy: one mapping, whose keys are
texts and stand once, without marks of Jinja. `read_yaml` reads every document of a project's file,
whatever tags stand in it. Both limit size, depth and what aliases stand for.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import yaml

from modelwright.policy.faults import Fault, PolicyError
from modelwright.policy.resource_limits import with_resource_limits

if TYPE_CHECKING:
    FastLoader = yaml.SafeLoader
else:
    FastLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


Step = str | int
ValuePath = tuple[Step, ...]

# What the YAML library raises, beside its own errors, for a text that its tag does not fit.
CONSTRUCTION_ERRORS: Final = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError)
JINJA_MARKS: Final = ("{{", "{%", "{#")
LARGEST: Final = 5_000_000
DEEPEST: Final = 500
DEEPEST_WALK: Final = 200
NODES: Final = 1_000_000
MERGE: Final = "tag:yaml.org,2002:merge"
TEXT: Final = "tag:yaml.org,2002:str"
# Python refuses to write longer integers in decimal.
_DIGITS: Final = 3500
_NUMBER: Final = re.compile(rf"(?<![0-9A-Fa-fXx_:])[0-9][0-9A-Fa-fXx_:]{{{_DIGITS}}}")
_BRACKETS: Final = re.compile(r"[\[\]{}]")
_INDICATORS: Final = re.compile(rf"(?:[-?:][ \t]+){{{DEEPEST}}}")


@dataclass(frozen=True)
class Unreadable:
    """Why a file is not YAML; `line` counts from 1."""

    line: int
    problem: str


@dataclass(frozen=True)
class Document:
    """A YAML document: its data, and the line of every value.

    Attributes:
        data: Plain data; of a policy a mapping, else None where the document is empty.
        faults: Of a policy: marks of Jinja, and keys that stand twice or are not read as a text.
        top: The line of the document itself.
        offset: The number of lines before the text in its file.
    """

    data: Any
    node: yaml.Node | None = field(repr=False)
    faults: tuple[Fault, ...] = ()
    top: int = 1
    offset: int = 0

    @property
    def mapping(self) -> Mapping[Any, Any]:
        """The data where it is a mapping; else an empty one."""
        return self.data if isinstance(self.data, dict) else {}

    def line(self, *path: Step) -> int:
        """Return the line, from 1, of a key or an item, or of the nearest thing around it."""
        node, line = self.node, self.top
        for step in path:
            key, node = _child(node, step)
            if key is None:
                break
            line = key.start_mark.line + 1 + self.offset
        return line

    def raw(self, *path: Step) -> str:
        """Return a scalar as it is written, before YAML reads it as a number or a date."""
        node = self.node
        for step in path:
            node = _child(node, step)[1]
        return node.value if isinstance(node, yaml.ScalarNode) else ""


def read_document(text: str, where: str) -> Document:
    """Read a policy's text; the document's faults are the caller's to judge.

    Raises:
        PolicyError: It is not YAML, or not one mapping.
    """
    jinja_faults = _jinja_faults(text)
    try:
        with with_resource_limits(where, next_step="write plain YAML"):
            documents, faults = _documents(text, strict=True)
    except yaml.YAMLError as error:
        raise PolicyError([*jinja_faults, _syntax_fault(error, text)], where) from error
    except (*CONSTRUCTION_ERRORS, RecursionError) as error:
        fault = Fault(1, f"the file cannot be read: {error}", "write plain YAML")
        raise PolicyError([*jinja_faults, fault], where) from error
    faults = [*jinja_faults, *faults]
    node, data = documents[0]
    if not isinstance(data, dict):
        fault = Fault(1, "the file is not a mapping", "begin with `schema: 1`")
        raise PolicyError([*faults, fault], where)
    return Document(data, node, tuple(faults))


def read_yaml(text: str, *, first_line: int = 1) -> tuple[Document, ...] | Unreadable:
    """Read every document of a text; a tag that YAML does not know makes plain data.

    Args:
        text: The text of a file, or of a block within one.
        first_line: The line of the file at which the text begins.
    """
    try:
        documents, _ = _documents(text, strict=False)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or " ".join(str(error).split())
        return Unreadable((mark.line if mark else 0) + first_line, str(problem))
    except (*CONSTRUCTION_ERRORS, RecursionError) as error:
        return Unreadable(first_line, str(error) or type(error).__name__)
    return tuple(
        Document(data, node, top=node.start_mark.line + first_line, offset=first_line - 1)
        for node, data in documents
    )


def walk(data: object) -> Iterator[tuple[ValuePath, object]]:
    """Yield every value with its path, each shared one once and none below a great depth."""
    seen: set[int] = set()
    todo: list[tuple[ValuePath, object]] = [((), data)]
    while todo:
        path, value = todo.pop()
        yield path, value
        if not isinstance(value, dict | list) or id(value) in seen or len(path) > DEEPEST_WALK:
            continue
        seen.add(id(value))
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        todo += [((*path, key), child) for key, child in pairs]


def size_problem(text: str) -> str:
    """Return why a YAML text is too large to be read; nothing where it may be."""
    if len(text) > LARGEST:
        return f"it is larger than {LARGEST // 1_000_000} MB"
    if _depth(text) > DEEPEST or _INDICATORS.search(text):
        return f"it is nested more than {DEEPEST} levels deep"
    return f"it has a number of more than {_DIGITS:,} digits" if _NUMBER.search(text) else ""


def alias_problem(text: str, data: object) -> str:
    """Return why a text's aliases are refused ("billion laughs"); nothing where they may be used.

    Args:
        text: The YAML text.
        data: What was read from it; an alias is the very object that its anchor names.
    """
    if "*" not in text or "&" not in text:
        return ""
    return f"its aliases stand for more than {NODES:,} values" if _size(data, {}) > NODES else ""


class _Loader(FastLoader):
    """YAML's safe loader.

    Strict, it notes keys that stand twice or are not read as a text; else it makes plain data of a
    tag that it does not know.
    """

    def __init__(self, text: str, *, strict: bool) -> None:
        super().__init__(text)
        self.strict = strict
        self.faults: list[Fault] = []

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Construct a mapping, judging its keys before merged ones come in."""
        if self.strict:
            self._judge_keys(node)
        return super().construct_mapping(node, deep=deep)

    def construct_unknown(self, _: str, node: yaml.Node) -> object:
        """Return the plain data below an unknown tag."""
        if self.strict:
            return self.construct_undefined(node)
        if isinstance(node, yaml.MappingNode):
            return self.construct_mapping(node, deep=True)
        if isinstance(node, yaml.SequenceNode):
            return self.construct_sequence(node, deep=True)
        return node.value

    def _judge_keys(self, node: yaml.MappingNode) -> None:
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


_Loader.add_multi_constructor("", _Loader.construct_unknown)


def _documents(text: str, *, strict: bool) -> tuple[list[tuple[Any, Any]], list[Fault]]:
    """Return every document of a text and the faults of its keys; strict, exactly one document.

    Raises:
        yaml.YAMLError: It is not YAML, or passes a limit.
    """
    problem = size_problem(text)
    if problem:
        raise yaml.YAMLError(problem)
    loader = _Loader(text, strict=strict)
    documents = []
    try:
        for node in _nodes(loader):
            data = loader.construct_document(node) if node else {}
            if problem := alias_problem(text, data):
                raise yaml.YAMLError(problem)
            documents.append((node, data))
    finally:
        loader.dispose()
    return documents, loader.faults


def _nodes(loader: _Loader) -> Iterator[Any]:
    if loader.strict:
        yield loader.get_single_node()
        return
    while loader.check_node():
        yield loader.get_node()


def _depth(text: str) -> int:
    if text.count("[") + text.count("{") <= DEEPEST:
        return 0
    depth = deepest = 0
    for bracket in _BRACKETS.finditer(text):
        depth = depth + 1 if bracket.group() in "[{" else max(depth - 1, 0)
        deepest = max(deepest, depth)
    return deepest


def _size(data: object, sizes: dict[int, int]) -> int:
    """Return the number of values with every alias written out; a circle counts as too many."""
    if not isinstance(data, Mapping | list | tuple | set):
        return 1
    if id(data) not in sizes:
        sizes[id(data)] = NODES + 1
        values = [*data, *data.values()] if isinstance(data, Mapping) else data
        sizes[id(data)] = min(1 + sum(_size(value, sizes) for value in values), NODES + 1)
    return sizes[id(data)]


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
