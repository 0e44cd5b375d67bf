"""Turns pydantic's errors about a policy's shape into faults that say what to write."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any, Final, get_args

import yaml
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from modelwright.policy.choices import nearest
from modelwright.policy.faults import Fault
from modelwright.policy.model.document import Policy
from modelwright.policy.model.words import Section, Slug
from modelwright.policy.yaml_reader import Document, ValuePath

# What is wrong, and what to do instead.
Problem = tuple[str, str]

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
EXPECTED: Final = {
    "bool_type": ("true or false", "write true or false, without quotes"),
    "int_type": ("a whole number", "write a whole number, without quotes"),
    "tuple_type": ("a list", "write a list"),
    "dict_type": ("a mapping", "write a mapping of keys and values"),
    "model_type": ("a mapping", "write a mapping with the keys {keys}"),
}


def keys_at(path: ValuePath) -> list[str]:
    """Return the keys of the mapping at a path; nothing where any key may stand."""
    return _keys(_field_at(path)[0])


def example_at(path: ValuePath) -> str:
    """Return a value that could stand at a path, as YAML; empty where none is short enough."""
    examples = _field_at(path)[1]
    return str(examples[0]) if examples else ""


def choices_at(path: ValuePath) -> list[str]:
    """Return the closed list of texts that may stand at a path; nothing where there is none."""
    return [value for value in get_args(_field_at(path)[0]) if isinstance(value, str)]


def _field_at(path: ValuePath) -> tuple[Any, list[Any]]:
    found: Any = Policy
    examples: list[Any] = []
    for step in path:
        if isinstance(found, type) and issubclass(found, BaseModel):
            fields = {field.alias or name: field for name, field in found.model_fields.items()}
            field = fields.get(str(step))
            found, examples = (field.annotation, field.examples or []) if field else (None, [])
        else:
            found, examples = _element_type(found), []
    return found, examples


def _element_type(annotation: object) -> Any:  # noqa: ANN401 - an annotation is any object
    arguments = [argument for argument in get_args(annotation) if argument is not Ellipsis]
    found = arguments[-1] if arguments else None
    return get_args(found)[0] if hasattr(found, "__metadata__") else found


def _keys(found: object) -> list[str]:
    if isinstance(found, type) and issubclass(found, BaseModel):
        return [field.alias or name for name, field in found.model_fields.items()]
    return []


def choices_of(section: type[Section], key: str) -> tuple[str, ...]:
    """Return the closed list of texts that a key takes; nothing where there is none."""
    return tuple(
        value for value in get_args(section.model_fields[key].annotation) if isinstance(value, str)
    )


def value_problem(section: type[Section], key: str, value: object) -> Problem | None:
    """Return what is wrong with a value and what to do instead; None where nothing is."""
    adapter = TypeAdapter[Any](section.model_fields[key].rebuild_annotation())
    return _problem(adapter, value)


def identifier_problem(value: str) -> Problem | None:
    """Judge the id of a brand, a team or an environment likewise."""
    found = _problem(TypeAdapter(Slug), value)
    if found is None and not isinstance(yaml.safe_load(value), str):
        # It would stand without quotes in the files of projects.
        read = yaml.safe_load(value)
        return f"{value!a} is read by YAML as {read}", f"write a longer one, such as {value}-shops"
    return found


def _problem(adapter: TypeAdapter[Any], value: object) -> Problem | None:
    try:
        adapter.validate_python(value)
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        given, context = detail["input"], detail.get("ctx", {})
        if detail["type"] == "unsound":
            return str(context["problem"]), str(context["next_step"])
        if detail["type"] == "literal_error":
            known = [part.strip("'") for part in context["expected"].split(", ")]
            known = [name.strip("'") for part in known for name in part.split(" or ")]
            near = nearest(str(given), known) or known
            return f"{str(given)[:60]!a} is not on offer", f"choose {' or '.join(near)}"
        if detail["type"] == "string_type":
            return f"{given!a} is not read as a text", f'write it in quotes: "{given}"'
        return f"{str(given)[:60]!a} has another form: {detail['msg']}", "see docs/policy.md"
    return None


def dotted_path(path: ValuePath) -> str:
    """Return a path as people write it: `teams.norda-fraud.brands[0]`."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(steps).lstrip(".") or "the file"


