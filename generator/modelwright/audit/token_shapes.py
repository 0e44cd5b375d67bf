"""What values of well-known secrets look like."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Shape:
    """One kind of secret.

    Attributes:
        title: What it is, for people.
        marks: Texts of which one stands in every such value: looked for first, being fast.
        expression: Matches the value.
    """

    title: str
    marks: tuple[str, ...]
    expression: re.Pattern[str]


def _shape(title: str, marks: str, expression: str) -> Shape:
    return Shape(title, tuple(marks.split()), re.compile(expression))


SHAPES: Final = (
    _shape("a GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", r"\bgh[pousr]_[A-Za-z0-9]{36,}"),
    _shape("a GitHub token", "github_pat_", r"\bgithub_pat_\w{22,}"),
    _shape("a GitLab token", "glpat-", r"\bglpat-[\w-]{20,}"),
    _shape("an AWS access key", "AKIA ASIA", r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    _shape("an Azure client secret", "Q~", r"(?<![\w~.-])[\w~.]{3}\dQ~[\w~.-]{31,34}"),
    _shape("an Azure storage key", "AccountKey=", r"AccountKey=[A-Za-z0-9+/]{86}=="),
    _shape("a Databricks token", "dapi dose", r"\b(?:dapi|dose)[0-9a-f]{32}"),
    _shape("a Google API key", "AIza", r"\bAIza[\w-]{35}"),
    _shape("a Google client secret", "GOCSPX-", r"\bGOCSPX-[\w-]{28}"),
    _shape("a private key", "-----BEGIN", r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"),
    _shape("a Slack token", "xox", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    _shape("a Slack webhook", "hooks.slack.com/", r"hooks\.slack\.com/services/\w+/\w+/\w{20,}"),
    _shape("a Hugging Face token", "hf_", r"\bhf_[A-Za-z0-9]{34,}"),
    _shape("an npm token", "npm_", r"\bnpm_[A-Za-z0-9]{36}"),
    _shape("a PyPI token", "pypi-AgEI", r"\bpypi-AgEI[\w-]{50,}"),
    _shape("a Stripe key", "sk_live_ rk_live_", r"\b[sr]k_live_[A-Za-z0-9]{20,}"),
    _shape("an API key", "sk-", r"(?<![\w-])sk-(?:ant-|proj-)?[A-Za-z0-9_-]{32,}"),
    _shape("a JSON web token", "eyJ", r"\beyJ[\w-]{15,}\.eyJ[\w-]{15,}\.[\w-]{15,}"),
    _shape(
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
