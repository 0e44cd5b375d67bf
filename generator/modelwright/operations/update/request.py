"""What a person asks of an update."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from modelwright.paths import ANSWERS_FILE
from modelwright.template.answer_collector import Asker


@dataclass(frozen=True, kw_only=True)
class UpdateRequest:
    """What an update is to do, and how.

    Attributes:
        to: A version; empty for the newest release.
        given: Answers that replace stored ones.
        source: The template's new source, which the answers file will name.
        platform: Where to read the template this once.
        rename: Accept that a name which follows from the answers changes.
        trust: Accept a template that would run code.
        offline: Contact no host.
        ask: Puts a new question without a default to a person; None where nobody is there.
        adopting: What the answers file will hold, where it is not written yet.
        from_scratch: The project holds nothing of the template yet: what it lacks, it did not
            delete.
        answers_file: The path of the answers file in the project.
    """

    to: str = ""
    given: Mapping[str, object] = field(default_factory=dict)
    source: str = ""
    platform: str = ""
    dry_run: bool = False
    rename: bool = False
    trust: bool = False
    offline: bool = False
    ask: Asker | None = None
    adopting: Mapping[str, Any] | None = None
    from_scratch: bool = False
    answers_file: str = ANSWERS_FILE
