"""Turns pydantic's errors about a policy's shape into faults that say what to write."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from modelwright.policy.choices import nearest
from modelwright.policy.faults import Fault
from modelwright.policy.model import Policy
from modelwright.policy.yaml_text import Document, Path

__all__ = ["dotted", "shape_faults"]

READ_AS: Final = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    datetime.date: "a date",
    datetime.datetime: "a date",
    type(None): "nothing",
    dict: "a mapping",
    list: "a list",
    str: "a text",
}
WANTED: Final = {
    "bool_type": ("true or false", "write true or false, without quotes"),
    "int_type": ("a whole number", "write a whole number, without quotes"),
    "string_type": ("a text", "write one text"),
    "tuple_type": ("a list", "write a list, such as {example}"),
    "dict_type": ("a mapping", "write a mapping, such as {example}"),
    "model_type": ("a mapping", "write the mapping: {keys}"),
}


def dotted(path: Path) -> str:
    """Return a path as people write it: `teams.norda-fraud.brands[0]`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.lstrip(".") or "the file"


def shape_faults(error: ValidationError, document: Document) -> tuple[list[Fault], list[Path]]:
    """Return the faults of a policy's shape, and the paths of the values that have them."""
    details = error.errors(include_url=False)
    unknown = {d["loc"] for d in details if d["type"] == "extra_forbidden"}
    missing = {d["loc"] for d in details if d["type"] == "missing"}
    renamed = {path: _meant(path, missing) for path in unknown}
    faults = []
    for detail in details:
        path = detail["loc"]
        if path in missing and path in renamed.values():
            continue
        problem, next_step = _words(detail, document, renamed.get(path, ()))
        faults.append(Fault(document.line(path), problem, next_step))
    return faults, [detail["loc"] for detail in details]


def _words(detail: ErrorDetails, document: Document, meant: Path) -> tuple[str, str]:
    path, kind = detail["loc"], detail["type"]
    name, context = dotted(path), detail.get("ctx", {})
    if kind == "unsound":
        return f"{name} {context['problem']}", context["next_step"]
    if kind == "extra_forbidden":
        return _unknown(path, meant)
    if kind == "missing":
        return _missing(path)
    if path[-1:] == ("[key]",):
        return f"key {path[-2]!r} is not read as a text", f'write it in quotes: "{path[-2]}"'
    if kind == "literal_error" and isinstance(detail["input"], str):
        return _literal(name, detail["input"], _choices(path))
    if kind == "too_short":
        return f"{name} is empty", f"add at least one, such as {_example(path)}"
    if kind in ("greater_than_equal", "less_than_equal"):
        return f"{name} is {detail['input']}", f"write a number {detail['msg'].partition('be ')[2]}"
    return _mistyped(detail, document)


def _unknown(path: Path, meant: Path) -> tuple[str, str]:
    *parent, key = path
    known = _keys(path[:-1])
    near = [str(meant[-1])] if meant else nearest(str(key), known)
    problem = f"unknown key '{key}' in {dotted(tuple(parent))}"
    if near:
        return problem, f"write {' or '.join(map(repr, near))}"
    return problem, f"remove it; the keys here are {', '.join(known)}"


def _missing(path: Path) -> tuple[str, str]:
    example = _example(path)
    step = f"add `{path[-1]}: {example}`" if example else f"add `{path[-1]}:` (see docs/policy.md)"
    return f"{dotted(path[:-1])} has no '{path[-1]}'", step


def _literal(name: str, given: str, choices: list[str]) -> tuple[str, str]:
    near = nearest(given, choices) or choices
    problem = f"{name} is {given!a}, which is not one of {', '.join(choices)}"
    return problem, f"write {' or '.join(near)}"


def _mistyped(detail: ErrorDetails, document: Document) -> tuple[str, str]:
    path, given = detail["loc"], detail["input"]
    read = READ_AS.get(type(given), "something else")
    choices = _choices(path)
    wanted, step = WANTED.get(detail["type"], ("a text", "write one text"))
    if choices:
        wanted, step = "a text", f"write {' or '.join(choices)}"
    elif wanted == "a text" and not isinstance(given, list | dict | type(None)):
        step = f'write it in quotes: "{document.raw(path)}"'
    step = step.format(example=_example(path), keys=", ".join(_keys(path)))
    return f"{dotted(path)} is read as {read}, not {wanted}", step


def _meant(unknown: Path, missing: Iterable[Path]) -> Path:
    beside = {str(path[-1]): path for path in missing if path[:-1] == unknown[:-1]}
    near = nearest(str(unknown[-1]), beside)
    return beside[near[0]] if near else ()


def _annotation(path: Path) -> tuple[Any, list[str]]:
    """Return the type at a path, and the examples of the field that holds it."""
    found: Any = Policy
    examples: list[str] = []
    for step in path:
        if isinstance(found, type) and issubclass(found, BaseModel):
            fields = {field.alias or name: field for name, field in found.model_fields.items()}
            field = fields.get(str(step))
            found, examples = (field.annotation, field.examples or []) if field else (None, [])
        else:
            found, examples = _inside(found), []
    return found, examples


def _inside(annotation: Any) -> Any:  # noqa: ANN401 - an annotation is any object
    arguments = [argument for argument in get_args(annotation) if argument is not Ellipsis]
    found = arguments[-1] if arguments else None
    return get_args(found)[0] if hasattr(found, "__metadata__") else found


def _example(path: Path) -> str:
    found, examples = _annotation(path)
    return str(examples[0]) if examples else "{" + ", ".join(_keys_of(found)) + "}"


def _keys(path: Path) -> list[str]:
    return _keys_of(_annotation(path)[0])


def _keys_of(found: object) -> list[str]:
    if isinstance(found, type) and issubclass(found, BaseModel):
        return [field.alias or name for name, field in found.model_fields.items()]
    return []


def _choices(path: Path) -> list[str]:
    values: Mapping[Any, Any] | tuple[Any, ...] = get_args(_annotation(path)[0])
    return [value for value in values if isinstance(value, str)]
