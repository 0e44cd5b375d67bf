"""Evidence for the answers of a repository, and what is inferred from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from modelwright.policy.yaml_reader import Document, Unreadable, read_yaml


@dataclass(frozen=True)
class AnswerEvidence:
    """One piece of evidence for an answer.

    Attributes:
        question: The question's name.
        value: The answer that it gives.
        source: Where it stands, for a person: `project.yaml:3`, `git remote origin`.
        hint: Whether it is only a proposal, which a person must confirm.
    """

    question: str
    value: object
    source: str
    hint: bool = False


@dataclass(frozen=True)
class InferredAnswer:
    """The answer to one question, as far as it can be inferred.

    Attributes:
        evidence: All evidence for an answer; hints only where there is nothing better.
    """

    question: str
    evidence: tuple[AnswerEvidence, ...]

    @property
    def values(self) -> list[object]:
        """The different answers, in the order of their evidence."""
        return list({_spelling_key(entry.value): entry.value for entry in self.evidence}.values())

    @property
    def unambiguous(self) -> bool:
        """Whether nothing contradicts and nobody must confirm."""
        return len(self.values) == 1 and not self.evidence[0].hint

    @property
    def sources(self) -> list[str]:
        """Where the evidence stands."""
        return list(dict.fromkeys(entry.source for entry in self.evidence))

    @property
    def explanation(self) -> str:
        """Who says what, in one line."""
        if len(self.values) == 1:
            verb = "suggests" if self.evidence[0].hint else "says"
            return f"{', '.join(self.sources)} {verb} {self.values[0]!r}"
        by_value = {_spelling_key(entry.value): entry for entry in reversed(self.evidence)}
        return ", ".join(f"{e.source} says {e.value!r}" for e in reversed(by_value.values()))


def infer_each(evidence: Iterable[AnswerEvidence]) -> dict[str, InferredAnswer]:
    """Return the inferred answer to every question that has evidence."""
    found: dict[str, list[AnswerEvidence]] = {}
    for entry in evidence:
        found.setdefault(entry.question, []).append(entry)
    return {
        question: InferredAnswer(question, tuple([e for e in entries if not e.hint] or entries))
        for question, entries in found.items()
    }


def _spelling_key(value: object) -> str:
    """Return what two spellings of one answer share: engines store `true`, `True` and `"true"`."""
    text = str(value)
    return text.lower() if text.lower() in {"true", "false"} else text


@dataclass(frozen=True, kw_only=True)
class InspectedRepository:
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
                document = yaml_mapping(text)
                if document is not None:
                    found[path] = document
        return found

    @property
    def paths(self) -> list[str]:
        """Every path."""
        return [*self.texts, *self.others]


def yaml_mapping(text: str) -> Document | None:
    """Return a YAML mapping whose lines are known; None where the text is no such thing."""
    documents = read_yaml(text)
    if isinstance(documents, Unreadable) or len(documents) != 1:
        return None
    return documents[0] if documents[0].mapping else None
