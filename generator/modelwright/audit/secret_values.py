"""Does a value of a secret stand anywhere in the repository?"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from modelwright.audit.finding import Finding
from modelwright.audit.plain import mapped, mappings
from modelwright.audit.project import Project
from modelwright.audit.references import WORKFLOWS
from modelwright.audit.token_shapes import shapes_in

_ASSIGNED: Final = re.compile(
    r"""(?ix) \b [\w.-]* (?:secret|token|password|passwd|_key|-key|apikey|accesskey) s? \b
    ["'\]]* \s* (?: => | :=? | = ) \s*
    (?: "(?P<double>[^"\n]*)" | '(?P<single>[^'\n]*)' | (?P<bare>[^\s"'#,;(){}\[\]]+) )"""
)
_WORDS: Final = ("secret", "token", "passw", "key")
_CODE: Final = (".py", ".ipynb", ".js", ".ts", ".go", ".java", ".scala", ".r", ".R", ".md", ".sql")
_LOCKS: Final = (".lock", "package-lock.json", "pnpm-lock.yaml")
_CHARACTERS: Final = re.compile(r"[A-Za-z0-9+/=_~.!@%^*:-]{16,}")
_SHORTEST_PART: Final = 4
# A random text of 16 characters from 36 has about 3.6 bits per character; words have fewer.
_BITS: Final = 3.2


def check_values(project: Project) -> Iterator[Finding]:
    """Find whatever looks like the value of a secret (SEC005); the value is never shown."""
    for path, text in project.files.items():
        lines = dict[int, str]()
        for position, title in _suspects(path, text):
            lines.setdefault(text.count("\n", 0, position) + 1, title)
        for line, title in sorted(lines.items()):
            yield _found(f"{path}:{line}", f"{title} stands here")
    yield from _kubernetes_values(project)
    yield from _workflow_values(project)


def random_looking(value: str) -> bool:
    """Say whether a value can hardly be a word, a name or a path."""
    if not _CHARACTERS.fullmatch(value) or value.isalpha() or not re.search("[A-Za-z]", value):
        return False
    if "://" in value or all(_plain(part) for part in re.split(r"[-_./:=@]", value)):
        return False
    counts = Counter(value).values()
    bits = -sum(count / len(value) * math.log2(count / len(value)) for count in counts)
    return bits >= _BITS


def _plain(part: str) -> bool:
    return part.isalpha() or part.isdigit() or len(part) < _SHORTEST_PART


def _suspects(path: str, text: str) -> Iterator[tuple[int, str]]:
    yield from shapes_in(text)
    if path.endswith(_LOCKS):
        return
    for start, line in _lines(text):
        lowered = line.lower()
        if not any(word in lowered for word in _WORDS):
            continue
        for found in _ASSIGNED.finditer(line):
            quoted = found["double"] or found["single"] or ""
            value = quoted or ("" if path.endswith(_CODE) else found["bare"] or "")
            if random_looking(value):
                yield start, "what looks like the value of a secret"


def _lines(text: str) -> Iterator[tuple[int, str]]:
    position = 0
    for line in text.split("\n"):
        yield position, line[:2000]
        position += len(line) + 1


def _kubernetes_values(project: Project) -> Iterator[Finding]:
    for path in project.yaml:
        for document in project.documents(path):
            body = document.mapping
            for block in ("data", "stringData") if body.get("kind") == "Secret" else ():
                if any(mapped(body, block).values()):
                    where = f"{path}:{document.line(block)}"
                    yield _found(where, "a Secret of Kubernetes holds values")
            for number, entry in mappings(body, "secretGenerator"):
                if entry.get("literals"):
                    where = f"{path}:{document.line('secretGenerator', number)}"
                    yield _found(where, "a secretGenerator holds values")


def _workflow_values(project: Project) -> Iterator[Finding]:
    for path in project.below(WORKFLOWS):
        document = project.document(path)
        for name, job in mapped(document.mapping, "jobs").items():
            for key, value in mapped(job, "secrets").items():
                if value and "${{" not in str(value):
                    where = f"{path}:{document.line('jobs', name, 'secrets', key)}"
                    yield _found(where, f"{key} is passed a value")


def _found(where: str, problem: str) -> Finding:
    next_step = "revoke it, refer to a secret of secrets.yaml instead, and rewrite the history"
    return Finding(where, "SEC005", problem, next_step)
