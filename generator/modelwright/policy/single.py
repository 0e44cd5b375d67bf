"""Judges one value of a policy by itself, as soon as a person gives it."""

from __future__ import annotations

from typing import Any, get_args

import yaml
from pydantic import TypeAdapter, ValidationError

from modelwright.policy.choices import nearest
from modelwright.policy.sections.words import Section, Slug

__all__ = ["choices_of", "identifier_problem", "value_problem"]

Problem = tuple[str, str]


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
