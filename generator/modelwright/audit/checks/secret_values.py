"""Is a secret value in the repository: a known token, or a text of high entropy?"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from modelwright.audit.checks.secret_references import WORKFLOWS
from modelwright.audit.findings import Finding
from modelwright.audit.project import Project, mapping_at, mappings

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


@dataclass(frozen=True)
class TokenShape:
    """One kind of secret.

    Attributes:
        title: What it is, for people.
        marks: Texts of which one stands in every such value: looked for first, being fast.
        expression: Matches the value.
    """

    title: str
    marks: tuple[str, ...]
    expression: re.Pattern[str]


def _token(title: str, marks: str, expression: str) -> TokenShape:
    return TokenShape(title, tuple(marks.split()), re.compile(expression))


SHAPES: Final = (
    _token("a GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", r"\bgh[pousr]_[A-Za-z0-9]{36,}"),
    _token("a GitHub token", "github_pat_", r"\bgithub_pat_\w{22,}"),
    _token("a GitLab token", "glpat-", r"\bglpat-[\w-]{20,}"),
    _token("an AWS access key", "AKIA ASIA", r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    _token("an Azure client secret", "Q~", r"(?<![\w~.-])[\w~.]{3}\dQ~[\w~.-]{31,34}"),
    _token("an Azure storage key", "AccountKey=", r"AccountKey=[A-Za-z0-9+/]{86}=="),
    _token("a Databricks token", "dapi dose", r"\b(?:dapi|dose)[0-9a-f]{32}"),
    _token("a Google API key", "AIza", r"\bAIza[\w-]{35}"),
    _token("a Google client secret", "GOCSPX-", r"\bGOCSPX-[\w-]{28}"),
    _token("a private key", "-----BEGIN", r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"),
    _token("a Slack token", "xox", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    _token("a Slack webhook", "hooks.slack.com/", r"hooks\.slack\.com/services/\w+/\w+/\w{20,}"),
    _token("a Hugging Face token", "hf_", r"\bhf_[A-Za-z0-9]{34,}"),
    _token("an npm token", "npm_", r"\bnpm_[A-Za-z0-9]{36}"),
    _token("a PyPI token", "pypi-AgEI", r"\bpypi-AgEI[\w-]{50,}"),
    _token("a Stripe key", "sk_live_ rk_live_", r"\b[sr]k_live_[A-Za-z0-9]{20,}"),
    _token("an API key", "sk-", r"(?<![\w-])sk-(?:ant-|proj-)?[A-Za-z0-9_-]{32,}"),
    _token("a JSON web token", "eyJ", r"\beyJ[\w-]{15,}\.eyJ[\w-]{15,}\.[\w-]{15,}"),
    _token(
        "a password in a URL",
        "://",
        r"\b[a-z][a-z0-9+.-]{1,20}://[^\s:@/'\"`]{1,80}:"
        r"(?!(?:password|passwd|secret|example|change-?me|x+|\*+|\.+)@)[^\s:@/'\"`${<(\[]{3,}@",
    ),
)


def shapes_in(text: str) -> Iterator[tuple[int, str]]:
    """Yield position and title of everything in a text that has the shape of a secret."""
    for shape in SHAPES:
        if any(mark in text for mark in shape.marks):
            for found in shape.expression.finditer(text):
                yield found.start(), shape.title


def check_values(project: Project) -> Iterator[Finding]:
    """Find whatever looks like the value of a secret (SEC005); the value is never shown."""
    for path, text in project.files.items():
        lines = dict[int, str]()
        for position, title in _suspects(path, text):
            lines.setdefault(text.count("\n", 0, position) + 1, title)
        for line, title in sorted(lines.items()):
            yield _secret_finding(f"{path}:{line}", f"{title} stands here")
    yield from _kubernetes_values(project)
    yield from _workflow_values(project)


def has_high_entropy(value: str) -> bool:
    """Say whether a value can hardly be a word, a name or a path."""
    if not _CHARACTERS.fullmatch(value) or value.isalpha() or not re.search("[A-Za-z]", value):
        return False
    if "://" in value or all(_is_ordinary(part) for part in re.split(r"[-_./:=@]", value)):
        return False
    counts = Counter(value).values()
    bits = -sum(count / len(value) * math.log2(count / len(value)) for count in counts)
    return bits >= _BITS


def _is_ordinary(part: str) -> bool:
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
            if has_high_entropy(value):
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
                if any(mapping_at(body, block).values()):
                    where = f"{path}:{document.line(block)}"
                    yield _secret_finding(where, "a Secret of Kubernetes holds values")
            for number, entry in mappings(body, "secretGenerator"):
                if entry.get("literals"):
                    where = f"{path}:{document.line('secretGenerator', number)}"
                    yield _secret_finding(where, "a secretGenerator holds values")


def _workflow_values(project: Project) -> Iterator[Finding]:
    for path in project.below(WORKFLOWS):
        document = project.document(path)
        for name, job in mapping_at(document.mapping, "jobs").items():
            for key, value in mapping_at(job, "secrets").items():
                if value and "${{" not in str(value):
                    where = f"{path}:{document.line('jobs', name, 'secrets', key)}"
                    yield _secret_finding(where, f"{key} is passed a value")


def _secret_finding(where: str, problem: str) -> Finding:
    next_step = "revoke it, refer to a secret of secrets.yaml instead, and rewrite the history"
    return Finding(where, "SEC005", problem, next_step)
