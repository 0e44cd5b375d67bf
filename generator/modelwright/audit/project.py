"""A project as the checks see it: files, answers, and what the platform expects of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Final, Literal

from modelwright.audit.evidence_map import EvidenceMap
from modelwright.policy.tags import cost_tags, tags_for_target
from modelwright.policy.yaml_reader import Document, Unreadable, read_yaml

YAML_ENDINGS: Final = (".yaml", ".yml")
NOTHING: Final = Document(None, None)


def mapping_at(body: object, *keys: str) -> dict[Any, Any]:
    """Return the mapping below keys; an empty one where there is none."""
    for key in keys:
        body = body.get(key) if isinstance(body, Mapping) else None
    return body if isinstance(body, dict) else {}


def list_at(body: object, key: str) -> list[Any]:
    """Return the list below a key; an empty one where there is none."""
    value = body.get(key) if isinstance(body, Mapping) else None
    return value if isinstance(value, list) else []


def mappings(body: object, key: str) -> list[tuple[int, dict[Any, Any]]]:
    """Return the mappings in the list below a key, each with its place in the list."""
    return [(at, item) for at, item in enumerate(list_at(body, key)) if isinstance(item, dict)]


def texts_at(body: object, key: str) -> list[str]:
    """Return the text, or the texts of the list, below a key; nothing where there is none."""
    value = body.get(key) if isinstance(body, Mapping) else None
    values = value if isinstance(value, list) else [value]
    return [text for text in values if isinstance(text, str)]


@dataclass(frozen=True, kw_only=True)
class Judge:
    """The platform that judges.

    Attributes:
        url: The platform's address, as its own policy says it.
        verdict: Who judges, by which policy, in one line.
        source: What the project's answers name as its platform.
        is_source: Whether that is the platform that judges.
        released: Whether the project's version is one of its releases; None where its tags cannot
            be read.
    """

    url: str
    verdict: str
    source: str = ""
    is_source: bool = True
    released: bool | None = None


@dataclass(frozen=True)
class LockVerdict:
    """What uv says of a lock file.

    Attributes:
        reason: Why nobody could tell.
    """

    state: Literal["current", "stale", "not verified"]
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Project:
    """A repository, its answers and its platform.

    Attributes:
        files: Text by path of every text file that git takes: tracked, or not ignored.
        others: Paths of the files without a text: binary, huge, or a link.
        answers: The answers file's content; every answer but the options is a text.
        folder: Name of the folder that it stands in.
        remote: Name of the repository at the remote `origin`; empty where there is none.
        policy: The policy as a plain mapping.
        ignores_env: Whether a `.gitignore` of the project keeps `.env` out of git.
        pin: `sha` and `version` of the platform's workflows.
        conflicts: The line of the first conflict marker, by path of each file that holds one.
        lock_verdict: Whether the lock file matches; None where nobody was asked.
        expected: Managed files as the platform renders them; None where that was not possible.
        unjudged: Why `expected` and `pin` do not say what this project should hold; else empty.
        unverified: Why the policy is not the one of the project's version; else empty.
        judge: The platform that judges; None where nobody asks who it is.
        evidence: Where its archetype keeps what an audit looks for; None where nothing says it.
        today: The day by which dates are judged.
    """

    files: Mapping[str, str]
    answers: Mapping[str, Any]
    folder: str
    policy: Mapping[str, Any]
    pin: Mapping[str, str]
    today: date
    remote: str = ""
    others: frozenset[str] = frozenset()
    ignores_env: bool = True
    conflicts: Mapping[str, int] = field(default_factory=dict)
    lock_verdict: LockVerdict | None = None
    expected: Mapping[str, str] | None = field(default=None, repr=False)
    unjudged: str = ""
    unverified: str = ""
    judge: Judge | None = None
    evidence: EvidenceMap | None = None

    @property
    def known(self) -> bool:
        """Whether the policy knows the archetype, team and brand: else no tag can be computed."""
        kinds = (("archetype", "archetypes"), ("team", "teams"), ("brand", "brands"))
        return all(self.answers[kind] in self.policy[entries] for kind, entries in kinds)

    @property
    def governed(self) -> bool:
        """Whether it has its own source, and only governing files are the platform's."""
        return self.answers.get("managed_only") is True

    @cached_property
    def yaml(self) -> Mapping[str, tuple[Document, ...] | Unreadable]:
        """Every YAML file, read once."""
        return {
            path: read_yaml(text)
            for path, text in self.files.items()
            if path.endswith(YAML_ENDINGS)
        }

    def documents(self, path: str) -> tuple[Document, ...]:
        """Return the documents of a file; none where it is missing or cannot be read."""
        found = self.yaml.get(path, ())
        return () if isinstance(found, Unreadable) else found

    def document(self, path: str) -> Document:
        """Return the only document of a file; an empty one where it is missing."""
        return next(iter(self.documents(path)), NOTHING)

    def below(self, folder: str, endings: tuple[str, ...] = YAML_ENDINGS) -> Iterator[str]:
        """Yield the paths of text files below a folder, by their ending."""
        return (path for path in self.files if path.startswith(folder) and path.endswith(endings))

    def tags(self, target: str, environment: str = "") -> dict[str, str]:
        """Return the cost tags that a target must carry, in its own form.

        Args:
            target: Id of a target of `policy.limits.TARGETS`.
            environment: What it runs in; empty where it belongs to no environment.
        """
        prefix = self.policy["organisation"]["cost_tag_prefix"]
        tags = cost_tags(self.policy, self.answers, environment)
        return tags_for_target(tags, target, prefix=prefix)

    @property
    def environment_key(self) -> str:
        """The policy's key for the environment a resource runs in; empty where it wants none."""
        keys = (key for key, source in self.policy["tags"].items() if source == "environment")
        return next(keys, "")
