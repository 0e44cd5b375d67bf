"""What the model of a policy knows about a path: its type, keys, choices and an example."""

from __future__ import annotations

from typing import Any, get_args

from pydantic import BaseModel

from modelwright.policy.model import Policy
from modelwright.policy.yaml_text import Path

__all__ = ["choices_at", "example_at", "keys_at"]


def keys_at(path: Path) -> list[str]:
    """Return the keys of the mapping at a path; nothing where any key may stand."""
    return _keys(_field(path)[0])


def example_at(path: Path) -> str:
    """Return a value that could stand at a path, as YAML; empty where none is short enough."""
    examples = _field(path)[1]
    return str(examples[0]) if examples else ""


def choices_at(path: Path) -> list[str]:
    """Return the closed list of texts that may stand at a path; nothing where there is none."""
    return [value for value in get_args(_field(path)[0]) if isinstance(value, str)]


def _field(path: Path) -> tuple[Any, list[Any]]:
    found: Any = Policy
    examples: list[Any] = []
    for step in path:
        if isinstance(found, type) and issubclass(found, BaseModel):
            fields = {field.alias or name: field for name, field in found.model_fields.items()}
            field = fields.get(str(step))
            found, examples = (field.annotation, field.examples or []) if field else (None, [])
        else:
            found, examples = _inside(found), []
    return found, examples


def _inside(annotation: object) -> Any:  # noqa: ANN401 - an annotation is any object
    arguments = [argument for argument in get_args(annotation) if argument is not Ellipsis]
    found = arguments[-1] if arguments else None
    return get_args(found)[0] if hasattr(found, "__metadata__") else found


def _keys(found: object) -> list[str]:
    if isinstance(found, type) and issubclass(found, BaseModel):
        return [field.alias or name for name, field in found.model_fields.items()]
    return []
