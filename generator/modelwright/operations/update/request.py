"""What an update is asked for, and what can be told of it before anything is merged."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelwright.operations.update.answers import refuse_new_names, refused_today
from modelwright.operations.update.source import Source, target
from modelwright.operations.update.versions import RenderedVersion, Versions
from modelwright.paths import ANSWERS_FILE, CHANGELOG, WORKFLOW_PIN
from modelwright.template.answer_collector import Asker
from modelwright.template.tree import Tree
from modelwright.update.changelog import between
from modelwright.update.outcome import UpdateOutcome, answer_changes


@dataclass(frozen=True, kw_only=True)
class UpdateRequest:
    """What is asked of an update.

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
        anew: Nothing of the template is in the project yet: what it lacks, it did not delete.
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
    anew: bool = False
    answers_file: str = ANSWERS_FILE


def old_and_new_version(
    project: Path, stored: Mapping[str, Any], source: Source, request: UpdateRequest
) -> tuple[RenderedVersion, RenderedVersion]:
    """Return the project's version and the one that it goes to, each with its answers.

    Raises:
        RefusedError: A version is not to be had, or an answer is refused by the new one.
    """
    goal = target(source, request.to)
    versions = Versions(
        source=source, project=project, answers_file=request.answers_file, trust=request.trust
    )
    return versions.present(stored), versions.next(goal, stored, request.given, request.ask)


def preview(
    old: RenderedVersion,
    new: RenderedVersion,
    stored: Mapping[str, Any],
    source: Source,
    request: UpdateRequest,
) -> UpdateOutcome:
    """Return what an update tells before it merges.

    Raises:
        RefusedError: An answer is refused, or a name would change by itself.
    """
    warnings = list(refused_today(new.tree, {**stored, **request.given}))
    renamed = refuse_new_names(
        old.answers, new.answers, new.version.name, given=request.given, rename=request.rename
    )
    return UpdateOutcome(
        status="planned",
        old=old.version.name,
        new=new.version.name,
        origin=source.history.origin,
        answers=answer_changes(old.answers.remembered, new.answers.remembered),
        pins=_pins(old.tree, new.tree),
        changelog=changelog_between(new.tree, old.version.name, new.version.name),
        warnings=warnings,
        notes=[*source.notes, *new.notes, *renamed],
    )


def _pins(old: Tree, new: Tree) -> list[str]:
    try:
        pins = [str(json.loads(tree.read(WORKFLOW_PIN))["version"]) for tree in (old, new)]
    except (KeyError, ValueError, TypeError):
        return []
    return pins if pins[0] != pins[1] else []


def changelog_between(tree: Tree, old: str, new: str) -> list[str]:
    """Return what a template's changelog says of the versions between two; nothing without one."""
    try:
        return between(tree.read(CHANGELOG).decode(errors="replace"), old, new)
    except KeyError:
        return []
