"""Takes parts of plain data whose shape nobody vouches for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def mapped(body: object, *keys: str) -> dict[Any, Any]:
    """Return the mapping below keys; an empty one where there is none."""
    for key in keys:
        body = body.get(key) if isinstance(body, Mapping) else None
    return body if isinstance(body, dict) else {}


def listed(body: object, key: str) -> list[Any]:
    """Return the list below a key; an empty one where there is none."""
    value = body.get(key) if isinstance(body, Mapping) else None
    return value if isinstance(value, list) else []


def mappings(body: object, key: str) -> list[tuple[int, dict[Any, Any]]]:
    """Return the mappings in the list below a key, each with its place in the list."""
    return [(at, item) for at, item in enumerate(listed(body, key)) if isinstance(item, dict)]


def texts(body: object, key: str) -> list[str]:
    """Return the text, or the texts of the list, below a key; nothing where there is none."""
    value = body.get(key) if isinstance(body, Mapping) else None
    values = value if isinstance(value, list) else [value]
    return [text for text in values if isinstance(text, str)]
