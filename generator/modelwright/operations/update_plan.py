"""What an update is asked for, and what can be told of it before anything is merged."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from modelwright.catalog.answering import Asker
from modelwright.catalog.tree import Tree
from modelwright.catalog.version import DialectVersion
from modelwright.errors import RefusedError
from modelwright.operations.update_answers import new_answers, refuse_new_names, refused_today
from modelwright.operations.update_merge import Move
from modelwright.operations.update_source import Source, target
from modelwright.update.changelog import between
from modelwright.update.outcome import Outcome, answer_changes

PIN: Final = "templates/_shared/workflows.json"
CHANGELOG: Final = "CHANGELOG.md"


@dataclass(frozen=True, kw_only=True)
class Wish:
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


def moves(stored: Mapping[str, Any], source: Source, wish: Wish) -> tuple[Move, Move]:
    """Return the project's version and the one that it goes to, each with its answers.

    Raises:
        RefusedError: A version is not to be had, or an answer is refused by the new one.
    """
    goal = target(source, wish.to)
    old = version_of(source, source.current, source.stored)
    new = version_of(source, goal, source.name)
    before = Move(version=old, answers=old.replayed(stored), tree=old.tree)
    answers = new_answers(new, stored, wish.given, wish.ask)
    return before, Move(version=new, answers=answers, tree=new.tree)


def foretold(
    old: Move, new: Move, stored: Mapping[str, Any], source: Source, wish: Wish
) -> Outcome:
    """Return what an update tells before it merges.

    Raises:
        RefusedError: An answer is refused, or a name would change by itself.
    """
    warnings = list(refused_today(new.tree, {**stored, **wish.given}))
    renamed = refuse_new_names(
        old.answers, new.answers, new.version.name, given=wish.given, rename=wish.rename
    )
    return Outcome(
        status="planned",
        old=old.version.name,
        new=new.version.name,
        origin=source.history.origin,
        answers=answer_changes(old.answers.remembered, new.answers.remembered),
        pins=_pins(old.tree, new.tree),
        changelog=_changelog(new.tree, old.version.name, new.version.name),
        warnings=warnings,
        notes=[*filter(None, [source.history.notice]), *renamed],
    )


def version_of(source: Source, name: str, kept: str) -> DialectVersion:
    """Return a version of a template, ready to render.

    Args:
        source: Where the template is read.
        name: The version.
        kept: What the answers file keeps as `_src_path`.

    Raises:
        RefusedError: There is no such version.
    """
    try:
        tree = source.history.tree(name)
    except RefusedError as error:
        if name == source.current:
            error.next_step = (
                "name where that version is with --source, or find the one that fits best: "
                f"modelwright adopt; this source has {error.next_step.removeprefix('choose ')}"
            )
        raise
    return DialectVersion(tree, name, kept)


def _pins(old: Tree, new: Tree) -> list[str]:
    try:
        pins = [str(json.loads(tree.read(PIN))["version"]) for tree in (old, new)]
    except (KeyError, ValueError, TypeError):
        return []
    return pins if pins[0] != pins[1] else []


def _changelog(tree: Tree, old: str, new: str) -> list[str]:
    try:
        return between(tree.read(CHANGELOG).decode(errors="replace"), old, new)
    except KeyError:
        return []
