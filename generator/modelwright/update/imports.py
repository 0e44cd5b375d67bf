"""Finds imports, in files of the project's own, of modules that the template moved or deleted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping


def modules(paths: Iterable[str]) -> set[str]:
    """Return the dotted names of Python files, without a source root."""
    found = set()
    for path in paths:
        if path.endswith(".py"):
            dotted = path.removesuffix(".py").removeprefix("src/").replace("/", ".")
            found.add(dotted.removesuffix(".__init__"))
    return found


def stale_imports(texts: Mapping[str, str], gone: set[str]) -> Iterator[str]:
    """Yield a sentence for every import of a module that is gone.

    Args:
        texts: Python files by path.
        gone: Dotted names.
    """
    for path, text in sorted(texts.items()):
        for number, line in enumerate(text.splitlines(), start=1):
            for module in sorted(gone):
                if _imports(line, module):
                    yield f"{path}:{number} imports {module}, which the template moved or deleted"


def _imports(line: str, module: str) -> bool:
    parent, _, name = module.rpartition(".")
    direct = rf"\s*(?:import|from)\s+{re.escape(module)}(?![\w])"
    if re.match(direct, line):
        return True
    inner = rf"\s*from\s+{re.escape(parent)}\s+import\s+.*\b{re.escape(name)}\b"
    return bool(parent) and re.match(inner, line) is not None
