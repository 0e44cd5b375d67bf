"""A repository as the guesses see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import yaml

from modelwright.policy.yaml_text import Document


@dataclass(frozen=True, kw_only=True)
class Repository:
    """What stands in a repository's folder.

    Attributes:
        texts: Text by path, with LF.
        others: Paths of what has no text.
        folder: The folder's own name.
        remote: Name of the repository at `origin`; empty where there is none.
    """

    texts: Mapping[str, str] = field(repr=False)
    folder: str
    remote: str = ""
    others: frozenset[str] = frozenset()

    @cached_property
    def documents(self) -> dict[str, Document]:
        """The YAML mappings in the root, by path; what cannot be read is not among them."""
        found = {}
        for path, text in self.texts.items():
            if "/" not in path and path.endswith((".yml", ".yaml")):
                document = mapping(text)
                if document is not None:
                    found[path] = document
        return found

    @property
    def paths(self) -> list[str]:
        """Every path."""
        return [*self.texts, *self.others]


def mapping(text: str) -> Document | None:
    """Return a YAML mapping whose lines are known; None where the text is no such thing."""
    try:
        document = Document(text)
    except (yaml.YAMLError, ValueError, TypeError, RecursionError):
        return None
    data: Any = document.data
    return document if isinstance(data, dict) and data else None