def shape_faults(error: ValidationError, document: Document) -> tuple[list[Fault], list[ValuePath]]:
    """Return the faults of a policy's shape, and the paths of the values that have them.

    A key that is unknown where a nearly equal one is missing is one fault, not two.
    """
    details = error.errors(include_url=False)
    missing = [detail["loc"] for detail in details if detail["type"] == "missing"]
    meant = {
        detail["loc"]: _intended_path(detail["loc"], missing)
        for detail in details
        if detail["type"] == "extra_forbidden"
    }
    faults = []
    for detail in details:
        path = detail["loc"]
        if path not in meant.values():
            problem, next_step = _describe(detail, document, meant.get(path, ()))
            faults.append(Fault(document.line(*path), problem, next_step))
    return faults, [detail["loc"] for detail in details]


def _describe(detail: ErrorDetails, document: Document, meant: ValuePath) -> Problem:
    path, kind = detail["loc"], detail["type"]
    if kind == "unsound":
        is_key = path[-1:] == ("[key]",)
        name = f"key of {dotted_path(path[:-2])}" if is_key else dotted_path(path)
        return f"{name} {detail['ctx']['problem']}", detail["ctx"]["next_step"]
    if kind == "extra_forbidden":
        return _unknown_key(path, meant)
    if kind == "missing":
        return _missing_key(path)
    return _outside_bounds(detail) or _wrong_type(detail, document)


def _unknown_key(path: ValuePath, meant: ValuePath) -> Problem:
    known = keys_at(path[:-1])
    near = [str(meant[-1])] if meant else nearest(str(path[-1]), known)
    problem = f"unknown key '{path[-1]}' in {dotted_path(path[:-1])}"
    if near:
        return problem, f"write {' or '.join(near)}"
    return problem, f"remove it; the keys here are {', '.join(known)}"


def _missing_key(path: ValuePath) -> Problem:
    key, keys, example = path[-1], keys_at(path), example_at(path)
    problem = f"{dotted_path(path[:-1])} has no {key}"
    if example:
        return problem, f"add `{key}: {example}`"
    if keys:
        return problem, f"add `{key}:` with the keys {', '.join(keys)}"
    return problem, f"add `{key}:` as docs/policy.md shows"


def _outside_bounds(detail: ErrorDetails) -> Problem | None:
    path, given = detail["loc"], detail["input"]
    choices = choices_at(path)
    if detail["type"] == "literal_error" and choices and isinstance(given, str):
        problem = f"{dotted_path(path)} is {given[:60]!a}, which is not one of {', '.join(choices)}"
        return problem, f"write {' or '.join(nearest(given, choices) or choices)}"
    if detail["type"] == "literal_error" and not choices:
        return f"{dotted_path(path)} is {given!r}", f"write {example_at(path)}"
    if detail["type"] == "too_short":
        example = example_at(path)
        step = f"add at least one, such as {example}" if example else "add at least one"
        return f"{dotted_path(path)} is empty", step
    if detail["type"] in ("greater_than_equal", "less_than_equal"):
        return (
            f"{dotted_path(path)} is {given}",
            f"write a number {detail['msg'].partition('be ')[2]}",
        )
    return None


def _wrong_type(detail: ErrorDetails, document: Document) -> Problem:
    path, given = detail["loc"], detail["input"]
    read = READ_AS.get(type(given), "something else")
    expected, step = EXPECTED.get(detail["type"], ("a text", "write one text"))
    choices = choices_at(path)
    if choices:
        step = f"write {' or '.join(choices)}"
    elif expected == "a text" and not isinstance(given, list | dict):
        step = f'write it in quotes: "{document.raw(*path)}"'
    return f"{dotted_path(path)} is read as {read}, not {expected}", step.format(
        keys=", ".join(keys_at(path))
    )


def _intended_path(unknown: ValuePath, missing: Iterable[ValuePath]) -> ValuePath:
    beside = {str(path[-1]): path for path in missing if path[:-1] == unknown[:-1]}
    near = nearest(str(unknown[-1]), beside)
    return beside[near[0]] if near else ()
